/** Events reach a real Alertmanager, and end there when they are over. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { SteadyClock } from '../../src/acl/controller/clock.ts'
import { Transport } from '../../src/acl/controller/transport.ts'
import type { ThresholdEvent } from '../../src/flows/events.ts'
import { ALERTMANAGER_FORMAT } from '../../src/notify/formats.ts'
import { NOTIFY_LIMITS, Receiver } from '../../src/notify/receiver.ts'
import { part } from '../support/parts.ts'

interface Listed {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly status: { readonly state: string }
}

test('an event is an active alert of Alertmanager until it is resolved', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
  const file = join(folder, 'alertmanager.yml')
  await writeFile(file, 'route: { receiver: none }\nreceivers: [{ name: none }]\n')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = spawn(part('alertmanager'), [
    `--config.file=${file}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ])
  const transport = new Transport({ url, connectionsMax: 2, deadlineMs: 5_000 })
  const sent = Promise.withResolvers<void>()
  const receiver = new Receiver({
    ...NOTIFY_LIMITS,
    name: 'alertmanager',
    url,
    format: ALERTMANAGER_FORMAT,
    clock: new SteadyClock(),
    transport: {
      request: async (method, path, body) => {
        const reply = await transport.request(method, path, body)
        if ('status' in reply) sent.resolve()
        return reply
      },
      close: () => transport.close(),
    },
    externalUrl: '',
    onFailure: reason => t.log(reason),
  })
  try {
    await listening(server.stderr)
    const firing = event('firing')
    receiver.take(firing)
    await sent.promise
    const [alert] = await listed(transport)
    t.is(alert?.status.state, 'active')
    t.is(alert?.labels.alertname, 'elephant')
    t.is(alert?.labels.ipsource, '10.1.0.1')
    t.is(alert?.annotations.lower_bound, '15000000')
    receiver.take({ ...firing, status: 'resolved', timestamp: Date.now() })
    await receiver.settled()
    t.deepEqual(await listed(transport), [])
    t.deepEqual([receiver.sent, receiver.rejected, receiver.failures], [2, 0, 0])
  } finally {
    await receiver.close()
    const ended = new Promise(resolve => server.once('exit', resolve))
    server.kill()
    await ended
    await rm(folder, { recursive: true })
  }
})

async function listed(transport: Transport): Promise<readonly Listed[]> {
  const reply = await transport.request('GET', '/api/v2/alerts')
  if (!('status' in reply)) throw new Error(reply.unreachable)
  return reply.json as readonly Listed[]
}

async function listening(log: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: log })) {
    if (line.includes('Listening on') || line.includes('msg=Listening')) break
  }
  // What it says from now on is not read, and must not block it.
  log.resume()
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function event(status: 'firing' | 'resolved'): ThresholdEvent {
  const nowMs = Date.now()
  return {
    timestamp: nowMs,
    thresholdID: 'elephant',
    status,
    crossing: 'elephant/1',
    startedAt: nowMs - 2_000,
    agent: '10.0.0.1',
    dataSource: '3',
    metric: 'tcp',
    threshold: 12_500_000,
    value: 25_000_000,
    lowerBound: 15_000_000,
    upperBound: 35_000_000,
    error: 0.4,
    values: {},
    isUpdate: false,
    flowKey: '10.1.0.1,10.1.0.2',
    labels: { ipsource: '10.1.0.1', agent: '10.0.0.1', ifindex: '3', acl_action: 'mark' },
    notify: true,
  }
}
