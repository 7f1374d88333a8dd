/**
 * Reads the configuration file: YAML, secrets, schema, then what only the whole can tell. Gives either
 * a configuration with every default filled in, or every fault with its line; never half of it.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../usage-error.ts'
import { crossFaults } from './cross-check.ts'
import { withFiles } from './files.ts'
import { faultsOf } from './issues.ts'
import { salvage } from './salvage.ts'
import { type Config, configSchema } from './schema.ts'
import { type Environment, substituteSecrets } from './secrets.ts'
import { type Fault, formatFault, readSource, type Source } from './source.ts'

export type LoadResult = { readonly config: Config } | { readonly faults: readonly Fault[] }

/** A secret is a token or a key; a file of more is another file. */
const SECRET_BYTES_MAX = 65_536

/**
 * Without a file: the defaults. A file that cannot be read is a UsageError, since no line of it can be
 * named; faults of files that it names (secrets, names) are faults of the line that names them.
 */
export function loadConfig(file: string | undefined, env: Environment): LoadResult {
  if (file === undefined) return { config: configSchema.parse({}) }
  return parseConfig(readConfigFile(file), file, env)
}

/** For commands that cannot go on without: the first fault as one line, and how to see the others. */
export function configOrThrow(result: LoadResult): Config {
  if ('config' in result) return result.config
  const [first, ...others] = result.faults
  if (first === undefined) throw new Error('a configuration that is not good has a fault')
  const more =
    others.length === 0 ? '' : ` (and ${others.length} more: sflow-bridge check tells all)`
  throw new UsageError(`${formatFault(first)}${more}`)
}

/** The same for a text; `file` is its name in faults, and its folder is where relative names start. */
export function parseConfig(text: string | Buffer, file: string, env: Environment): LoadResult {
  const { source, faults: ofForm } = readSource(text, file)
  if (source === undefined) return { faults: ofForm }
  const substituted = substituteSecrets(source, env, name =>
    readSecret(resolve(dirname(file), name)),
  )
  const sections = withTlsFiles(withoutEmpty(substituted.value), dirname(file))
  const before = [...ofForm, ...substituted.faults]
  const parsed = configSchema.safeParse(sections)
  if (parsed.success) {
    const { config, faults } = judged(parsed.data, source)
    if (before.length + faults.length === 0) return { config }
    return { faults: told([...before, ...faults], substituted.redact) }
  }
  const faults = [...before, ...faultsOf(parsed.error.issues, configSchema, source)]
  const rest = salvage(sections, parsed.error, source)
  if (rest !== undefined) {
    faults.push(...faultsOf(rest.found, configSchema, source))
    faults.push(...judged(rest.config, rest.source).faults)
  }
  return { faults: told(faults, substituted.redact) }
}

/** What the files that it names and the whole say of a configuration whose form is good. */
function judged(config: Config, source: Source) {
  const whole = withFiles(config, source)
  return { config: whole.config, faults: [...whole.faults, ...crossFaults(whole.config, source)] }
}

function told(faults: readonly Fault[], redact: (text: string) => string): readonly Fault[] {
  return inOrder(faults.map(fault => redacted(fault, redact)))
}

function readConfigFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new UsageError(`--config.file=${file}: ${reason}`)
  }
}

function readSecret(file: string): string {
  if (statSync(file).size > SECRET_BYTES_MAX) throw new Error(`more than ${SECRET_BYTES_MAX} bytes`)
  return readFileSync(file, 'utf8')
}

/** A section whose keys are all commented out is YAML's null; here it is a section with the defaults. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null))
}

/** The file names in every `tls_config`, made to start in the folder of the configuration file. */
function withTlsFiles(value: unknown, folder: string, inTlsConfig = false): unknown {
  if (Array.isArray(value)) return value.map(item => withTlsFiles(item, folder))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isName = inTlsConfig && key.endsWith('_file') && typeof item === 'string' && item !== ''
      return [
        key,
        isName ? resolve(folder, item) : withTlsFiles(item, folder, key === 'tls_config'),
      ]
    }),
  )
}

/** A reference that could not be resolved makes its value look wrong too: that is no second fault. */
function inOrder(faults: readonly Fault[]): readonly Fault[] {
  const places = new Set<string>()
  return [...faults]
    .filter(fault => {
      const place = `${fault.file}:${fault.line}:${fault.column}:${fault.path}`
      const first = !places.has(place)
      places.add(place)
      return first
    })
    .sort((a, b) => a.line - b.line || a.column - b.column)
}

function redacted(fault: Fault, redact: (text: string) => string): Fault {
  return { ...fault, rule: redact(fault.rule) }
}
