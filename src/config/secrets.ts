/**
 * References to secrets: a value that is wholly `${file:NAME}` or `${env:NAME}` is replaced by that
 * file's text (without the newline at its end) or that variable. Nothing else is replaced anywhere.
 * What was put in is remembered, so that no fault ever prints it.
 */
import type { Fault, Path, Source } from './source.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Substituted {
  readonly value: unknown
  readonly faults: readonly Fault[]
  /** The text with every secret in it replaced by `[secret]`. */
  redact(text: string): string
}

const REFERENCE = /^\$\{(file|env):([^{}]+)\}$/
const DEPTH_MAX = 64

/** `readFile` gets the name as written and may throw. */
export function substituteSecrets(
  source: Source,
  env: Environment,
  readFile: (name: string) => string,
): Substituted {
  const secrets = new Set<string>()
  const faults: Fault[] = []

  const resolve = (text: string, path: Path): string => {
    const [, kind, name = ''] = REFERENCE.exec(text) ?? []
    if (kind === undefined) {
      if (/\$\{(file|env):/.test(text)) {
        faults.push(source.fault(path, `a reference such as \${env:NAME} must be the whole value`))
      }
      return text
    }
    const found = kind === 'env' ? env[name] : fileText(name, path)
    if (found === undefined) {
      if (kind === 'env') faults.push(source.fault(path, `the variable ${name} is not set`))
      return text
    }
    if (found !== '') secrets.add(found)
    return found
  }
  const fileText = (name: string, path: Path): string | undefined => {
    try {
      return readFile(name).replace(/\r?\n$/, '')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message
      faults.push(source.fault(path, `cannot read ${name} (${code})`))
      return undefined
    }
  }
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return resolve(value, path)
    if (path.length > DEPTH_MAX) {
      faults.push(source.fault(path, `nested more than ${DEPTH_MAX} deep`))
      return undefined
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
    )
  }

  const value = walk(source.value, [])
  // Longest first: a secret may hold another.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length)
  return {
    value,
    faults,
    redact: text => longestFirst.reduce((rest, word) => rest.replaceAll(word, '[secret]'), text),
  }
}
