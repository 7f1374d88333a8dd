/** Reads the file that `names.file` names and lays it over the tables of the configuration file. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { faultsOf } from './issues.ts'
import { type NamesTables, namesFileSchema, type namesSchema } from './names.ts'
import { type Fault, parseSource, type Source } from './source.ts'

type Names = z.output<typeof namesSchema>

export function loadNames(
  names: Names,
  source: Source,
): { readonly names: Names } | { readonly faults: readonly Fault[] } {
  if (names.file === undefined) return { names }
  const file = resolve(dirname(source.file), names.file)
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return { faults: [source.fault(['names', 'file'], `cannot read ${names.file} (${code})`)] }
  }
  const tables = parseNames(bytes, file)
  return 'faults' in tables ? tables : { names: { ...names, ...merged(names, tables.tables) } }
}

/** A names file's text, YAML or JSON (which is YAML). */
export function parseNames(
  text: string | Buffer,
  file: string,
): { readonly tables: NamesTables } | { readonly faults: readonly Fault[] } {
  const source = parseSource(text, file)
  if (!('value' in source)) return { faults: source }
  const parsed = namesFileSchema.safeParse(source.value)
  if (parsed.success) return { tables: parsed.data }
  return { faults: faultsOf(parsed.error.issues, namesFileSchema, source) }
}

function merged(below: NamesTables, above: NamesTables): NamesTables {
  const interfaces: Record<string, NamesTables['interfaces'][string]> = { ...below.interfaces }
  for (const [agent, names] of Object.entries(above.interfaces)) {
    interfaces[agent] = { ...interfaces[agent], ...names }
  }
  return {
    interfaces,
    hosts: { ...below.hosts, ...above.hosts },
    kinds: { ...below.kinds, ...above.kinds },
  }
}
