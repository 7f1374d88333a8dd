/**
 * A thread that sends datagrams of some agents at a steady rate until it is told to stop, then says
 * how many. Each datagram holds counters of a port, which stay, or, every other time, a packet sample.
 */
import { createSocket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { portDatagram } from '../support/datagrams.ts'
import { flowDatagram } from '../support/flow-datagrams.ts'

export interface PacedSenderData {
  readonly port: number
  readonly agents: number
  readonly perSecond: number
}

const SEQUENCE_OFFSET = 16
const UPTIME_OFFSET = 20
const TICK_MS = 2
const BURST_MS = 10

const { port, agents, perSecond } = workerData as PacedSenderData
const address = (agent: number) => `10.0.0.${agent + 1}`
const counters = Array.from({ length: agents }, (_, agent) =>
  Buffer.from(
    portDatagram(
      { agent: address(agent), sequence: 0, uptimeMs: 0 },
      { ifInOctets: 1_000 + agent },
    ),
  ),
)
const packets = Array.from({ length: agents }, (_, agent) =>
  Buffer.from(flowDatagram({ agent: address(agent), sequence: 0, uptimeMs: 0, input: 1 })),
)
const socket = createSocket('udp4')
let sent = 0
let accepted = 0
let stopping = false

parentPort?.on('message', () => {
  stopping = true
})

socket.connect(port, '127.0.0.1', () => {
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAt
    if (stopping) {
      clearInterval(timer)
      finish()
      return
    }
    // After a pause of this thread the rate is caught up with in small steps, never in one burst.
    const due = Math.min((elapsedMs * perSecond) / 1_000 - sent, (BURST_MS * perSecond) / 1_000)
    for (let i = 0; i < due; i++, sent++) send(elapsedMs)
  }, TICK_MS)
})

function send(elapsedMs: number): void {
  const round = Math.floor(sent / agents)
  const templates = round % 2 === 0 ? counters : packets
  const bytes = Buffer.from(templates[sent % agents] as Buffer)
  bytes.writeUInt32BE(round + 1, SEQUENCE_OFFSET)
  bytes.writeUInt32BE(Math.floor(elapsedMs), UPTIME_OFFSET)
  socket.send(bytes, error => {
    if (error === null) accepted += 1
    if (stopping && accepted === sent) finish()
  })
}

function finish(): void {
  if (accepted < sent) return
  parentPort?.postMessage(sent)
  socket.close()
  parentPort?.close()
}
