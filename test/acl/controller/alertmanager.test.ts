/** Debian's Alertmanager 0.25 before the controller: real bodies, left-out alerts, lost ends. */

import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { AlertSync } from '../../../src/acl/controller/alert-sync.ts'
import { Transport } from '../../../src/acl/controller/transport.ts'
import { part } from '../../support/parts.ts'
import { start, temporaryFolder } from '../../support/processes.ts'
import { attack, makeRig, webhook } from './support/rig.ts'

interface Hook {
  readonly alerts: readonly { readonly status: string }[]
  readonly truncatedAlerts: number
}

/** Bodies as they come; `next` gives each once, waiting for it if need be. */
async function hooks(t: ExecutionContext) {
  const bodies: Hook[] = []
  const waiting: ((hook: Hook) => void)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Hook
    const taker = waiting.shift()
    if (taker === undefined) bodies.push(body)
    else taker(body)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const next = () => {
    const body = bodies.shift()
    return body === undefined
      ? new Promise<Hook>(resolve => waiting.push(resolve))
      : Promise.resolve(body)
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/alerts`, next }
}

async function alertmanager(t: ExecutionContext, hookUrl: string, maxAlerts: number) {
  const folder = temporaryFolder(t)
  const file = join(folder, 'alertmanager.yml')
  const group = maxAlerts === 0 ? "['...']" : '[alertname]'
  writeFileSync(
    file,
    `route: {receiver: controller, group_by: ${group}, group_wait: ${maxAlerts === 0 ? '0s' : '500ms'}, group_interval: 1s, repeat_interval: 1m}
receivers:
  - name: controller
    webhook_configs: [{url: '${hookUrl}', send_resolved: true, max_alerts: ${maxAlerts}}]
`,
  )
  const running = start(t, part('alertmanager'), [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    '--cluster.listen-address=',
    '--log.format=json',
  ])
  const { address } = JSON.parse(await running.line(/"Listening on"/)) as { address: string }
  const url = `http://${address}`
  const post = async (victims: readonly string[], endsAt?: string) => {
    const response = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        victims.map(victim => ({
          labels: {
            alertname: 'UdpReflection',
            acl_action: 'drop',
            agent: '10.0.0.233',
            victim,
            udpsourceport: '53',
          },
          annotations: { value: '2e+06', lower_bound: '1.5e+06', threshold: '1e+06' },
          startsAt: '2026-01-02T03:04:04.123456789Z',
          ...(endsAt === undefined ? {} : { endsAt }),
        })),
      ),
    })
    t.is(response.status, 200)
  }
  return { url, post }
}

test('firing and resolved, as Alertmanager sends them', async t => {
  const { url, next } = await hooks(t)
  const { post } = await alertmanager(t, url, 0)
  const rig = await makeRig()
  rig.start()
  await post(['10.0.0.1'])
  t.like(await rig.controller().takeWebhook(await next()), {
    outcome: 'taken',
    alerts: { opened: 1 },
  })
  await rig.clock.advance(100)
  t.is(rig.box('leaf1').lines.length, 1)
  const [rule] = [...rig.controller().rules.values()]
  t.like(rule?.why, {
    origin: 'alertmanager',
    numbers: { value: 2e6, lower: 1.5e6, threshold: 1e6 },
  })
  await post(['10.0.0.1'], new Date().toISOString())
  t.like(await rig.controller().takeWebhook(await next()), { alerts: { ended: 1 } })
  await rig.clock.advance(61_000)
  t.deepEqual(rig.box('leaf1').lines, [])
})

test('left-out alerts are fetched, and an end that was never told is found', async t => {
  const { url, next } = await hooks(t)
  const server = await alertmanager(t, url, 1)
  const rig = await makeRig()
  rig.start()
  const transport = new Transport({ url: server.url, connectionsMax: 1, deadlineMs: 10_000 })
  const failures: string[] = []
  const sync = new AlertSync({
    origin: 'alertmanager',
    transport,
    clock: rig.clock,
    random: () => 0.5,
    intervalMs: 60_000,
    found: (active, askedMs) => rig.controller().takeActiveAlerts(active, askedMs, 'alertmanager'),
    failed: message => failures.push(message),
  })
  t.teardown(() => sync.close())
  await server.post(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  let hook = await next()
  // On a busy machine the group may be told before all three have come to it.
  while (hook.truncatedAlerts < 2) hook = await next()
  t.is(hook.alerts.length, 1)
  t.is(hook.truncatedAlerts, 2)
  await rig.controller().takeWebhook(hook)
  t.is(rig.syncs.wanted, 1)
  await sync.soon()
  await rig.clock.advance(100)
  t.is(rig.box('leaf1').lines.length, 3)
  await server.post(['10.0.0.1', '10.0.0.2'], new Date().toISOString())
  await rig.clock.advance(10)
  await sync.soon()
  await rig.clock.advance(59_000)
  // The next regular question is due by now as well; the hold is over a second later.
  await rig.clock.advance(2_500)
  t.deepEqual(
    rig.box('leaf1').lines.map(line => / -d (\S+)/.exec(line)?.[1]),
    ['10.0.0.3'],
  )
  t.deepEqual(failures, [])
})

test('Grafana is asked where it has its alerts, and what it lists are its own', async t => {
  const rig = await makeRig()
  rig.start()
  const grafana = {
    ...webhook(attack({ fingerprint: 'a' })),
    version: '1',
    orgId: 1,
    truncatedAlerts: 1,
  }
  t.like(await rig.controller().takeWebhook(grafana), { alerts: { opened: 1 } })
  t.is(rig.syncs.wanted, 1)
  const paths: string[] = []
  const listed = ['a', 'b'].map((fingerprint, i) => ({
    ...attack({ fingerprint, labels: { ipdestination: `10.10.100.1${i}` } }),
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
  }))
  const transport: Pick<Transport, 'request' | 'close'> = {
    async request(_method, path) {
      paths.push(path)
      return { status: 200, headers: {}, json: listed }
    },
    async close() {},
  }
  const sync = new AlertSync({
    origin: 'grafana',
    transport,
    clock: rig.clock,
    random: () => 0.5,
    intervalMs: 60_000,
    found: (active, askedMs) => rig.controller().takeActiveAlerts(active, askedMs, 'grafana'),
    failed: t.fail,
  })
  await sync.soon()
  await sync.close()
  await rig.clock.advance(100)
  t.regex(paths.join(), /^\/api\/alertmanager\/grafana\/api\/v2\/alerts\?/)
  t.is(rig.box('leaf1').lines.length, 2)
  t.is(
    rig.counted.get('alert grafana repeated'),
    1,
    'the one that was told is the one that is listed',
  )
})
