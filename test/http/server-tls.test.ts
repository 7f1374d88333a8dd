import { once } from 'node:events'
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ConnectionOptions, connect as tlsConnect } from 'node:tls'
import test from 'ava'
import { identityOf } from '../../src/http/auth.ts'
import { UsageError } from '../../src/usage-error.ts'
import { Authority, type Certificate } from './certificates.ts'
import { start } from './support.ts'

const authority = new Authority()
const server = authority.sign('server', { altNames: 'DNS:localhost,IP:127.0.0.1' })
const client = authority.sign('prometheus', { altNames: 'DNS:prometheus.example' })
const expired = authority.sign('expired', { altNames: 'IP:127.0.0.1', expired: true })
const stranger = new Authority('Another Authority').sign('prometheus', {
  altNames: 'DNS:prometheus.example',
})

/** A folder with the web configuration file and the server's certificate beside it. */
function configFile(lines: readonly string[], certificate: Certificate = server): string {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  cpSync(certificate.certFile, join(folder, 'server.crt'))
  cpSync(certificate.keyFile, join(folder, 'server.key'))
  cpSync(authority.caFile, join(folder, 'ca.crt'))
  const tls = ['cert_file: server.crt', 'key_file: server.key', ...lines].map(line => `  ${line}`)
  const file = join(folder, 'web.yaml')
  writeFileSync(file, ['tls_server_config:', ...tls, ''].join('\n'))
  return file
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly serverName: string
}

/** One request on a connection of its own; rejects if the connection does. */
function get(port: number, path: string, options: ConnectionOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port, path, agent: false, ca: authority.ca, ...options },
      response => {
        let body = ''
        const { subject } = (response.socket as ReturnType<typeof tlsConnect>).getPeerCertificate()
        response.on('data', chunk => {
          body += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, serverName: String(subject.CN) }),
        )
      },
    )
    request.on('error', reject)
    request.end()
  })
}

test('serves TLS 1.2 and 1.3, and nothing older', async t => {
  const { port, url } = await start(t, { webConfigFile: configFile([]) })
  t.regex(url, /^https:/)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const answer = await get(port, '/metrics', { minVersion: version, maxVersion: version })
    t.is(answer.body, 'up 1\n')
  }
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await t.throwsAsync(get(port, '/metrics', old))
})

test('min_version is obeyed', async t => {
  const { port } = await start(t, { webConfigFile: configFile(['min_version: TLS13']) })
  await t.throwsAsync(get(port, '/metrics', { maxVersion: 'TLSv1.2' }))
  t.is((await get(port, '/metrics')).status, 200)
})

test('max_version and curve_preferences are obeyed', async t => {
  const older = await start(t, { webConfigFile: configFile(['max_version: TLS12']) })
  await t.throwsAsync(get(older.port, '/metrics', { minVersion: 'TLSv1.3' }))
  t.is((await get(older.port, '/metrics')).status, 200)
  const lines = ['curve_preferences: [CurveP384]']
  const { port } = await start(t, { webConfigFile: configFile(lines) })
  await t.throwsAsync(get(port, '/metrics', { ecdhCurve: 'P-256' }))
  t.is((await get(port, '/metrics', { ecdhCurve: 'P-384' })).status, 200)
})

test('cipher_suites takes the names of the exporter-toolkit, for TLS 1.2 alone as there', async t => {
  const suites = [
    'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_AES_128_GCM_SHA256',
  ]
  const lines = [`cipher_suites: [${suites.join(', ')}]`]
  const { port } = await start(t, { webConfigFile: configFile(lines) })
  const at12 = { maxVersion: 'TLSv1.2' } as const
  t.is((await get(port, '/metrics', at12)).status, 200)
  await t.throwsAsync(get(port, '/metrics', { ...at12, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }))
  t.is((await get(port, '/metrics', { minVersion: 'TLSv1.3' })).status, 200)
})

test('client_auth_type takes the other words of the exporter-toolkit, too', async t => {
  const none = await start(t, { webConfigFile: configFile(["client_auth_type: ''"]) })
  t.is((await get(none.port, '/metrics')).status, 200)
  const any = await start(t, { webConfigFile: configFile(['client_auth_type: RequireClientCert']) })
  await t.throwsAsync(get(any.port, '/metrics'))
  t.is((await get(any.port, '/metrics', { cert: stranger.cert, key: stranger.key })).status, 200)
})

const REQUIRED = ['client_auth_type: RequireAndVerifyClientCert', 'client_ca_file: ca.crt']

test('where certificates are required, a missing, a foreign and an expired one are refused', async t => {
  const { port } = await start(t, { webConfigFile: configFile(REQUIRED) })
  await t.throwsAsync(get(port, '/-/healthy'))
  for (const { cert, key } of [stranger, expired]) {
    await t.throwsAsync(get(port, '/-/healthy', { cert, key }))
  }
  const { cert, key } = client
  t.is((await get(port, '/-/healthy', { cert, key })).status, 200)
})

test('a verified certificate is an identity that may write', async t => {
  const file = configFile(REQUIRED)
  const { port } = await start(t, { webConfigFile: file, listenAddress: '0.0.0.0:0' }, router => {
    router.get('/who', ctx => {
      ctx.body = identityOf(ctx)
    })
  })
  const { cert, key } = client
  t.like(JSON.parse((await get(port, '/who', { cert, key })).body), {
    name: 'prometheus',
    how: 'certificate',
  })
})

