import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import test, { type ExecutionContext } from 'ava'
import { part } from '../support/parts.ts'
import { Authority } from './certificates.ts'
import { fileWith, start } from './support.ts'

/** Prometheus with this configuration until the test ends; the URL of its API. */
async function prometheus(t: ExecutionContext, config: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
  writeFileSync(join(folder, 'prometheus.yml'), config)
  const words = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    '--web.listen-address=127.0.0.1:0',
    '--log.format=json',
  ]
  const process = spawn(part('prometheus'), words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(process, 'exit')
  t.teardown(async () => {
    process.kill('SIGTERM')
    await ended
  })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  process.stderr.on('data', chunk => {
    said += chunk
    const [, address] = /"address":"([\d.:]+)"[^\n]*"msg":"Listening on"/.exec(said) ?? []
    if (address !== undefined) resolve(`http://${address}`)
  })
  process.once('exit', () => reject(new Error(`prometheus ended: ${said}`)))
  return promise
}

test('a real Prometheus scrapes by TLS with its certificate and password', async t => {
  const authority = new Authority()
  const server = authority.sign('server', { altNames: 'IP:127.0.0.1' })
  const client = authority.sign('prometheus')
  const web = fileWith(
    JSON.stringify({
      tls_server_config: {
        cert_file: server.certFile,
        key_file: server.keyFile,
        client_ca_file: authority.caFile,
        client_auth_type: 'RequireAndVerifyClientCert',
      },
      basic_auth_users: { prometheus: await hash('change me', 4) },
    }),
  )
  let scrapes = 0
  const secondScrape = Promise.withResolvers<void>()
  const { port } = await start(t, {
    webConfigFile: web,
    renderMetrics: async () => {
      scrapes += 1
      // When the second scrape comes, the first one is stored.
      if (scrapes === 2) secondScrape.resolve()
      return { contentType: 'text/plain; version=0.0.4', body: 'sflow_bridge_test 42\n' }
    },
  })
  const api = await prometheus(
    t,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [
        {
          job_name: 'bridge',
          scheme: 'https',
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
          basic_auth: { username: 'prometheus', password: 'change me' },
          tls_config: {
            ca_file: authority.caFile,
            cert_file: client.certFile,
            key_file: client.keyFile,
          },
        },
      ],
    }),
  )
  await secondScrape.promise
  const answer = await fetch(`${api}/api/v1/query?query=sflow_bridge_test`)
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
  t.is(data.result[0]?.value[1], '42')
})
