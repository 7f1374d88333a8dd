/** Wires flows: definitions of file and API, events on their way to the ring and to receivers. */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { GROUPS_MAX, MAPS_MAX, parseGroup, parseMap } from '../config/groups.ts'
import type { Config } from '../config/schema.ts'
import { describeThreshold, metricFault, parseThreshold } from '../config/thresholds.ts'
import { parseTopology } from '../config/topology.ts'
import { EventRing, type ThresholdEvent } from '../flows/events.ts'
import { FlowBook } from '../flows/flow-book.ts'
import type { ActiveFlow } from '../flows/queries.ts'
import type { Entries } from '../flows/settings-layers.ts'
import type { Workers } from '../ingest/workers.ts'
import type { Log } from '../log.ts'
import { ALERTMANAGER_FORMAT, type AlertFormat, CONTROLLER_FORMAT } from '../notify/formats.ts'
import { Notifier } from '../notify/notifier.ts'
import { NOTIFY_LIMITS, Receiver } from '../notify/receiver.ts'
import { transportTo } from './controller-clients.ts'
import { flowSettings } from './flow-settings.ts'

const CONNECTIONS_MAX = 2

export class BridgeEvents {
  readonly ring: EventRing
  readonly notifier: Notifier
  readonly #externalUrl: string
  readonly #log: Log

  constructor(config: Config, externalUrl: string, log: Log) {
    this.#externalUrl = externalUrl
    this.#log = log
    this.ring = new EventRing(config.limits.events)
    this.notifier = new Notifier()
    this.configure(config)
  }

  /** Receivers that stay as they are keep what they have to tell; new ones learn what holds now. */
  configure({ notify, limits }: Config): void {
    this.ring.resize(limits.events)
    const wanted = FORMATS.flatMap(([name, format]) =>
      notify[name].map(endpoint => {
        const make = () => receiverOf(name, format, endpoint, this.#externalUrl, this.#log)
        return { text: JSON.stringify([name, endpoint]), make }
      }),
    )
    this.notifier.configure(wanted)
  }

  take(event: ThresholdEvent): void {
    this.ring.add(event)
    this.notifier.take(event)
  }
}

const FORMATS = [
  ['alertmanager', ALERTMANAGER_FORMAT],
  ['controller', CONTROLLER_FORMAT],
] as const

function receiverOf(
  name: string,
  format: AlertFormat,
  endpoint: Config['notify']['alertmanager'][number],
  externalUrl: string,
  log: Log,
): Receiver {
  return new Receiver({
    ...NOTIFY_LIMITS,
    name,
    url: endpoint.url,
    format,
    transport: transportTo(endpoint, CONNECTIONS_MAX),
    clock: {
      now: Date.now,
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs)
        return () => clearTimeout(timer)
      },
    },
    externalUrl,
    onFailure: reason =>
      log.warn({ receiver: name, url: endpoint.url, reason }, 'an event was not taken'),
  })
}

/** Where definitions that came over the API and were to be durable are kept. */
export class FlowFile {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What stands there, undefined if there is nothing. A file that is no JSON is put aside. */
  async read(log: Log): Promise<unknown> {
    const path = join(this.#folder, 'flows.json')
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        log.warn({ path, reason: message }, 'stored flows cannot be read')
      return undefined
    }
    try {
      return JSON.parse(text) as unknown
    } catch (error) {
      const kept = `${path}.bad`
      await rename(path, kept).catch(() => {})
      log.warn({ path, kept, reason: (error as Error).message }, 'stored flows are no JSON')
      return undefined
    }
  }

  async write(entries: Entries): Promise<void> {
    const path = join(this.#folder, 'flows.json')
    await mkdir(this.#folder).catch(() => {})
    const file = await open(`${path}.new`, 'w')
    try {
      await file.writeFile(JSON.stringify(entries, undefined, 2))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  }
}

export function createFlowBook(
  config: Config,
  workers: Workers,
  events: EventRing,
  file: FlowFile,
  stored: unknown,
  log: Log,
): FlowBook {
  const { limits } = config
  const answers = <T>(what: string, argument: unknown) =>
    workers.query(what, argument) as Promise<readonly (T | undefined)[]>
  return new FlowBook(
    {
      host: {
        configure: async settings => workers.configureFlows(settings),
        activeFlows: (name, query) =>
          answers<readonly ActiveFlow[]>('activeflows', { name, query }),
        flowValue: query => answers<number>('flowvalue', query),
      },
      parsers: {
        threshold: parseThreshold,
        group: parseGroup,
        map: parseMap,
        topology: parseTopology,
        metricFault,
      },
      describeThreshold,
      events,
      limits: {
        flows: limits.flow_definitions,
        liveFlows: limits.flows,
        thresholds: limits.thresholds,
        groups: GROUPS_MAX,
        maps: MAPS_MAX,
      },
      onSkipped: ({ kind, name, message }) =>
        log.warn({ kind, name, reason: message }, 'an entry of the api is not in force'),
      persist: entries => file.write(entries),
    },
    flowSettings(config),
    stored,
  )
}