test('a certificate that is merely asked for is no identity', async t => {
  const file = configFile(['client_auth_type: RequireAnyClientCert'])
  const { port } = await start(t, { webConfigFile: file, listenAddress: '0.0.0.0:0' }, router => {
    router.get('/who', ctx => {
      ctx.body = identityOf(ctx)
    })
  })
  const { cert, key } = stranger
  t.like(JSON.parse((await get(port, '/who', { cert, key })).body), { how: 'anonymous' })
  await t.throwsAsync(get(port, '/who'))
})

test('VerifyClientCertIfGiven takes none or a good one', async t => {
  const lines = ['client_auth_type: VerifyClientCertIfGiven', 'client_ca_file: ca.crt']
  const { port } = await start(t, { webConfigFile: configFile(lines) })
  t.is((await get(port, '/metrics')).status, 200)
  t.is((await get(port, '/metrics', { cert: client.cert, key: client.key })).status, 200)
  await t.throwsAsync(get(port, '/metrics', { cert: stranger.cert, key: stranger.key }))
})

test('client_allowed_sans lets in whom it names', async t => {
  const other = authority.sign('other', { altNames: 'DNS:other.example,IP:2001:db8::1' })
  const sans = (name: string) => [...REQUIRED, `client_allowed_sans: ["${name}"]`]
  const { port } = await start(t, { webConfigFile: configFile(sans('prometheus.example')) })
  t.is((await get(port, '/metrics', { cert: client.cert, key: client.key })).status, 200)
  await t.throwsAsync(get(port, '/metrics', { cert: other.cert, key: other.key }))
  const byAddress = await start(t, { webConfigFile: configFile(sans('2001:db8::1')) })
  t.is((await get(byAddress.port, '/metrics', { cert: other.cert, key: other.key })).status, 200)
})

test('a client that verifies refuses our expired certificate', async t => {
  const { port } = await start(t, { webConfigFile: configFile([], expired) })
  const error = await t.throwsAsync(get(port, '/metrics'))
  t.is((error as NodeJS.ErrnoException).code, 'CERT_HAS_EXPIRED')
})

test('a new certificate is served from the next connection on, a broken one is not', async t => {
  const file = configFile([])
  const { port, logged } = await start(t, { webConfigFile: file })
  t.is((await get(port, '/metrics')).serverName, 'server')
  const next = authority.sign('rotated', { altNames: 'IP:127.0.0.1' })
  // Files are replaced one after the other: in between, key and certificate do not fit.
  cpSync(next.certFile, join(dirname(file), 'server.crt'))
  t.is((await get(port, '/metrics')).serverName, 'server')
  cpSync(next.keyFile, join(dirname(file), 'server.key'))
  t.is((await get(port, '/metrics')).serverName, 'rotated')
  writeFileSync(join(dirname(file), 'server.crt'), 'no certificate')
  t.is((await get(port, '/metrics')).serverName, 'rotated')
  t.is(logged.filter(line => line.level === 'error').length, 2)
})

test('requiring certificates in a running server refuses everybody who has none', async t => {
  const file = configFile([])
  const { port } = await start(t, { webConfigFile: file })
  t.is((await get(port, '/metrics')).status, 200)
  const lines = ['cert_file: server.crt', 'key_file: server.key', ...REQUIRED]
  writeFileSync(file, `tls_server_config: {${lines.join(', ')}}\n`)
  await t.throwsAsync(get(port, '/metrics'))
})

test('a handshake that never comes is ended', async t => {
  const { port } = await start(t, {
    webConfigFile: configFile([]),
    limits: { headersTimeoutMs: 200 },
  })
  const { connect } = await import('node:net')
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'close')
  t.pass()
})

test('plain HTTP on a TLS port is refused', async t => {
  const { port } = await start(t, { webConfigFile: configFile([]) })
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/metrics`))
})

test('what does not fit together is said at the start', async t => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['cert_file: server.crt'], /web\.yaml: tls_server_config: key_file is missing/],
    [['cert_file: none.crt', 'key_file: server.key'], /names none\.crt: cannot read .*ENOENT/],
    [['cert_file: ca.crt', 'key_file: server.key'], /key values mismatch/],
    [[...BOTH, 'client_ca_file: ca.crt'], /client_ca_file is of no use/],
    [[...BOTH, 'client_auth_type: RequireAndVerifyClientCert'], /needs client_ca_file/],
    [[...BOTH, 'client_allowed_sans: [x]'], /client_allowed_sans needs/],
    [[...BOTH, 'min_version: TLS14'], /tls_server_config\.min_version: /],
    [[...BOTH, 'cipher_suites: [NONE]'], /no cipher match/],
    [[...BOTH, 'cipher_suites: [TLS_NONE]'], /unknown cipher suite TLS_NONE/],
    [[...BOTH, 'min_version: TLS13', 'max_version: TLS12'], /min_version is above max_version/],
    [[...BOTH, 'cert: inline'], /cert and cert_file exclude each other/],
    [[...BOTH, 'cert_fil: x'], /Unrecognized key: "cert_fil"/],
  ]
  for (const [lines, message] of cases) {
    const file = configFile([])
    writeFileSync(file, ['tls_server_config:', ...lines.map(line => `  ${line}`), ''].join('\n'))
    await t.throwsAsync(start(t, { webConfigFile: file }), { instanceOf: UsageError, message })
  }
})

const BOTH = ['cert_file: server.crt', 'key_file: server.key']
