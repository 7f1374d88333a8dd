/** Every request to change something that is refused: a clear answer, one audit line, one count. */
import test from 'ava'
import { errorSchema } from '../../src/http/acl-agent-schemas.ts'
import { FakeBackend } from '../acl/agent/support.ts'
import { DROP, serveAgent } from './acl-agent-support.ts'

const TOKENS = [
  { name: 'reader', token: 'r'.repeat(16), scopes: ['read'] },
  { name: 'writer', token: 'w'.repeat(16), scopes: ['read', 'write'] },
]
const WRITER = { Authorization: `Bearer ${'w'.repeat(16)}` }
const LINES = ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']

/** Method, path, body, headers; then status, code and who it was. */
const REFUSED = [
  ['PUT', '/acl/x', LINES, {}, 401, 'unauthenticated', 'anonymous'],
  ['PUT', '/acl/x', LINES, { Authorization: 'Bearer wrong' }, 401, 'unauthenticated', 'anonymous'],
  [
    'PUT',
    '/acl/x',
    LINES,
    { Authorization: `Bearer ${'r'.repeat(16)}` },
    403,
    'scope_missing',
    'reader',
  ],
  ['DELETE', '/acl/', undefined, WRITER, 403, 'scope_missing', 'writer'],
  [
    'PUT',
    '/acl/x',
    LINES,
    { ...WRITER, Origin: 'http://evil.example' },
    403,
    'cross_origin',
    'writer',
  ],
  ['PUT', '/acl/x', 'no JSON', WRITER, 400, 'bad_json', 'writer'],
  ['PUT', '/acl/x', '', WRITER, 400, 'bad_json', 'writer'],
  ['PUT', '/acl/x', { lines: 1 }, WRITER, 400, 'intent_shape', 'writer'],
  ['PUT', '/acl/X-1', LINES, WRITER, 404, 'not_found', 'writer'],
  [
    'PUT',
    '/acl/x',
    JSON.stringify(['x'.repeat(1_100_000)]),
    WRITER,
    413,
    'body_too_large',
    'writer',
  ],
  ['POST', '/acl/x', LINES, WRITER, 405, 'method_not_allowed', 'writer'],
  [
    'PUT',
    '/api/v1/rules/x',
    LINES,
    { ...WRITER, 'Content-Type': 'text/plain' },
    415,
    'unsupported_media_type',
    'writer',
  ],
  ['PUT', '/api/v1/rules/x?wait=soon', DROP, WRITER, 400, 'bad_parameter', 'writer'],
  ['PUT', '/api/v1/rules/x?dryRun=yes', DROP, WRITER, 400, 'bad_parameter', 'writer'],
  ['PUT', '/api/v1/rules/x?dry_run=true', DROP, WRITER, 400, 'bad_parameter', 'writer'],
  ['PUT', '/api/v1/rules/x?dryRun=true', ['[iptables]', '-A X'], WRITER, 422, 'chain', 'writer'],
  ['POST', '/api/v1/rules', LINES, WRITER, 400, 'name', 'writer'],
  ['POST', '/api/v1/rules', { name: 'A', lines: LINES }, WRITER, 400, 'name', 'writer'],
  ['POST', '/api/v1/rules', { action: 1 }, WRITER, 400, 'intent_shape', 'writer'],
  ['POST', '/api/v1/rules/none/renew', {}, WRITER, 404, 'not_found', 'writer'],
  ['POST', '/api/v1/renewals', { names: 1 }, WRITER, 400, 'bad_body', 'writer'],
] as const

for (const [index, row] of REFUSED.entries()) {
  const [method, path, body, headers, status, code, who] = row
  test(`${index}: ${method} ${path} of ${who}, ${code}: answered, written down and counted once`, async t => {
    const { ask, audit, seen } = await serveAgent(t, new FakeBackend(), { bearerTokens: TOKENS })
    const answer = await ask(method, path, body, headers)
    t.is(answer.status, status)
    t.is(errorSchema.parse(answer.json).error.code, code)
    if (status === 401) t.regex(answer.headers.get('www-authenticate') ?? '', /^Bearer realm=/)
    const lines = audit.filter(line => line.event === 'refused')
    t.deepEqual(
      lines.map(line => [line.who, line.reason]),
      [[who, code]],
    )
    t.deepEqual(
      seen.filter(line => line.startsWith('refused')),
      [`refused ${code}`],
    )
    t.deepEqual((await ask('GET', '/acl/', undefined, WRITER)).json, [])
  })
}

test('strangers cannot write the audit trail full; all of them are counted', async t => {
  const { ask, audit, seen } = await serveAgent(t, new FakeBackend(), { bearerTokens: TOKENS })
  for (let i = 0; i < 100; i++) await ask('DELETE', '/acl/x')
  t.is(seen.filter(line => line === 'refused unauthenticated').length, 100)
  const written = audit.filter(line => line.event === 'refused').length
  t.true(written >= 60 && written < 80, `${written}`)
  t.is((await ask('PUT', '/acl/x', '', WRITER)).status, 400)
  t.is(audit.at(-1)?.leftOut, 100 - written)
})

test('reading and deleting what is not there is no refusal', async t => {
  const { ask, audit } = await serveAgent(t)
  t.is((await ask('GET', '/acl/x')).status, 404)
  t.is((await ask('DELETE', '/api/v1/rules/x')).status, 404)
  t.deepEqual(
    audit.filter(line => line.event === 'refused'),
    [],
  )
})
