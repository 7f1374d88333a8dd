/** What a receiver of alerts is sent, and what becomes of it when it is away: clock and server by hand. */
import test from 'ava'
import { narrowWebhook } from '../../src/acl/controller/webhook.ts'
import type { ThresholdEvent } from '../../src/flows/events.ts'
import { ALERTMANAGER_FORMAT, CONTROLLER_FORMAT } from '../../src/notify/formats.ts'
import { Notifier } from '../../src/notify/notifier.ts'
import { Receiver, type ReceiverOptions } from '../../src/notify/receiver.ts'

type Reply = { readonly status: number } | { readonly unreachable: string }

function event(changes: Partial<ThresholdEvent> = {}): ThresholdEvent {
  return {
    timestamp: 1_000_000,
    thresholdID: 'elephant',
    status: 'firing',
    crossing: 'elephant/1',
    startedAt: 1_000_000,
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
    flowKey: '10.1.0.1,10.1.0.2,1024,5001',
    labels: { ipsource: '10.1.0.1', agent: '10.0.0.1', ifindex: '3', acl_action: 'mark', note: '' },
    notify: true,
    ...changes,
  }
}

const resolved = (changes: Partial<ThresholdEvent> = {}) =>
  event({ status: 'resolved', timestamp: 1_010_000, ...changes })

/** A clock whose timers run when told, and a server that answers what it is told to. */
class Scene {
  nowMs = 1_000_000
  readonly bodies: unknown[] = []
  readonly failures: string[] = []
  reply: Reply = { status: 200 }
  closed = false
  readonly #timers = new Map<number, { readonly atMs: number; readonly task: () => void }>()
  #timerCount = 0
  /** Set, requests wait until it is called. */
  #gate: PromiseWithResolvers<void> | undefined
  readonly receiver: Receiver

  constructor(changes: Partial<ReceiverOptions> = {}) {
    this.receiver = new Receiver({
      name: 'alertmanager',
      url: 'http://127.0.0.1:9093',
      format: ALERTMANAGER_FORMAT,
      clock: { now: () => this.nowMs, after: (delayMs, task) => this.#after(delayMs, task) },
      transport: {
        request: async (_method, path, body) => {
          this.bodies.push({ path, body })
          await this.#gate?.promise
          return this.reply
        },
        close: async () => {
          this.closed = true
        },
      },
      externalUrl: 'http://bridge:16343/',
      alertsMax: 100,
      resendMs: 20_000,
      onFailure: reason => this.failures.push(reason),
      ...changes,
    })
  }

  hold(): () => void {
    const gate = Promise.withResolvers<void>()
    this.#gate = gate
    return () => {
      this.#gate = undefined
      gate.resolve()
    }
  }

  /** Lets everything that is ready run. */
  async settle(): Promise<this> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    return this
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a[1].atMs - b[1].atMs)[0]
      if (next === undefined || next[1].atMs > untilMs) break
      this.#timers.delete(next[0])
      this.nowMs = next[1].atMs
      next[1].task()
      await this.settle()
    }
    this.nowMs = untilMs
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of two shapes
  body(at: number): any {
    return (this.bodies.at(at) as { body: unknown } | undefined)?.body
  }

  #after(delayMs: number, task: () => void): () => void {
    const id = ++this.#timerCount
    this.#timers.set(id, { atMs: this.nowMs + delayMs, task })
    return () => this.#timers.delete(id)
  }
}

