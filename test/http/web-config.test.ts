import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { readWebConfig } from '../../src/http/web-config.ts'
import { UsageError } from '../../src/usage-error.ts'
import { part } from '../support/parts.ts'
import { Authority } from './certificates.ts'
import { fileWith } from './support.ts'

const EXAMPLES = new URL('../../deploy/examples/', import.meta.url)
const SAMPLES = readdirSync(EXAMPLES).filter(name => name.startsWith('web-'))
const run = promisify(execFile)

const authority = new Authority()
const server = authority.sign('server', { altNames: 'DNS:localhost' })

/** The sample in a folder with the certificates that it names. */
function installed(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sample-'))
  cpSync(new URL(name, EXAMPLES), join(folder, name))
  cpSync(server.certFile, join(folder, 'server.crt'))
  cpSync(server.keyFile, join(folder, 'server.key'))
  cpSync(authority.caFile, join(folder, 'ca.crt'))
  return join(folder, name)
}

test('there are samples', t => {
  t.true(SAMPLES.length >= 2)
})

for (const name of SAMPLES) {
  test(`promtool and we agree that ${name} is good`, async t => {
    const file = installed(name)
    const { stderr } = await run(part('promtool'), ['check', 'web-config', file])
    t.regex(stderr, /SUCCESS/)
    t.not(readWebConfig(file).tls, undefined)
  })
}

const BAD = {
  'an unknown key': 'tls_server_confg: {}\n',
  'a password that is no bcrypt hash': 'basic_auth_users: {a: secret}\n',
  'an authority without a policy': `tls_server_config: {cert_file: C, key_file: K, client_ca_file: C}\n`,
  'a version that is none': `tls_server_config: {cert_file: C, key_file: K, min_version: TLS9}\n`,
  'a header that is none of the five': 'http_server_config: {headers: {X-Own: a}}\n',
  'no YAML': 'basic_auth_users: [\n',
}

for (const [what, text] of Object.entries(BAD)) {
  test(`promtool and we agree that ${what} is bad`, async t => {
    const file = fileWith(
      text
        .replaceAll('C,', `${server.certFile},`)
        .replace('C}', `${server.certFile}}`)
        .replace('K', server.keyFile),
    )
    await t.throwsAsync(run(part('promtool'), ['check', 'web-config', file]))
    t.throws(() => readWebConfig(file), { instanceOf: UsageError, message: /web\.yaml/ })
  })
}

test('an empty file means plain HTTP without users', t => {
  const config = readWebConfig(fileWith(''))
  t.is(config.tls, undefined)
  t.is(config.users.size, 0)
})

test('a missing file is a UsageError that names it', t => {
  t.throws(() => readWebConfig('/nowhere/web.yaml'), {
    instanceOf: UsageError,
    message: '--web.config.file: cannot read /nowhere/web.yaml (ENOENT)',
  })
})

test('certificates may stand in the file itself', t => {
  const file = fileWith('')
  writeFileSync(file, JSON.stringify({ tls_server_config: { cert: server.cert, key: server.key } }))
  t.not(readWebConfig(file).tls, undefined)
})

test('a header that would break every answer is refused at the start', t => {
  const text = 'http_server_config: {headers: {Content-Security-Policy: "a\\nb"}}\n'
  t.throws(() => readWebConfig(fileWith(text)), { message: /printable ASCII on one line/ })
})
