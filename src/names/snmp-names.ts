/**
 * The main thread's end of asking for names by SNMP: starts the thread when there is somebody to ask,
 * ends it when there is not, starts it anew when it died, and passes names on to the ingest workers.
 */
import { Worker } from 'node:worker_threads'
import type { Log } from '../log.ts'
import type { FromSnmp, ToSnmp } from './messages.ts'
import type { ScheduleStats } from './schedule.ts'
import type { AgentNames, SnmpSettings, WalkFailure } from './settings.ts'

/** What hostile answers can make the thread hold before it is ended and begins anew. */
const MEMORY_MB_MAX = 128
const RESTART_AFTER_MS = 5_000

export interface SnmpNamesOptions {
  readonly log: Log
  /** Names of an agent's interfaces; undefined: none came, and nobody need wait for them. */
  readonly learn: (agent: string, names: AgentNames | undefined) => void
  /** Asks for all agents with interfaces to be told by `seen` soon. */
  readonly recall: () => void
}

export class SnmpNames {
  stats: ScheduleStats | undefined
  /** Times that the thread died. */
  deaths = 0
  readonly #options: SnmpNamesOptions
  #settings: SnmpSettings | undefined
  #thread: Worker | undefined
  #restart: NodeJS.Timeout | undefined
  /** Agents that have failed since they last answered, so that each failure is logged once. */
  readonly #failing = new Map<string, WalkFailure>()

  constructor(options: SnmpNamesOptions) {
    this.#options = options
  }

  /** What a reload says; undefined: nobody is asked. */
  configure(settings: SnmpSettings | undefined): void {
    const same = JSON.stringify(settings) === JSON.stringify(this.#settings)
    this.#settings = settings
    if (same) return
    if (settings === undefined) this.#end()
    else if (this.#thread === undefined) this.#start(settings)
    else {
      this.#send({ kind: 'configure', settings })
      this.#options.recall()
    }
  }

  /** Agents with interfaces, as the ingest workers tell. */
  seen(agents: readonly string[], fresh: boolean): void {
    if (agents.length > 0) this.#send({ kind: 'seen', agents, fresh })
  }

  async close(): Promise<void> {
    this.#settings = undefined
    await this.#end()
  }

  #start(settings: SnmpSettings): void {
    clearTimeout(this.#restart)
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const thread = new Worker(new URL(`./snmp-thread.${extension}`, import.meta.url), {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX },
    })
    this.#thread = thread
    let fault: Error | undefined
    thread.on('message', (message: FromSnmp) => this.#take(message))
    thread.on('error', error => {
      fault = error as Error
    })
    thread.on('exit', () => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      this.deaths += 1
      const reason = fault?.message ?? 'it ended'
      this.#options.log.error({ reason }, 'the snmp thread died: it begins anew')
      this.#restart = setTimeout(() => {
        if (this.#settings !== undefined) this.#start(this.#settings)
      }, RESTART_AFTER_MS)
    })
    this.#options.recall()
  }

  #end(): Promise<unknown> {
    clearTimeout(this.#restart)
    const thread = this.#thread
    this.#thread = undefined
    this.stats = undefined
    this.#failing.clear()
    return thread?.terminate() ?? Promise.resolve()
  }

  #send(message: ToSnmp): void {
    this.#thread?.postMessage(message)
  }

  #take(message: FromSnmp): void {
    const { learn, log } = this.#options
    if (message.kind === 'stats') {
      this.stats = message.stats
      return
    }
    const { agent } = message
    const before = this.#failing.get(agent)
    this.#failing.delete(agent)
    if (message.kind === 'names') {
      if (before !== undefined) log.info({ agent }, 'an agent answers snmp again')
      learn(agent, message.names)
      return
    }
    const { reason } = message
    if (before !== reason) log.warn({ agent, reason }, 'no names of an agent by snmp')
    if (this.#failing.size < (this.#settings?.agentsMax ?? 0)) this.#failing.set(agent, reason)
    learn(agent, undefined)
  }
}
