/**
 * The route to the controller in a real Alertmanager, as shipped but for the receiver's address: a first alert, its
 * end and its return come one by one, and how long each takes is told. `group_interval` is what makes the last two.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { percentileText } from '../closed-loop/times.ts'
import { part } from '../support/parts.ts'
import { start, temporaryFolder, until } from '../support/processes.ts'
import { ROOT } from './rule-files.ts'

const ALERTS = 5
const STEPS = ['firing', 'resolved', 'firing'] as const

interface Told {
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
}

test('an alert, its end and its return reach the controller, each as a group of its own', async t => {
  t.timeout(120_000)
  const waiting = new Map<string, (atMs: number) => void>()
  const hook = await receiver(t, ({ status, labels }) => {
    waiting.get(`${labels.number} ${status}`)?.(performance.now())
  })
  const url = await shippedAlertmanager(t, hook)
  const seconds: number[][] = STEPS.map(() => [])
  await Promise.all(
    Array.from({ length: ALERTS }, async (_, number) => {
      for (const [step, status] of STEPS.entries()) {
        const told = new Promise<number>(resolve => waiting.set(`${number} ${status}`, resolve))
        const sentMs = performance.now()
        await post(url, number, status)
        seconds[step]?.push(((await told) - sentMs) / 1_000)
      }
    }),
  )
  for (const [step, list] of seconds.entries()) {
    t.is(list.length, ALERTS)
    t.log(`${['first alert', 'its end', 'its return'][step]}: ${percentileText(list)}`)
  }
})

async function receiver(t: ExecutionContext, take: (alert: Told) => void): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: readonly Told[] }
    t.is(alerts.length, 1)
    for (const alert of alerts) take(alert)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/alerts`
}

async function shippedAlertmanager(t: ExecutionContext, hook: string): Promise<string> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'alertmanager.yml')
  const shipped = readFileSync(join(ROOT, 'prometheus/alertmanager.yml'), 'utf8')
  t.true(shipped.includes('http://localhost:16344/api/v1/alerts'))
  writeFileSync(file, shipped.replace('http://localhost:16344/api/v1/alerts', hook))
  const running = start(t, part('alertmanager'), [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    '--cluster.listen-address=',
    '--web.listen-address=127.0.0.1:0',
  ])
  const line = await running.line(/Listening/)
  const url = `http://${/address=(\S+)/.exec(line)?.[1]}`
  await until(async () => (await fetch(`${url}/-/ready`)).ok)
  return url
}

async function post(url: string, number: number, status: 'firing' | 'resolved'): Promise<void> {
  const now = new Date()
  const alert = {
    labels: { alertname: 'UdpReflection', acl_action: 'drop', number: `${number}` },
    startsAt: new Date(now.getTime() - 1_000).toISOString(),
    ...(status === 'resolved' ? { endsAt: now.toISOString() } : {}),
  }
  await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([alert]),
  })
}
