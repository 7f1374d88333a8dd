/** Finds the subcommand, reads its flags, runs it. Exit status: 0 done, 1 failed, 2 wrongly asked. */
import { readFileSync } from 'node:fs'
import { UsageError } from '../usage-error.ts'
import { type Command, helpText, nearest, parseFlags } from './command.ts'
import { holdHangup } from './signals.ts'

export type CommandTable = Readonly<Record<string, () => Promise<Command>>>

export async function runCommandLine(
  words: readonly string[],
  table: CommandTable,
): Promise<number> {
  const [name, ...rest] = words
  try {
    if (name === '--version' || name === '-v' || name === 'version') return printVersion()
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(await overview(table))
      return name === undefined ? 2 : 0
    }
    const load = Object.hasOwn(table, name) ? table[name] : undefined
    if (load === undefined) {
      const near = nearest(name, Object.keys(table))
      throw new UsageError(
        `unknown command ${name}${near ? `, did you mean ${near}?` : ''} (--help lists all)`,
      )
    }
    const releaseHangup = holdHangup()
    const command = await load()
    if (!command.reloads) releaseHangup()
    const parsed = parseFlags(command, rest)
    if (parsed.helpAsked) {
      process.stdout.write(helpText(command))
      return 0
    }
    return await command.run(parsed)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`sflow-bridge: ${error.message}\n`)
    return 2
  }
}

/** Name and version, as package.json has them. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function printVersion(): number {
  process.stdout.write(`sflow-bridge ${readVersion()} (node ${process.versions.node})\n`)
  return 0
}

async function overview(table: CommandTable): Promise<string> {
  const lines = [
    'sflow-bridge: sFlow v5 to Prometheus, and back to the switches',
    '',
    'usage: sflow-bridge COMMAND [flags]',
    '',
    'commands:',
  ]
  for (const [name, load] of Object.entries(table)) {
    lines.push(`  ${name.padEnd(12)} ${(await load()).summary}`)
  }
  lines.push('', 'sflow-bridge COMMAND --help tells the flags of one.', '')
  return lines.join('\n')
}
