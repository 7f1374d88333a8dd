import { hash } from '@node-rs/bcrypt'
import test from 'ava'
import { startPrometheus } from '../support/processes.ts'
import { Authority } from './certificates.ts'
import { fileWith, start } from './support.ts'

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
  const scrape = {
    job_name: 'bridge',
    scheme: 'https',
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    basic_auth: { username: 'prometheus', password: 'change me' },
    tls_config: {
      ca_file: authority.caFile,
      cert_file: client.certFile,
      key_file: client.keyFile,
    },
  }
  const prometheus = await startPrometheus(
    t,
    JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [scrape] }),
  )
  await secondScrape.promise
  const [reading] = await prometheus.query('sflow_bridge_test')
  t.is(reading?.value[1], '42')
})
