/** The stack with a simulated network whose truth is known at each scrape of the bridge. */
import { setTimeout as after } from 'node:timers/promises'
import { parseTarget } from '../../src/commands/sending.ts'
import { openUdpSender, type SenderCounts } from '../../src/ingest/sender.ts'
import {
  type Simulation,
  type SimulationOptions,
  STEP_MS,
  simulate,
} from '../../src/simulate/simulate.ts'
import { Pace } from './pace.ts'
import { ScrapeGate } from './scrape-gate.ts'
import { sendPaced } from './send-paced.ts'
import { Stack } from './stack.ts'
import { pictureOf, type Scrape } from './truth-view.ts'
import { Turns } from './turns.ts'

const ASK_AGAIN_MS = 200
/** `limits.flow_hold` */
export const FLOW_HOLD_SECONDS = 5
/** Of a flow definition that names none. */
export const SMOOTHING_SECONDS = 2

export class MeasuredStack {
  readonly #simulation: Simulation
  readonly #stack: Stack
  readonly #turns = new Turns()
  readonly #stop = new AbortController()
  #gate: ScrapeGate | undefined
  #prometheus = ''
  #counts: Pick<SenderCounts, 'sent' | 'sentBytes'> = { sent: 0, sentBytes: 0 }
  #simulated = 0
  readonly #pace = new Pace(SMOOTHING_SECONDS)
  #sending: Promise<void> = Promise.resolve()

  constructor(options: Partial<SimulationOptions>) {
    this.#simulation = simulate({ ...options, keepTruth: true })
    const { fabric } = this.#simulation
    const scrapedAt = (bridge: string) => {
      const picture = () => {
        const times = { simulated: this.#simulated, pace: this.#pace.latest }
        return pictureOf(this.#simulation, times, this.#counts)
      }
      this.#gate = new ScrapeGate({ bridge, turns: this.#turns, picture })
      return this.#gate.listen()
    }
    this.#stack = new Stack({
      everySeconds: 2,
      flowHold: `${FLOW_HOLD_SECONDS}s`,
      fabric,
      scrapedAt,
    })
  }

  /** In seconds of the simulation, which is slower than the clock where the machine is. */
  get simulated(): number {
    return this.#simulated
  }

  /** The address of Prometheus. */
  async start(): Promise<string> {
    const { sflow, prometheus } = await this.#stack.start()
    this.#prometheus = prometheus
    const { host, port } = parseTarget('to', sflow)
    const sender = await openUdpSender(host, port)
    this.#counts = sender.counts
    this.#sending = sendPaced(this.#simulation, {
      sender,
      signal: this.#stop.signal,
      turns: this.#turns,
      passed: seconds => {
        this.#simulated = seconds
        this.#pace.step(STEP_MS, performance.now())
      },
    }).finally(() => sender.close())
    return prometheus
  }

  /** All up to the first after so many seconds of the simulation, once Prometheus has it. */
  async scrapesUntil(seconds: number): Promise<readonly Scrape[]> {
    for (;;) {
      const scrapes = (await this.#gate?.scrapes(this.#prometheus)) ?? []
      const last = scrapes.findIndex(({ picture }) => picture.simulated >= seconds)
      if (last >= 0) return scrapes.slice(0, last + 1)
      await after(ASK_AGAIN_MS)
    }
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await this.#sending
    await this.#stack.end()
    await this.#gate?.close()
  }
}
