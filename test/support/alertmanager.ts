/** A real Alertmanager with the shipped configuration, its receivers' addresses changed, and a webhook that takes note. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { part } from './parts.ts'
import { start, temporaryFolder, until } from './processes.ts'

export interface Told {
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
}

const SHIPPED = new URL('../../prometheus/alertmanager.yml', import.meta.url)

/** Text of the shipped file and what stands in its place; each must be there. */
export type Changes = readonly (readonly [shipped: string, ours: string])[]

/** Address of a webhook; `take` gets the alerts of each notification. */
export async function webhook(
  t: ExecutionContext,
  take: (alerts: readonly Told[]) => void,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: readonly Told[] }
    take(alerts)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/alerts`
}

/** Its address, once it is ready. */
export async function shippedAlertmanager(t: ExecutionContext, changes: Changes): Promise<string> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'alertmanager.yml')
  let text = readFileSync(SHIPPED, 'utf8')
  for (const [shipped, ours] of changes) {
    t.true(text.includes(shipped), shipped)
    text = text.replaceAll(shipped, ours)
  }
  writeFileSync(file, text)
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

/** As Prometheus would send them. */
export async function postAlerts(url: string, alerts: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(alerts),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}
