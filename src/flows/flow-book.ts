/**
 * Definitions, thresholds, groups and maps, in two layers: what the configuration file says, and on
 * top of it what came over the API. A reload replaces the first and keeps the second. What is put is
 * compiled here first, so that the engines are only ever given what they will take.
 */
import type { ApiKind, ApiReply, FlowApi, FlowValueQuery } from './api.ts'
import { compileFlow } from './compile-flow.ts'
import type { EventQuery, EventRing, NumberedEvent } from './events.ts'
import { FlowContext } from './functions/context.ts'
import { type GroupContent, Groups } from './functions/groups.ts'
import { type MapContent, Maps } from './functions/maps.ts'
import { FLOW_KEYS } from './keys/table.ts'
import type { ActiveFlow, ActiveFlowQuery } from './queries.ts'
import { type FlowSettings, NO_SETTINGS } from './settings.ts'
import { metricPart } from './table-families.ts'
import { type ThresholdDefinition, thresholdFault } from './threshold.ts'

/** The engines, wherever they run. */
export interface FlowHost {
  configure(settings: FlowSettings): Promise<void>
  /** One answer an engine; undefined from one that has no such definition. */
  activeFlows(
    name: string,
    query: ActiveFlowQuery,
  ): Promise<readonly (readonly ActiveFlow[] | undefined)[]>
  flowValue(query: FlowValueQuery): Promise<readonly (number | undefined)[]>
}

/** Checks of the configuration's schema, which is not ours to import. */
export interface FlowParsers {
  threshold(
    name: string,
    body: unknown,
  ): { readonly threshold: ThresholdDefinition } | { readonly fault: string }
  group(name: string, body: unknown): { readonly group: GroupContent } | { readonly fault: string }
  map(name: string, body: unknown): { readonly map: MapContent } | { readonly fault: string }
}

export interface FlowBookOptions {
  readonly host: FlowHost
  readonly parsers: FlowParsers
  readonly events: EventRing
  readonly limits: Readonly<Record<ApiKind, number>>
  /** Writes the durable part of the API's layer; absent: there is no disk. Rejects if it fails. */
  readonly persist?: (durable: FlowSettings) => Promise<void>
}

type Layer = { [Kind in ApiKind]: Record<string, unknown> }

// No leading __: a name is a key of plain objects, and __proto__ is none.
const NAME = /^(?!__)[A-Za-z_][A-Za-z0-9_-]{0,63}$/

export class FlowBook implements FlowApi {
  readonly #options: FlowBookOptions
  #file: FlowSettings
  #added: FlowSettings
  /** Names that were put to be durable. */
  #durable: FlowSettings
  /** Names of the file that the API has removed, until the next reload. */
  #removed = new Set<string>()

  /** `durable` is what an earlier run persisted. */
  constructor(options: FlowBookOptions, file: FlowSettings, durable: FlowSettings = NO_SETTINGS) {
    this.#options = options
    this.#file = file
    this.#added = durable
    this.#durable = durable
  }

