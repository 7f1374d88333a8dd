import { once } from 'node:events'
import { createServer } from 'node:net'
import test from 'ava'
import { Authority } from '../http/certificates.ts'
import { fileWith, start } from '../http/support.ts'
import { runCommand } from './run-command.ts'

test('a good answer is status 0, a bad one 1 with one line', async t => {
  let ready = true
  const { url } = await start(t, { ready: () => ready })
  t.deepEqual(await runCommand(['healthcheck', `--url=${url}/-/ready`]), {
    status: 0,
    stdout: '',
    stderr: '',
  })
  ready = false
  t.deepEqual(await runCommand(['healthcheck', `--url=${url}/-/ready`]), {
    status: 1,
    stdout: '',
    stderr: `${url}/-/ready: status 503\n`,
  })
})

test('nobody listening is status 1', async t => {
  const { url, close } = await start(t)
  await close()
  const { status, stderr } = await runCommand(['healthcheck', `--url=${url}/-/ready`])
  t.is(status, 1)
  t.regex(stderr, /ECONNREFUSED/)
})

test('an answer that never comes is status 1 after the timeout', async t => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as { port: number }
  const words = ['healthcheck', `--url=http://127.0.0.1:${port}/`, '--timeout=200ms']
  const { status, stderr } = await runCommand(words)
  t.is(status, 1)
  t.regex(stderr, /timeout/i)
})

test('TLS is verified, by our own authority if it is named', async t => {
  const authority = new Authority()
  const server = authority.sign('server', { altNames: 'IP:127.0.0.1' })
  const client = authority.sign('healthcheck')
  const web = fileWith(
    JSON.stringify({
      tls_server_config: {
        cert_file: server.certFile,
        key_file: server.keyFile,
        client_ca_file: authority.caFile,
        client_auth_type: 'RequireAndVerifyClientCert',
      },
    }),
  )
  const { url } = await start(t, { webConfigFile: web })
  const ask = (...words: readonly string[]) =>
    runCommand(['healthcheck', `--url=${url}/-/ready`, ...words])
  const certificate = [`--cert.file=${client.certFile}`, `--key.file=${client.keyFile}`]
  t.is((await ask(`--ca.file=${authority.caFile}`, ...certificate)).status, 0)
  t.is((await ask('--insecure', ...certificate)).status, 0)
  t.is((await ask(...certificate)).status, 1)
  t.is((await ask(`--ca.file=${authority.caFile}`)).status, 1)
})

test('what is no URL is one clear line and status 2', async t => {
  const { status, stderr } = await runCommand(['healthcheck', '--url=localhost:1'])
  t.is(status, 2)
  t.is(stderr, 'sflow-bridge: --url=localhost:1: an http or https URL is needed\n')
})
