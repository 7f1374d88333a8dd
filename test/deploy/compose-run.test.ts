/** compose.yaml as a whole, run: tokens, health checks, scrapes, and an elephant from packet to rule. */
import test from 'ava'
import { until } from '../support/processes.ts'
import { readCompose } from './compose-file.ts'
import { Containers } from './containers.ts'

test('all services are healthy, Prometheus scrapes all, and an elephant is marked with both paths authorised', async t => {
  t.timeout(300_000)
  const containers = new Containers(t, readCompose())
  const made = await containers.exec('tokens', ['node', '/config/tokens.mjs', '/secrets'])
  t.deepEqual(made, { status: 0, said: '' })

  const names = ['acl-agent', 'controller', 'alertmanager', 'bridge', 'prometheus']
  const running = names.map(name => containers.start(name))
  for (const name of names) {
    await until(async () => (await containers.health(name)).status === 0, 250)
  }
  running.push(containers.start('simulate'))

  const node = async (code: string) => {
    const { said } = await containers.exec('controller', ['node', '-e', code])
    return JSON.parse(said) as unknown
  }
  const actions = `
    const token = require('node:fs').readFileSync('/secrets/people.token', 'utf8')
    fetch('http://controller:16344/api/v1/actions', { headers: { authorization: 'Bearer ' + token } })
      .then(answer => answer.text()).then(console.log)`
  await until(async () => {
    const { actions: all } = (await node(actions)) as { actions: { device?: string }[] }
    return all.some(({ device }) => device === 'committed')
  }, 500)

  const write = `fetch('http://controller:16344/api/v1/kill-switch', { method: 'PUT', body: '{"engaged":true}',
    headers: { 'content-type': 'application/json' } }).then(answer => console.log(answer.status))`
  t.true([401, 403].includes((await node(write)) as number), 'no token, no write')

  const ask = (expression: string) =>
    containers.exec('prometheus', [
      'promtool',
      'query',
      'instant',
      'http://127.0.0.1:9090',
      expression,
    ])
  await until(async () => {
    const { said } = await ask('sum(up{job=~"sflow-(bridge|controller|acl-agent)"})')
    return /=> 3 @/.test(said)
  }, 500)
  await until(async () => {
    const { said } = await containers.exec('alertmanager', [
      'amtool',
      '--alertmanager.url=http://127.0.0.1:9093',
      'alert',
      'query',
    ])
    return /elephant/.test(said)
  }, 500)
  const alertmanager = running[names.indexOf('alertmanager')]
  t.deepEqual(
    alertmanager?.lines.filter(line => /level=(error|warn)/.test(line)),
    [],
    'the controller takes what Alertmanager sends',
  )
  for (const one of running.reverse()) t.is(await one.end(), 0)
})