  get settings(): FlowSettings {
    const effective = emptyLayer()
    for (const kind of KINDS) {
      for (const [name, value] of Object.entries(this.#file[kind])) {
        if (!this.#removed.has(`${kind}/${name}`)) effective[kind][name] = value
      }
      Object.assign(effective[kind], this.#added[kind])
    }
    // What the API does not change, such as the topology, is as the file has it.
    return { ...this.#file, ...effective } as unknown as FlowSettings
  }

  /** The file was read anew. */
  async reload(file: FlowSettings): Promise<void> {
    this.#file = file
    this.#removed = new Set()
    await this.#options.host.configure(this.settings)
  }

  list(kind: ApiKind): Readonly<Record<string, unknown>> {
    return this.settings[kind]
  }

  get(kind: ApiKind, name: string): ApiReply {
    const all = this.list(kind)
    return Object.hasOwn(all, name) ? { ok: true, value: all[name] } : notFound(kind, name)
  }

  async put(
    kind: ApiKind,
    name: string,
    body: unknown,
    durable: boolean,
  ): Promise<ApiReply<boolean>> {
    if (!NAME.test(name)) return invalid('a name has 1 to 64 letters, digits, _ and -')
    const checked = this.#check(kind, name, body)
    if (!checked.ok) return checked
    const all = this.list(kind)
    const isNew = !Object.hasOwn(all, name)
    const max = this.#options.limits[kind]
    if (isNew && Object.keys(all).length >= max) {
      return { ok: false, reason: 'too_many', message: `there are ${max} ${kind} already` }
    }
    const fault = kind === 'flows' ? this.#faultOfThresholds(name, checked.value) : undefined
    if (fault !== undefined) return { ok: false, reason: 'in_use', message: fault }
    const kept = durable ? withEntry(this.#durable, kind, name, checked.value) : this.#durable
    const persisted = await this.#persist(kept)
    if (!persisted.ok) return persisted
    this.#added = withEntry(this.#added, kind, name, checked.value)
    await this.#options.host.configure(this.settings)
    return { ok: true, value: isNew }
  }

  async remove(kind: ApiKind, name: string): Promise<ApiReply<boolean>> {
    if (!Object.hasOwn(this.list(kind), name)) return notFound(kind, name)
    const user = this.#userOf(kind, name)
    if (user !== undefined) {
      return { ok: false, reason: 'in_use', message: `${user} uses ${name}: remove that first` }
    }
    const persisted = await this.#persist(withoutEntry(this.#durable, kind, name))
    if (!persisted.ok) return persisted
    this.#added = withoutEntry(this.#added, kind, name)
    this.#removed.add(`${kind}/${name}`)
    await this.#options.host.configure(this.settings)
    return { ok: true, value: true }
  }

  flowKeys(): readonly unknown[] {
    return FLOW_KEYS.map(({ name, group, help }) => ({ name, group, help }))
  }

  async activeFlows(
    name: string,
    query: ActiveFlowQuery,
  ): Promise<ApiReply<readonly ActiveFlow[]>> {
    if (!Object.hasOwn(this.settings.flows, name)) return notFound('flows', name)
    const answers = await this.#options.host.activeFlows(name, query)
    // An agent belongs to one engine; a flow of several agents may come from several.
    const flows = answers.flatMap(answer => answer ?? [])
    flows.sort((a, b) => b.value - a.value)
    return { ok: true, value: flows.slice(0, query.max) }
  }

  async flowValue(query: FlowValueQuery): Promise<ApiReply<number>> {
    if (!Object.hasOwn(this.settings.flows, query.name)) return notFound('flows', query.name)
    const answers = await this.#options.host.flowValue(query)
    return { ok: true, value: Math.max(0, ...answers.map(answer => answer ?? 0)) }
  }

  async events(query: EventQuery, signal: AbortSignal): Promise<readonly NumberedEvent[]> {
    const aborted = new Promise<void>(resolve => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    for (;;) {
      const events = this.#options.events.after(query)
      if (events.length > 0 || signal.aborted) return events
      await Promise.race([this.#options.events.next(), aborted])
    }
  }

  #check(kind: ApiKind, name: string, body: unknown): ApiReply {
    const { parsers } = this.#options
    if (kind === 'flows') return this.#checkFlow(name, body)
    if (kind === 'thresholds') {
      const read = parsers.threshold(name, body)
      if ('fault' in read) return invalid(read.fault)
      const fault = thresholdFault(read.threshold, this.#byOf(read.threshold.flow))
      return fault === undefined ? { ok: true, value: read.threshold } : invalid(fault)
    }
    const read = kind === 'groups' ? parsers.group(name, body) : parsers.map(name, body)
    if ('fault' in read) return invalid(read.fault)
    return { ok: true, value: 'group' in read ? read.group : read.map }
  }

  #checkFlow(name: string, body: unknown): ApiReply {
    const given = typeof body === 'object' && body !== null ? { ...body, name } : body
    const part = metricPart(name)
    const clash = Object.keys(this.settings.flows).find(
      other => other !== name && metricPart(other) === part,
    )
    if (clash !== undefined) return invalid(`its metrics would be named as those of ${clash}`)
    const { fault } = compileFlow(given, this.#context())
    if (fault === undefined) return { ok: true, value: given }
    const { attribute, message } = fault
    const details = { ...fault }
    return { ok: false, reason: 'invalid', message: `${attribute}: ${message}`, details }
  }

  #context(): FlowContext {
    const { groups, maps } = this.settings
    return new FlowContext({ groups: new Groups(groups), maps: new Maps(maps) })
  }

  #byOf(flow: string | undefined) {
    const given = flow === undefined ? undefined : this.settings.flows[flow]
    if (given === undefined) return undefined
    return compileFlow(given, this.#context()).flow?.definition.by
  }

  /** Would a threshold no longer fit its changed definition? */
  #faultOfThresholds(name: string, given: unknown): string | undefined {
    const by = compileFlow(given, this.#context()).flow?.definition.by
    for (const threshold of Object.values(this.settings.thresholds)) {
      if (threshold.flow !== name) continue
      const fault = thresholdFault(threshold, by)
      if (fault !== undefined) return `threshold ${threshold.name}: ${fault}`
    }
    return undefined
  }

  /** Who would be left without what is to be removed. */
  #userOf(kind: ApiKind, name: string): string | undefined {
    if (kind !== 'flows') return undefined
    const users = Object.values(this.settings.thresholds).filter(({ flow }) => flow === name)
    return users[0] && `threshold ${users[0].name}`
  }

  async #persist(durable: FlowSettings): Promise<ApiReply<boolean>> {
    if (durable === this.#durable) return { ok: true, value: true }
    const { persist } = this.#options
    const message = 'it cannot be kept: the storage folder is not writable'
    if (persist === undefined) return { ok: false, reason: 'not_durable', message }
    try {
      await persist(durable)
    } catch {
      return { ok: false, reason: 'not_durable', message }
    }
    this.#durable = durable
    return { ok: true, value: true }
  }
}

const KINDS: readonly ApiKind[] = ['flows', 'thresholds', 'groups', 'maps']

function emptyLayer(): Layer {
  return { flows: {}, thresholds: {}, groups: {}, maps: {} }
}

function withEntry(layer: FlowSettings, kind: ApiKind, name: string, value: unknown): FlowSettings {
  return { ...layer, [kind]: { ...layer[kind], [name]: value } }
}

function withoutEntry(layer: FlowSettings, kind: ApiKind, name: string): FlowSettings {
  if (!Object.hasOwn(layer[kind], name)) return layer
  const { [name]: _gone, ...rest } = layer[kind] as Readonly<Record<string, unknown>>
  return { ...layer, [kind]: rest }
}

function notFound(kind: ApiKind, name: string) {
  const message = `there is nothing named ${name} among the ${kind}`
  return { ok: false, reason: 'not_found', message } as const
}

function invalid(message: string) {
  return { ok: false, reason: 'invalid', message } as const
}
