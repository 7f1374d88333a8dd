/**
 * All ingest workers together: started with one set of settings, asked together, stopped together;
 * and the one file in which they remember wrapped counters.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { LearnedAgent } from '../engine/learned-names.ts'
import type { SmallFamily } from '../engine/render.ts'
import type { ThresholdEvent } from '../flows/events.ts'
import type { FlowSettings } from '../flows/settings.ts'
import type { Log } from '../log.ts'
import { EpochFile } from './epoch-file.ts'
import type { WorkerScrape } from './incoming-scrape.ts'
import { Merging } from './merging.ts'
import type { BoundSocket, EngineSettings, SocketAddress, WorkerData } from './messages.ts'
import { Ownership } from './ownership.ts'
import { WorkerClient } from './worker-client.ts'

export interface WorkersOptions {
  readonly count: number
  readonly sockets: readonly SocketAddress[]
  readonly receiveBufferBytes: number
  readonly driver: 'dgram' | 'drain'
  readonly hashSeed: number
  readonly settings: EngineSettings
  /** Folder for what must survive a restart; undefined: memory only. */
  readonly storagePath: string | undefined
  readonly log: Log
  /** A worker ended by itself: nothing is received any more on its sockets. */
  readonly onDeath: (error: Error) => void
  /** A threshold was crossed. */
  readonly onEvent: (event: ThresholdEvent) => void
  /** Agents to ask for names of interfaces, `fresh` if some of these are new. */
  readonly onUnnamed: (agents: readonly string[], fresh: boolean) => void
}

export class Workers {
  readonly sockets: readonly BoundSocket[]
  /** 1 while wrapped counters are written to disk, 0 when they are in memory only. */
  durable: boolean
  readonly count: number
  readonly #clients: readonly WorkerClient[]
  readonly #file: EpochFile | undefined
  /** Undefined: there is one worker, which counts everything. */
  readonly #merging: Merging | undefined
  #settings: EngineSettings

  private constructor(
    clients: readonly WorkerClient[],
    sockets: readonly BoundSocket[],
    file: EpochFile | undefined,
    merging: Merging | undefined,
    settings: EngineSettings,
  ) {
    this.#merging = merging
    this.#settings = settings
    this.#clients = clients
    this.count = clients.length
    this.sockets = sockets
    this.#file = file
    this.durable = file !== undefined
  }

  /** Rejects with one line if a socket cannot be bound. */
  static async start(options: WorkersOptions): Promise<Workers> {
    const { count, hashSeed, settings, log } = options
    const file = await openFile(options)
    const merging = count > 1 ? new Merging(settings, count, hashSeed, options.onEvent) : undefined
    const clients: WorkerClient[] = []
    const sockets: BoundSocket[] = []
    const companions = companionsOf(count, settings)
    const starting: { workers?: Workers } = {}
    try {
      for (let id = 0; id < count; id++) {
        const data = {
          ...commonData(options, file),
          id,
          // A free port asked for by the first is the port of the others.
          sockets: id === 0 ? options.sockets : samePorts(options.sockets, sockets),
          companions: companions[id],
          settings: merging?.settingsOf(settings, id) ?? settings,
        }
        const started = await WorkerClient.start(data, {
          epochs: (batch, text) => starting.workers?.remember(id, batch, text, log),
          event: options.onEvent,
          unnamed: options.onUnnamed,
          samples: batch => {
            merging?.take(id, batch)
            clients[id]?.recycle(batch)
          },
          noDrain: reason => {
            log.warn({ reason }, 'the drain driver does not work here: dgram is used')
          },
          died: options.onDeath,
        })
        clients.push(started.client)
        sockets.push(...started.sockets)
      }
    } catch (error) {
      merging?.close()
      await Promise.all(clients.map(client => client.stop()))
      throw error
    }
    starting.workers = new Workers(clients, sockets, file, merging, settings)
    return starting.workers
  }

