/**
 * What a subcommand is, and its flags in Prometheus' manner: `--dotted.name=value` or
 * `--dotted.name value`. A flag that is not declared, or a value that does not fit, is a UsageError.
 */
import { parseArgs } from 'node:util'
import { nearest, parseDurationMs } from '../text.ts'
import { UsageError } from '../usage-error.ts'

export { nearest, parseDurationMs }

export interface Flag {
  readonly name: string
  readonly type: 'string' | 'number' | 'boolean' | 'duration'
  readonly help: string
  readonly placeholder?: string
  /** As it would be typed. Absent: the flag has no value unless given. */
  readonly default?: string
  readonly multiple?: boolean
  readonly choices?: readonly string[]
  /** Numbers only: whole ones from the first to the second, both included. */
  readonly whole?: readonly [number, number]
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** It reloads on SIGHUP, which must not end it either before it can. */
  readonly reloads?: boolean
  /** What follows the flags, such as `FILE|-`; its count is checked. */
  readonly positionals?: { readonly names: string; readonly min: number; readonly max: number }
  readonly flags: readonly Flag[]
  /** Further help below the flags: examples. */
  readonly examples?: readonly string[]
  /** The exit status. Throws UsageError for what the user can mend. */
  run(context: CommandContext): Promise<number>
}

export interface CommandContext {
  readonly flags: FlagValues
  readonly positionals: readonly string[]
}

/** Values of the flags that were declared; asking for an undeclared one is a mistake of ours. */
export class FlagValues {
  readonly #values: ReadonlyMap<string, readonly string[]>
  readonly #given: ReadonlySet<string>

  constructor(values: ReadonlyMap<string, readonly string[]>, given: ReadonlySet<string>) {
    this.#values = values
    this.#given = given
  }

  /** Was it on the command line (so that it beats the configuration file)? */
  given(name: string): boolean {
    return this.#given.has(name)
  }

  list(name: string): readonly string[] {
    const values = this.#values.get(name)
    if (values === undefined) throw new Error(`flag --${name} was never declared`)
    return values
  }

  optional(name: string): string | undefined {
    return this.list(name)[0]
  }

  string(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw new UsageError(`--${name} is needed`)
    return value
  }

  number(name: string): number {
    return Number(this.string(name))
  }

  boolean(name: string): boolean {
    return this.optional(name) === 'true'
  }

  durationMs(name: string): number {
    return parseDurationMs(this.string(name)) ?? 0
  }
}

export interface ParsedFlags extends CommandContext {
  readonly helpAsked: boolean
}

/** Reads the words after the subcommand. Throws UsageError naming the flag and the rule. */
export function parseFlags(command: Command, words: readonly string[]): ParsedFlags {
  const byName = new Map(command.flags.map(flag => [flag.name, flag]))
  const options: Record<string, { type: 'string' | 'boolean'; multiple: true; short?: string }> = {
    help: { type: 'boolean', multiple: true, short: 'h' },
  }
  for (const flag of command.flags) {
    options[flag.name] = { type: flag.type === 'boolean' ? 'boolean' : 'string', multiple: true }
  }
  // Not strict: so that the messages are ours and name the nearest flag.
  const { tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    tokens: true,
    allowNegative: true,
    allowPositionals: true,
  })
  const values = new Map<string, string[]>()
  const given = new Set<string>()
  const positionals: string[] = []
  let helpAsked = false
  for (const token of tokens ?? []) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    if (token.name === 'help' || token.name === 'h') {
      helpAsked = true
      continue
    }
    const negated = token.name.startsWith('no-') && byName.get(token.name.slice(3))
    const flag = byName.get(token.name) ?? (negated || undefined)
    if (flag === undefined) throw new UsageError(unknownFlag(token.rawName, command))
    const text = negated ? 'false' : (token.value ?? (flag.type === 'boolean' ? 'true' : undefined))
    if (text === undefined) throw new UsageError(`--${flag.name} needs a value`)
    checkValue(flag, text)
    if (given.has(flag.name) && !flag.multiple) {
      throw new UsageError(`--${flag.name} is given twice, and takes one value`)
    }
    given.add(flag.name)
    values.set(flag.name, [...(values.get(flag.name) ?? []), text])
  }
  for (const flag of command.flags) {
    if (!values.has(flag.name))
      values.set(flag.name, flag.default === undefined ? [] : [flag.default])
  }
  if (!helpAsked) checkPositionals(command, positionals)
  return { flags: new FlagValues(values, given), positionals, helpAsked }
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { names = '', min = 0, max = 0 } = command.positionals ?? {}
  if (positionals.length < min) throw new UsageError(`${command.name} needs ${names}`)
  if (positionals.length > max) {
    throw new UsageError(`${command.name} does not take "${positionals[max]}"`)
  }
}

function checkValue(flag: Flag, text: string): void {
  const says = `--${flag.name}=${text}`
  if (flag.choices && !flag.choices.includes(text)) {
    throw new UsageError(`${says}: one of ${flag.choices.join(', ')} is needed`)
  }
  if (flag.type === 'number' && !/^\d+(\.\d+)?$/.test(text)) {
    throw new UsageError(`${says}: a number is needed`)
  }
  if (flag.whole) {
    const [least, most] = flag.whole
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new UsageError(`${says}: a whole number from ${least} to ${most} is needed`)
    }
  }
  if (flag.type === 'duration' && parseDurationMs(text) === undefined) {
    throw new UsageError(`${says}: a duration such as 30s or 1h30m is needed`)
  }
  if (flag.type === 'boolean' && text !== 'true' && text !== 'false') {
    throw new UsageError(`${says}: true or false is needed`)
  }
}

function unknownFlag(rawName: string, command: Command): string {
  const asked = rawName.replace(/^-+/, '')
  const near = nearest(
    asked,
    command.flags.map(flag => flag.name),
  )
  return `unknown flag ${rawName}${near ? `, did you mean --${near}?` : ''} (${command.name} --help lists all)`
}

/** The text of `--help`. */
export function helpText(command: Command): string {
  const lines = [
    `${command.summary}`,
    '',
    `usage: sflow-bridge ${command.name}${command.flags.length ? ' [flags]' : ''}${command.positionals ? ` ${command.positionals.names}` : ''}`,
  ]
  if (command.flags.length) lines.push('', 'flags:')
  for (const flag of command.flags) {
    const value = flag.type === 'boolean' ? '' : `=${flag.placeholder ?? flag.type.toUpperCase()}`
    const notes = [
      flag.choices ? `one of ${flag.choices.join(', ')}` : '',
      flag.default !== undefined && flag.default !== 'false' ? `default ${flag.default}` : '',
      flag.multiple ? 'may be repeated' : '',
    ].filter(note => note !== '')
    lines.push(`  --${flag.name}${value}`)
    lines.push(`      ${flag.help}${notes.length ? ` (${notes.join('; ')})` : ''}`)
  }
  if (command.examples?.length) lines.push('', 'examples:', ...command.examples.map(e => `  ${e}`))
  return `${lines.join('\n')}\n`
}
