/** The reference page of the configuration file: docs/reference/configuration.md, from its JSON Schema. */
import { configJsonSchema, type JsonSchema } from './json-schema.ts'

const HEAD = `# Configuration file

One YAML file for \`serve\`, \`controller\` and \`acl-agent\`; each reads its own sections. Every key is
optional, and flags beat the file. This page and [config.schema.json](../config.schema.json) are
generated from the program. To have an editor complete and judge keys, begin the file with

    # yaml-language-server: $schema=docs/config.schema.json

\`sflow-bridge check --config.file=FILE\` names every fault with its line and column. A secret is
written as \`\${file:NAME}\` or \`\${env:NAME}\`, as the whole value; relative file names start in the folder of
the configuration file. Durations are written as \`30s\`, \`5m\`, \`1h30m\`.
`

interface Row {
  readonly key: string
  readonly type: string
  readonly preset: string
  readonly meaning: string
}

export function configReferenceText(): string {
  const parts = [HEAD]
  for (const [name, section] of Object.entries(configJsonSchema().properties ?? {})) {
    parts.push(`## ${name}\n\n${section.description ?? ''}\n`)
    const rows = rowsOf(section, '')
    if (rows.length > 0) parts.push(table(rows))
  }
  return parts.join('\n')
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ key, type, preset, meaning }) => `| \`${key}\` | ${type} | ${preset} | ${meaning} |`,
  )
  return `| key | type | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  const rows: Row[] = []
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const key = prefix === '' ? name : `${prefix}.${name}`
    rows.push(rowOf(key, property))
    for (const inner of [property, ...(property.anyOf ?? []), ...(property.oneOf ?? [])]) {
      rows.push(...rowsOf(inner, key), ...rowsOfItems(inner, key))
    }
  }
  if (prefix === '') rows.push(...rowsOfItems(schema, ''))
  // Branches of a union may name one key several times.
  return rows.filter((row, index) => rows.findIndex(other => other.key === row.key) === index)
}

function rowsOfItems(schema: JsonSchema, key: string): Row[] {
  const { items, additionalProperties } = schema
  const rows: Row[] = []
  if (items !== undefined) {
    for (const inner of [items, ...(items.anyOf ?? []), ...(items.oneOf ?? [])]) {
      rows.push(...rowsOf(inner, `${key}[]`))
    }
  }
  if (typeof additionalProperties === 'object') {
    const entry = key === '' ? 'NAME' : `${key}.NAME`
    if (key === '') rows.push(rowOf(entry, additionalProperties))
    for (const inner of [additionalProperties, ...(additionalProperties.anyOf ?? [])]) {
      rows.push(...rowsOf(inner, entry), ...rowsOfItems(inner, entry))
    }
  }
  return rows
}

function rowOf(key: string, schema: JsonSchema): Row {
  const preset = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``
  return {
    key,
    type: escaped(typeText(schema)),
    preset: preset === '`{}`' ? '' : escaped(preset),
    meaning: escaped(schema.description ?? ''),
  }
}

function typeText(schema: JsonSchema): string {
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return [...new Set(branches.map(typeText))].join(' or ')
  if (schema.enum !== undefined)
    return `one of ${schema.enum.map(value => `\`${value}\``).join(', ')}`
  if (schema.const !== undefined) return `\`${schema.const}\``
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'whole number' : 'number'}${boundsText(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `list of ${schema.items === undefined ? 'values' : typeText(schema.items)}`
    case 'object':
      return 'keys and values'
    case 'string':
      return schema.pattern?.includes('ms|s|m|h|d|w') ? 'duration' : 'text'
    default:
      return 'value'
  }
}

function boundsText({ minimum, maximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`
  if (low !== undefined) return `, from ${low}`
  return high === undefined ? '' : `, to ${high}`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