test('Alertmanager gets the labels, the numbers, and an end that lies ahead', async t => {
  const scene = new Scene()
  scene.receiver.take(event())
  await scene.settle()
  t.like(scene.bodies[0], { path: '/api/v2/alerts' })
  const [alert] = scene.body(0)
  t.deepEqual(alert.labels, {
    alertname: 'elephant',
    ipsource: '10.1.0.1',
    agent: '10.0.0.1',
    ifindex: '3',
    acl_action: 'mark',
  })
  t.is(alert.annotations.value, '25000000')
  t.is(alert.annotations.lower_bound, '15000000')
  t.is(alert.annotations.threshold, '12500000')
  t.regex(alert.annotations.summary, /^tcp: .* reached 12500000: 25000000 \(/)
  t.is(Date.parse(alert.startsAt), 1_000_000)
  t.is(Date.parse(alert.endsAt), 1_080_000)
  t.is(scene.receiver.sent, 1)
  t.is(scene.receiver.pending, 0)
})

test('a firing alert is sent again before it expires, a resolved one once', async t => {
  const scene = new Scene()
  scene.receiver.take(event())
  await scene.settle()
  await scene.advance(60_000)
  t.is(scene.bodies.length, 4)
  scene.receiver.take(resolved({ timestamp: scene.nowMs }))
  await scene.settle()
  t.is(Date.parse(scene.body(-1)[0].endsAt), scene.nowMs)
  await scene.advance(120_000)
  t.is(scene.bodies.length, 5)
})

test('while the receiver is away the waits grow up to a cap, and then it learns what holds', async t => {
  const scene = new Scene()
  scene.reply = { unreachable: 'ECONNREFUSED' }
  scene.receiver.take(event())
  await scene.settle()
  await scene.advance(1_000)
  // At 0, 100, 300, 700 ms.
  t.is(scene.bodies.length, 4)
  scene.receiver.take(resolved())
  scene.receiver.take(event({ labels: { ipsource: '10.9.9.9' } }))
  await scene.advance(15_000)
  const tries = scene.bodies.length
  t.true(tries < 12, `${tries}`)
  scene.reply = { status: 200 }
  await scene.advance(10_000)
  t.is(scene.body(-1).length, 2)
  t.is(scene.receiver.pending, 0)
  t.is(scene.receiver.sent, 2)
  t.is(scene.receiver.failures, tries)
  t.is(scene.failures[0], 'ECONNREFUSED')
})

test('an answer of 500 is tried again, one of 400 is given up', async t => {
  const scene = new Scene()
  scene.reply = { status: 500 }
  scene.receiver.take(event())
  await scene.settle()
  t.is(scene.receiver.pending, 1)
  scene.reply = { status: 400 }
  await scene.advance(1_000)
  t.deepEqual([scene.receiver.pending, scene.receiver.rejected], [0, 1])
})

test('what changes while it is under way is sent after it', async t => {
  const scene = new Scene()
  const release = scene.hold()
  scene.receiver.take(event())
  await scene.settle()
  scene.receiver.take(resolved())
  await scene.settle()
  t.is(scene.bodies.length, 1)
  release()
  await scene.settle()
  t.is(scene.bodies.length, 2)
  t.is(Date.parse(scene.body(1)[0].endsAt), 1_010_000)
  t.is(scene.receiver.pending, 0)
})

test('no more alerts than the limit are remembered, and the rest is counted', async t => {
  const scene = new Scene({ alertsMax: 10 })
  for (let port = 0; port < 25; port++) {
    scene.receiver.take(event({ labels: { port: String(port) } }))
  }
  await scene.settle()
  t.is(scene.receiver.refused, 15)
  t.is(scene.receiver.sent, 10)
})

test('five hundred alerts at most go into one request', async t => {
  const scene = new Scene({ alertsMax: 2_000 })
  const release = scene.hold()
  for (let port = 0; port < 1_201; port++) {
    scene.receiver.take(event({ labels: { port: String(port) } }))
  }
  release()
  await scene.settle()
  t.is(scene.receiver.sent, 1_201)
  t.true(scene.bodies.every((_, at) => scene.body(at).length <= 500))
})

test('the controller gets a webhook that it reads as the bridge’s, with all numbers', async t => {
  const scene = new Scene({ format: CONTROLLER_FORMAT })
  scene.receiver.take(event())
  await scene.settle()
  t.like(scene.bodies[0], { path: '/api/v1/alerts' })
  const read = narrowWebhook(JSON.parse(JSON.stringify(scene.body(0))))
  t.true(read.ok)
  if (!read.ok) return
  const [alert] = read.value.alerts
  t.is(alert?.origin, 'bridge')
  t.is(alert?.status, 'firing')
  t.is(alert?.startsAtMs, 1_000_000)
  t.is(alert?.labels.acl_action, 'mark')
  t.like(alert?.numbers, { value: 25_000_000, lower: 15_000_000, threshold: 12_500_000 })
  scene.receiver.take(resolved())
  await scene.settle()
  const end = narrowWebhook(JSON.parse(JSON.stringify(scene.body(1))))
  t.true(end.ok && end.value.alerts[0]?.status === 'resolved')
  t.is(end.ok && end.value.alerts[0]?.key, alert?.key)
})

test('the controller is not told of what asks for no action, and nobody of what is not to be told', async t => {
  const controller = new Scene({ format: CONTROLLER_FORMAT })
  controller.receiver.take(event({ labels: {} }))
  const alertmanager = new Scene()
  alertmanager.receiver.take(event({ notify: false }))
  await controller.settle()
  t.deepEqual([controller.bodies, alertmanager.bodies], [[], []])
})

test('closing waits for what is under way and ends all timers', async t => {
  const scene = new Scene()
  const release = scene.hold()
  scene.receiver.take(event())
  await scene.settle()
  const closing = scene.receiver.close()
  release()
  await closing
  t.true(scene.closed)
  await scene.advance(100_000)
  t.is(scene.bodies.length, 1)
})

test('all receivers are told, and each has its metrics', async t => {
  const scenes = [new Scene(), new Scene({ name: 'controller', format: CONTROLLER_FORMAT })]
  const notifier = new Notifier()
  notifier.configure(wanted(scenes))
  notifier.take(event())
  for (const scene of scenes) await scene.settle()
  const [sent] = notifier.families()
  t.is(sent?.name, 'sflow_bridge_notifications_sent_total')
  t.deepEqual(sent?.lines, [
    { labels: 'receiver="alertmanager",url="http://127.0.0.1:9093"', value: 1 },
    { labels: 'receiver="controller",url="http://127.0.0.1:9093"', value: 1 },
  ])
  await notifier.close()
})

const wanted = (scenes: readonly Scene[]) =>
  scenes.map(({ receiver }) => ({ text: receiver.name, make: () => receiver }))

test('after a reload receivers go, stay, and come to know what fires', async t => {
  const [gone, stays, fresh] = ['gone', 'stays', 'fresh'].map(name => new Scene({ name }))
  if (gone === undefined || stays === undefined || fresh === undefined) return t.fail()
  const notifier = new Notifier()
  notifier.configure(wanted([gone, stays]))
  notifier.take(event())
  await stays.settle()
  notifier.configure(wanted([fresh, stays]))
  for (const scene of [gone, fresh]) await scene.settle()
  t.deepEqual([gone.closed, stays.closed], [true, false])
  t.deepEqual([stays.bodies.length, fresh.bodies.length], [1, 1])
  await notifier.close()
})
