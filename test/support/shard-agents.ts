/**
 * Agents with a truth: each has one port whose counter grows by a known number of bytes a second, and
 * packet samples that stand for as many. Ten datagrams a second each, from an address of its own.
 */
import { createSocket, type Socket } from 'node:dgram'
import { portDatagram } from './datagrams.ts'
import { FRAME, flowDatagram } from './flow-datagrams.ts'

export const AGENTS = 12
/** Ten samples a second of frames that stand for `samplingRate` others. */
const SAMPLES_PER_SECOND = 10
export const AGENT_BYTES_PER_SECOND = SAMPLES_PER_SECOND * FRAME.length * FRAME.samplingRate
/** Counters of real switches have counted for long. */
const COUNTED_BEFORE = 4_000_000_000_000

interface Agent {
  readonly address: string
  readonly socket: Socket
  sequence: number
  samples: number
  counters: number
}

export class ShardAgents {
  readonly #port: number
  readonly #agents: Agent[] = []
  #beganMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(port: number) {
    this.#port = port
  }

  async start(): Promise<void> {
    for (let index = 1; index <= AGENTS; index++) {
      const socket = createSocket('udp4')
      await new Promise<void>(resolve => socket.bind(0, `127.0.6.${index}`, resolve))
      socket.on('error', () => {})
      const address = `10.60.0.${index}`
      this.#agents.push({ address, socket, sequence: 0, samples: 0, counters: 0 })
    }
    this.#beganMs = Date.now()
    this.#timer = setInterval(() => this.#send(), 1_000 / SAMPLES_PER_SECOND)
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(
      this.#agents.map(({ socket }) => new Promise<void>(done => socket.close(done))),
    )
  }

  /** What is due: a late timer sends more at once. Counters go each second. */
  #send(): void {
    const passedMs = Date.now() - this.#beganMs
    const due = Math.floor((passedMs / 1_000) * SAMPLES_PER_SECOND)
    for (const agent of this.#agents) {
      while (agent.samples < due) {
        agent.samples += 1
        this.#datagram(agent, sent => flowDatagram({ ...sent, input: 1, destination: '10.9.0.9' }))
      }
      if (agent.counters < Math.floor(passedMs / 1_000)) {
        agent.counters = Math.floor(passedMs / 1_000)
        const ifInOctets = COUNTED_BEFORE + Math.round((passedMs / 1_000) * AGENT_BYTES_PER_SECOND)
        this.#datagram(agent, sent => {
          return portDatagram(sent, { ifInOctets, sampleSequence: agent.counters })
        })
      }
    }
  }

  #datagram(
    agent: Agent,
    make: (sent: { agent: string; sequence: number; uptimeMs: number }) => Uint8Array,
  ): void {
    agent.sequence += 1
    const uptimeMs = 1_000_000 + Date.now() - this.#beganMs
    const bytes = make({ agent: agent.address, sequence: agent.sequence, uptimeMs })
    agent.socket.send(bytes, this.#port, '127.0.0.1')
  }
}
