/** Command lines of ours as units, manifests and compose files have them, judged by the program's own parser. */
import { parseFlags } from '../../src/commands/command.ts'

/** The value of each flag that is given. Throws what the command line would answer. */
export async function parseOwn(words: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const [name = '', ...rest] = words
  const { command } = (await import(`../../src/commands/${name}.ts`)) as {
    command: Parameters<typeof parseFlags>[0]
  }
  const { flags } = parseFlags(command, rest)
  const given = command.flags.filter(flag => flags.given(flag.name))
  return new Map(given.map(flag => [flag.name, flags.list(flag.name).join(' ')]))
}