  scrape(): Promise<WorkerScrape[]> {
    return Promise.all(this.#clients.map(client => client.scrape()))
  }

  /** Families of what is counted for all workers together; after `scrape`, to be of the same moment. */
  families(): SmallFamily[] {
    return this.#merging?.families() ?? []
  }

  /** The answers of all workers, in a row; one, if the main thread counts what is asked for. */
  async query(what: string, argument?: unknown): Promise<unknown[]> {
    const merged = this.#merging?.answer(what, argument)
    if (merged !== undefined) return [merged]
    const asked = this.#merging?.question(what, argument) ?? argument
    return Promise.all(this.#clients.map(client => client.query(what, asked)))
  }

  /** What the API changed; the rest of the settings stays. */
  configureFlows(flows: FlowSettings): void {
    this.configure({ ...this.#settings, flows })
  }

  configure(settings: EngineSettings): void {
    this.#settings = settings
    this.#merging?.configure(settings)
    this.#clients.forEach((client, id) => {
      const own = this.#merging?.settingsOf(settings, id) ?? settings
      client.tell({ kind: 'configure', settings: own })
    })
  }

  /** What an agent answered when it was asked for names; undefined: nothing. */
  learn(agent: string, names: LearnedAgent | undefined): void {
    for (const client of this.#clients) client.tell({ kind: 'learn', agent, names })
  }

  /** Lets all agents that are to be asked for names be told soon. */
  recallUnnamed(): void {
    for (const client of this.#clients) client.tell({ kind: 'recall' })
  }

  async stop(): Promise<void> {
    // First none receives any more, then each takes what the others have sent to it.
    if (this.count > 1) await Promise.all(this.#clients.map(client => client.quiet()))
    await Promise.all(this.#clients.map(client => client.stop()))
    this.#merging?.close()
    await this.#file?.close().catch(() => {})
  }

  private remember(id: number, batch: number, text: string, log: Log): void {
    if (this.#file === undefined || !this.durable) return
    this.#file.append(text).then(
      () => this.#clients[id]?.tell({ kind: 'durable', batch }),
      error => this.#loseDisk(error as Error, log),
    )
  }

  #loseDisk(error: Error, log: Log): void {
    if (!this.durable) return
    this.durable = false
    log.warn({ reason: error.message }, 'wrapped counters cannot be written: kept in memory only')
    for (const client of this.#clients) client.tell({ kind: 'disk-lost' })
  }
}

/** What is the same for all workers. */
function commonData(
  { count, receiveBufferBytes, driver, hashSeed }: WorkersOptions,
  file: EpochFile | undefined,
) {
  const reusePort = count > 1
  return { reusePort, receiveBufferBytes, driver, hashSeed, epochs: file?.text, nowMs: Date.now() }
}

/** For each of several workers who owns which agent, and a way to each other one. */
function companionsOf(count: number, { limits }: EngineSettings): WorkerData['companions'][] {
  if (count === 1) return [undefined]
  const owners = Ownership.memory(limits.agents.max)
  const ports = Array.from({ length: count }, () => new Map<number, MessagePort>())
  for (let one = 0; one < count; one++) {
    for (let other = one + 1; other < count; other++) {
      const { port1, port2 } = new MessageChannel()
      ports[one]?.set(other, port1)
      ports[other]?.set(one, port2)
    }
  }
  return ports.map(own => ({ owners, ports: own }))
}

async function openFile({ storagePath, log }: WorkersOptions): Promise<EpochFile | undefined> {
  if (storagePath === undefined) return undefined
  try {
    return await EpochFile.open(storagePath)
  } catch (error) {
    const reason = (error as Error).message
    log.warn(
      { path: storagePath, reason },
      'storage cannot be written: wrapped counters are kept in memory only',
    )
    return undefined
  }
}

function samePorts(
  asked: readonly SocketAddress[],
  bound: readonly BoundSocket[],
): SocketAddress[] {
  return asked.map(({ host }, index) => ({ host, port: bound[index]?.port ?? 0 }))
}
