import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { z } from 'zod'
import {
  configJsonSchema,
  configJsonSchemaText,
  type JsonSchema,
} from '../../src/config/json-schema.ts'
import { configReferenceText } from '../../src/config/reference.ts'

function published(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

test('docs/config.schema.json is what the program says (npm run docs)', t => {
  t.true(published('config.schema.json') === configJsonSchemaText(), 'it is stale')
})

test('docs/reference/configuration.md is what the program says (npm run docs)', t => {
  t.true(published('reference/configuration.md') === configReferenceText(), 'it is stale')
})

/** Every key with its path, through lists, tables and unions. */
function* keys(schema: JsonSchema, path = ''): Generator<readonly [string, JsonSchema]> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const key = path === '' ? name : `${path}.${name}`
    yield [key, property]
    yield* keys(property, key)
  }
  if (schema.items) yield* keys(schema.items, `${path}[]`)
  if (typeof schema.additionalProperties === 'object')
    yield* keys(schema.additionalProperties, path)
  for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* keys(branch, path)
}

test('every key says what it is', t => {
  const silent = [...keys(configJsonSchema())].filter(([, { description }]) => !description)
  t.deepEqual(
    silent.map(([key]) => key),
    [],
  )
})

test('every limit says its unit, its default and the reason for it', t => {
  const limits = configJsonSchema().properties?.limits?.properties ?? {}
  t.true(Object.keys(limits).length > 20)
  for (const [name, limit] of Object.entries(limits)) {
    t.not(limit.default, undefined, name)
    t.regex(limit.description ?? '', /\. Unit: .+\. Why .+: .+\.$/, name)
  }
})

test('the JSON Schema itself accepts the examples and refuses what check refuses', t => {
  const schema = z.fromJSONSchema(JSON.parse(published('config.schema.json')))
  const folder = new URL('../../deploy/examples/', import.meta.url)
  const names = readdirSync(folder).filter(name => !/^(web-.*|names)\.yaml$/.test(name))
  for (const name of names) {
    const { error } = schema.safeParse(parse(readFileSync(new URL(name, folder), 'utf8')))
    t.is(error, undefined, name)
  }
  for (const bad of [{ limit: {} }, { limits: { idle: '5x' } }, { limits: { agents: 0 } }]) {
    t.false(schema.safeParse(bad).success, JSON.stringify(bad))
  }
})
