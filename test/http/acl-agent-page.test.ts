/** The shipped page against real answers: every path, status by status, by a JSON Schema validator. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { FakeBackend } from '../acl/agent/support.ts'
import { type Answer, DROP, serveAgent } from './acl-agent-support.ts'

interface Media {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}
interface Method {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Media>> }>
  >
}
interface Page {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Method>>>>
}

const text = readFileSync(new URL('../../docs/openapi/acl-agent.json', import.meta.url), 'utf8')
const page = JSON.parse(text) as Page
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
ajv.addSchema(page, 'page')

/** What is wrong with the value; empty if nothing is. */
function faults(pointer: readonly string[], value: unknown): string {
  const path = pointer.map(part => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
  const valid = ajv.validate({ $ref: `page#/${encodeURI(path)}` }, value)
  return valid ? '' : ajv.errorsText()
}

const JSON_BODY = ['content', 'application/json', 'schema'] as const
const methods = Object.entries(page.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, method]) => ({ path, verb, method })),
)

test('every example of the page is what its schema says', t => {
  let seen = 0
  const check = (pointer: readonly string[], media: Media | undefined) => {
    const named = Object.values(media?.examples ?? {}).map(({ value }) => value)
    const all = media?.example === undefined ? named : [media.example, ...named]
    for (const value of all) {
      seen += 1
      t.is(faults([...pointer, ...JSON_BODY], value), '', pointer.join(' '))
    }
  }
  for (const { path, verb, method } of methods) {
    const at = ['paths', path, verb]
    check([...at, 'requestBody'], method.requestBody?.content['application/json'])
    for (const [status, answer] of Object.entries(method.responses)) {
      check([...at, 'responses', status], answer.content?.['application/json'])
    }
  }
  t.true(seen > 50, `${seen}`)
})

const LINES = ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']
const BAD = ['[iptables]', '-A NOPE -d 10.0.0.1 -j DROP']
const CONFIRM = { Confirm: 'delete-all' }
const NONE = '00000000-0000-4000-8000-000000000000'

/** Path of the page; method, path, body and headers of a request; the status it gets. */
const ASKED = [
  ['/acl/{name}', 'PUT', '/acl/a', LINES, {}, 201],
  ['/acl/{name}', 'PUT', '/acl/a', BAD, {}, 422],
  ['/acl/{name}', 'PUT', '/acl/a', 'x', {}, 400],
  ['/acl/{name}', 'PUT', '/acl/A', LINES, {}, 404],
  ['/acl/{name}', 'PUT', '/acl/bad', LINES, {}, 409],
  ['/acl/{name}', 'PUT', '/acl/a', JSON.stringify(['x'.repeat(1_100_000)]), {}, 413],
  ['/acl/{name}', 'PUT', '/acl/a', LINES, { Origin: 'http://evil.example' }, 403],
  ['/acl/{name}', 'GET', '/acl/a', undefined, {}, 200],
  ['/acl/{name}', 'GET', '/acl/none', undefined, {}, 404],
  ['/acl/', 'GET', '/acl/', undefined, {}, 200],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b?wait=5', DROP, {}, 201],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b?wait=5', DROP, {}, 200],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b', { lines: LINES, ttlSeconds: 9 }, {}, 202],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/c', LINES, {}, 202],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/d?dryRun=true', DROP, {}, 200],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/bad?wait=5', DROP, {}, 409],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b', DROP, { 'If-None-Match': '*' }, 412],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b', DROP, { 'Content-Type': 'text/plain' }, 415],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b?what=1', DROP, {}, 400],
  ['/api/v1/rules/{name}', 'PUT', '/api/v1/rules/b', { ...DROP, ttlSeconds: 99_999 }, {}, 422],
  ['/api/v1/rules/{name}', 'GET', '/api/v1/rules/c', undefined, {}, 200],
  ['/api/v1/rules/{name}', 'GET', '/api/v1/rules/none', undefined, {}, 404],
  ['/api/v1/rules', 'POST', '/api/v1/rules?wait=5', DROP, {}, 201],
  ['/api/v1/rules', 'POST', '/api/v1/rules', { name: 'e', lines: LINES }, {}, 202],
  ['/api/v1/rules', 'POST', '/api/v1/rules', { action: 1 }, {}, 400],
  ['/api/v1/rules', 'GET', '/api/v1/rules', undefined, {}, 200],
  ['/api/v1/rules', 'DELETE', '/api/v1/rules', undefined, {}, 428],
  ['/api/v1/rules/{name}/renew', 'POST', '/api/v1/rules/c/renew', { ttlSeconds: 60 }, {}, 200],
  ['/api/v1/rules/{name}/renew', 'POST', '/api/v1/rules/none/renew', {}, {}, 404],
  ['/api/v1/rules/{name}/renew', 'POST', '/api/v1/rules/c/renew', { ttlSeconds: 99_999 }, {}, 422],
  ['/api/v1/renewals', 'POST', '/api/v1/renewals', { names: ['c', 'none'] }, {}, 200],
  ['/api/v1/renewals', 'POST', '/api/v1/renewals', {}, {}, 400],
  ['/api/v1/operations', 'GET', '/api/v1/operations', undefined, {}, 200],
  ['/api/v1/operations/{id}', 'GET', `/api/v1/operations/${NONE}`, undefined, {}, 404],
  ['/api/v1/status', 'GET', '/api/v1/status', undefined, {}, 200],
  ['/api/v1/openapi.json', 'GET', '/api/v1/openapi.json', undefined, {}, 200],
  ['/api/v1/rules/{name}', 'DELETE', '/api/v1/rules/c?wait=5', undefined, {}, 200],
  ['/api/v1/rules/{name}', 'DELETE', '/api/v1/rules/b', undefined, {}, 202],
  ['/api/v1/rules/{name}', 'DELETE', '/api/v1/rules/none', undefined, {}, 404],
  ['/api/v1/rules', 'DELETE', '/api/v1/rules?wait=5', undefined, CONFIRM, 200],
  ['/acl/{name}', 'DELETE', '/acl/a', undefined, {}, 204],
  ['/acl/', 'DELETE', '/acl/', undefined, {}, 204],
] as const

test('every answer has a status that the page has, and the shape that it says', async t => {
  const backend = new FakeBackend()
  backend.bad.add('bad')
  const { ask } = await serveAgent(t, backend)
  const check = (path: string, verb: string, answer: Answer) => {
    const what = `${verb} ${path} ${answer.status}`
    const declared = page.paths[path]?.[verb.toLowerCase()]?.responses[answer.status]
    t.truthy(declared, what)
    t.is(answer.text !== '', declared?.content !== undefined, what)
    if (declared?.content === undefined) return
    const pointer = ['paths', path, verb.toLowerCase(), 'responses', String(answer.status)]
    t.is(faults([...pointer, ...JSON_BODY], answer.json), '', what)
  }
  for (const [path, verb, url, body, headers, status] of ASKED) {
    const answer = await ask(verb, url, body, headers)
    t.is(answer.status, status, `${verb} ${url}: ${answer.text.slice(0, 200)}`)
    check(path, verb, answer)
  }
  const [latest] = (await ask('GET', '/api/v1/operations')).json.operations
  check('/api/v1/operations/{id}', 'GET', await ask('GET', `/api/v1/operations/${latest.id}`))
  const asked = new Set(ASKED.map(([path, verb]) => `${verb.toLowerCase()} ${path}`))
  const left = methods.map(({ path, verb }) => `${verb} ${path}`).filter(one => !asked.has(one))
  t.deepEqual(left, [])
})
