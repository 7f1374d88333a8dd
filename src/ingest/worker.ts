/**
 * An ingest worker: sockets in, engine, messages out. It owns its state alone. Between two chunks of
 * a scrape, and whenever the main thread is slow to ask for the next, datagrams are read.
 */
import type { Socket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { allowedAgents } from '../engine/allowed-agents.ts'
import { Engine } from '../engine/engine.ts'
import { FlowSamples } from '../engine/flow-samples.ts'
import { agentsToName, learn } from '../engine/learned-names.ts'
import { namesOf } from '../engine/name-tables.ts'
import { answer } from '../engine/queries.ts'
import { ChunkSender } from './chunk-sender.ts'
import { Companions } from './companions.ts'
import { createDrain, ownSockets } from './drain.ts'
import { Gather, gatherMsMaxOf, halt } from './gather.ts'
import type { FromWorker, ToWorker, WorkerData } from './messages.ts'
import { reverseLookup } from './reverse-lookup.ts'
import { bindSocket, describeSocket } from './sockets.ts'

const TICK_MS = 1_000
/** So many ticks apart all agents that are asked for names are told, so that those gone are forgotten. */
const RECALL_TICKS = 60
/** Wrapped counters of sources that were not heard of for so long are forgotten. */
const EPOCH_AGE_MS_MAX = 7 * 86_400_000

const data = workerData as WorkerData
const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const { limits, names, allowedAgents: allowed, flowLimits } = data.settings
const companions =
  data.companions &&
  new Companions({
    ...data.companions,
    worker: data.id,
    hashSeed: data.hashSeed,
    definitionsMax: flowLimits.definitions,
    sendSamples: batch => send({ kind: 'samples', batch }, [batch.numbers.buffer]),
  })
const allows = allowedAgents(allowed)
const engine = new Engine({
  limits,
  names: namesOf(names),
  hashSeed: data.hashSeed,
  ...(allows ? { allows } : {}),
  ...companions?.engineOptions,
  // Behind the datagrams that this turn of the event loop brings: up to 32, or what a drain reads.
  later: settle => setImmediate(settle),
})
companions?.connect(engine)
if (data.epochs !== undefined) {
  engine.epochs.memoryOnly = false
  engine.epochs.load(data.epochs, data.nowMs, EPOCH_AGE_MS_MAX)
}

const flows = new FlowSamples(engine, {
  limits: flowLimits,
  seed: data.hashSeed,
  reverse: reverseLookup,
  ...(companions && { taps: companions.taps }),
  onEvent: event => send({ kind: 'event', event }),
})
flows.apply(data.settings.flows)
engine.flows = flows

const sockets: Socket[] = []
const scrapes = new ChunkSender({
  render: allocate => {
    // First the samples, then what this worker counted of them: one cut for both.
    companions?.taps.flush()
    return engine.render(allocate)
  },
  send,
  later: slice => setImmediate(slice),
  now: () => performance.now(),
})

const gather = new Gather({
  isHurried: () => scrapes.busy,
  later: turn => setImmediate(turn),
  wait: halt(),
  nowMs: () => performance.now(),
})

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

const take = companions
  ? (view: DataView, offset: number, length: number, nowMs: number, sender?: string) =>
      companions.receive(view, offset, length, nowMs, sender)
  : (view: DataView, offset: number, length: number, nowMs: number, sender?: string) => {
      engine.receive(view, offset, length, nowMs, sender)
    }

function receive(bytes: Buffer, sender: { address: string }): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  take(view, 0, bytes.byteLength, Date.now(), sender.address)
}

function startReceiving(socket: Socket, before: ReadonlySet<string>): void {
  // A socket reports what ICMP told of others; it goes on.
  socket.on('error', () => {})
  const made =
    data.driver === 'drain'
      ? createDrain(socket, before, (view, offset, length, nowMs) =>
          take(view, offset, length, nowMs),
        )
      : { reason: '' }
  if ('drain' in made) {
    // Once a turn of the event loop: the runtime hands over up to 32 datagrams before it turns.
    let drained = false
    socket.on('message', (bytes, sender) => {
      receive(bytes, sender)
      if (drained) return
      drained = true
      made.drain.run(scrapes.busy)
      setImmediate(() => {
        drained = false
      })
    })
    return
  }
  if (made.reason !== '') send({ kind: 'no-drain', reason: made.reason })
  gather.maxMs = Math.min(gather.maxMs, gatherMsMaxOf(socket.getRecvBufferSize()))
  socket.on('message', (bytes, sender) => {
    receive(bytes, sender)
    gather.took()
  })
}

async function listen(): Promise<void> {
  try {
    for (const address of data.sockets) {
      const before = ownSockets()
      const socket = await bindSocket(address, data)
      sockets.push(socket)
      startReceiving(socket, before)
    }
  } catch (error) {
    for (const socket of sockets) socket.close()
    send({ kind: 'failed', message: (error as Error).message })
    return
  }
  const bound = sockets.map(socket => describeSocket(socket, data.receiveBufferBytes))
  send({ kind: 'listening', sockets: bound })
}

let ticks = 0
const timer = setInterval(() => {
  engine.tick(Date.now())
  companions?.taps.flush()
  ticks += 1
  tellUnnamed(false)
  if (ticks % RECALL_TICKS === 0) tellUnnamed(true)
  const batch = engine.epochs.takeBatch()
  if (batch !== undefined) send({ kind: 'epochs', ...batch })
}, TICK_MS)

function tellUnnamed(all: boolean): void {
  const agents = agentsToName(engine, all)
  if (agents.length > 0) send({ kind: 'unnamed', agents, fresh: !all })
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'scrape':
      scrapes.begin(message.id)
      break
    case 'next':
      scrapes.next(message.id, message.bytes)
      break
    case 'cancel':
      scrapes.cancel(message.id)
      break
    case 'query':
      send({
        kind: 'answer',
        id: message.id,
        answer: answer(engine, message.what, message.argument),
      })
      break
    case 'configure':
      engine.configure({
        limits: message.settings.limits,
        names: namesOf(message.settings.names),
        allows: allowedAgents(message.settings.allowedAgents),
      })
      flows.engine.relimit(message.settings.flowLimits)
      flows.apply(message.settings.flows)
      break
    case 'learn':
      learn(engine, message.agent, message.names)
      break
    case 'recall':
      tellUnnamed(true)
      break
    case 'durable':
      engine.epochs.durable(message.batch)
      break
    case 'disk-lost':
      engine.epochs.giveUpDisk()
      break
    case 'recycle':
      companions?.taps.recycle(message.numbers)
      break
    case 'quiet':
      quiet()
      companions?.quiet()
      send({ kind: 'quiet' })
      break
    case 'stop':
      stop()
      break
  }
})

function quiet(): void {
  engine.settle()
  for (const socket of sockets.splice(0)) socket.close()
}

function stop(): void {
  clearInterval(timer)
  quiet()
  companions?.end()
  const batch = engine.epochs.takeBatch()
  if (batch !== undefined) send({ kind: 'epochs', ...batch })
  send({ kind: 'stopped' })
  port?.close()
}

await listen()
