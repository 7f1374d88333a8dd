import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js'
import test from 'ava'
import { parse } from 'yaml'
import { z } from 'zod'
import {
  configJsonSchema,
  configJsonSchemaText,
  type JsonSchema,
} from '../../src/config/json-schema.ts'
import { parseConfig } from '../../src/config/load.ts'
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
  const names = readdirSync(folder).filter(name => /^(?!web-).*\.yaml$/.test(name))
  for (const name of names) {
    const { error } = schema.safeParse(parse(readFileSync(new URL(name, folder), 'utf8')))
    t.is(error, undefined, name)
  }
  for (const bad of [{ limit: {} }, { limits: { idle: '5x' } }, { limits: { agents: 0 } }]) {
    t.false(schema.safeParse(bad).success, JSON.stringify(bad))
  }
})

test('the patterns of the JSON Schema take all that check takes, and refuse what is plainly wrong', t => {
  const isGood = new Ajv({ strict: false }).compile(JSON.parse(published('config.schema.json')))
  const ranges = ['10.0.0.0/8', '192.0.2.1', '::/0', '2001:db8::/32', '::ffff:192.0.2.1', REFERENCE]
  const agents = ['192.0.2.1', '2001:db8::1', '::1', '::ffff:192.0.2.1']
  const addresses = [
    ':6343',
    '0.0.0.0:1',
    '[::1]:6343',
    '[::]:6343',
    'localhost:6343',
    'a.example:1',
  ]
  const urls = ['http://127.0.0.1:9093', 'HTTPS://[::1]:1/a@b', 'http://a.example/x?y=z', REFERENCE]
  const good = {
    listen: { sflow: addresses, allowed_agents: ranges },
    names: { interfaces: Object.fromEntries(agents.map(agent => [agent, {}])) },
    notify: { alertmanager: urls },
  }
  const text = JSON.stringify(good)
  t.true(isGood(good), JSON.stringify(isGood.errors))
  const checked = parseConfig(
    text.replaceAll(REFERENCE, 'http://x').replace('http://x', '::1'),
    'c',
    {},
  )
  t.true('config' in checked, JSON.stringify(checked))
  const wrong = [
    { listen: { sflow: ['6343'] } },
    { listen: { allowed_agents: ['10.0.0.0/33'] } },
    { listen: { allowed_agents: ['10.0.0'] } },
    { listen: { allowed_agents: ['300.0.0.1/8'] } },
    { listen: { allowed_agents: ['::/129'] } },
    { groups: { a: ['office'] } },
    { names: { interfaces: { leaf1: { 1: 'swp1' } } } },
    { notify: { controller: 'localhost:16344' } },
    { notify: { controller: 'http://me:secret@localhost' } },
    { controller: { agents: [{ name: 'a', endpoint: 'http://x', guards: [{ agent: '1.2.3' }] }] } },
  ]
  for (const bad of wrong) t.false(isGood(bad), JSON.stringify(bad))
})

// biome-ignore lint/suspicious/noTemplateCurlyInString: how the configuration file refers to secrets
const REFERENCE = '${env:REF}'
