/**
 * Definitions, thresholds, groups, maps and the topology, in two layers: what the configuration file
 * says, and on top of it what came over the API. A reload replaces the first and keeps the second.
 * What is put is judged as a part of the whole, so that the engines are only ever given what they
 * will take, and nothing that is in force loses what it needs.
 */
import type { ApiReply, FlowApi, FlowValueQuery } from './api.ts'
import type { EventQuery, EventRing, NumberedEvent } from './events.ts'
import { Lookups } from './functions/lookups.ts'
import { FLOW_KEYS } from './keys/table.ts'
import { type ActiveFlow, type ActiveFlowQuery, mergeActiveFlows } from './queries.ts'
import type { FlowSettings } from './settings.ts'
import {
  type Composed,
  Composer,
  ENTRY_KINDS,
  type Entries,
  type EntryKind,
  type FlowParsers,
  type LayerLimits,
  type Layers,
  NO_ENTRIES,
  type Skipped,
  TOPOLOGY,
} from './settings-layers.ts'
import type { ThresholdDefinition } from './threshold.ts'

export type { FlowParsers, LayerLimits } from './settings-layers.ts'

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

export interface FlowBookOptions {
  readonly host: FlowHost
  readonly parsers: FlowParsers
  /** A threshold as it would be put. */
  readonly describeThreshold: (threshold: ThresholdDefinition) => unknown
  readonly events: EventRing
  readonly limits: LayerLimits
  /** Writes the durable part of the API's layer; absent: there is no disk. Rejects if it fails. */
  readonly persist?: (durable: Entries) => Promise<void>
  /** Told of each entry that is not in force, when it begins not to be. */
  readonly onSkipped?: (skipped: Skipped) => void
}

// No leading __: a name is a key of plain objects, and __proto__ is none.
const NAME = /^(?!__)[A-Za-z_][A-Za-z0-9_-]{0,63}$/

export class FlowBook implements FlowApi {
  readonly #options: FlowBookOptions
  readonly #composer: Composer
  readonly #lookups = new Lookups()
  #layers: Layers
  #composed: Composed
  /** What was put to be durable. */
  #durable: Entries

  /** `stored` is what an earlier run persisted, as it was read: anything. */
  constructor(options: FlowBookOptions, file: FlowSettings, stored?: unknown) {
    this.#options = options
    this.#composer = new Composer(options.parsers, options.limits)
    const added = entriesOf(stored)
    this.#durable = added
    this.#layers = { file, added, removed: new Set() }
    this.#lookups.take(file.lookups ?? {})
    this.#composed = this.#compose(this.#layers)
    for (const one of this.#composed.skipped) options.onSkipped?.(one)
  }

  get settings(): FlowSettings {
    return this.#composed.settings
  }

  /** Entries that are kept and not in force: they do not fit what else is configured. */
  get skipped(): readonly Skipped[] {
    return this.#composed.skipped
  }

  /** The file was read anew. */
  async reload(file: FlowSettings, limits?: Pick<LayerLimits, 'liveFlows'>): Promise<void> {
    if (limits !== undefined) this.#composer.relimit(limits)
    const before = this.#composed.skipped
    this.#lookups.take(file.lookups ?? {})
    this.#layers = { file, added: this.#layers.added, removed: new Set() }
    this.#composed = this.#compose(this.#layers)
    for (const one of newIn(this.#composed.skipped, before)) this.#options.onSkipped?.(one)
    await this.#options.host.configure(this.settings)
  }

  list(kind: EntryKind): Readonly<Record<string, unknown>> {
    const { settings } = this
    if (kind === 'topology') return settings.topology ? { [TOPOLOGY]: settings.topology } : {}
    if (kind !== 'thresholds') return settings[kind]
    const { describeThreshold } = this.#options
    return Object.fromEntries(
      Object.entries(settings.thresholds).map(([name, one]) => [name, describeThreshold(one)]),
    )
  }

  get(kind: EntryKind, name: string): ApiReply {
    const all = this.list(kind)
    return Object.hasOwn(all, name) ? { ok: true, value: all[name] } : notFound(kind, name)
  }

  async put(
    kind: EntryKind,
    name: string,
    body: unknown,
    durable: boolean,
  ): Promise<ApiReply<boolean>> {
    if (!NAME.test(name)) return invalid('a name has 1 to 64 letters, digits, _ and -')
    const layers = { ...this.#layers, added: withEntry(this.#layers.added, kind, name, body) }
    const composed = this.#compose(layers)
    const own = composed.skipped.find(one => one.kind === kind && one.name === name)
    if (own !== undefined) return { ok: false, ...own }
    const isNew = !Object.hasOwn(this.list(kind), name)
    const kept = durable ? withEntry(this.#durable, kind, name, body) : this.#durable
    const taken = await this.#take(layers, composed, kept)
    return taken.ok ? { ok: true, value: isNew } : taken
  }

  async remove(kind: EntryKind, name: string): Promise<ApiReply<boolean>> {
    const { added, removed } = this.#layers
    const isKnown = Object.hasOwn(this.list(kind), name) || Object.hasOwn(added[kind], name)
    if (!isKnown) return notFound(kind, name)
    const layers = {
      ...this.#layers,
      added: withoutEntry(added, kind, name),
      removed: new Set([...removed, `${kind}/${name}`]),
    }
    const kept = withoutEntry(this.#durable, kind, name)
    return this.#take(layers, this.#compose(layers), kept)
  }

  flowKeys(): readonly unknown[] {
    return FLOW_KEYS.map(({ name, group, help }) => ({ name, group, help }))
  }

  async activeFlows(
    name: string,
    query: ActiveFlowQuery,
  ): Promise<ApiReply<readonly ActiveFlow[]>> {
    const given = this.settings.flows[name]
    if (!Object.hasOwn(this.settings.flows, name)) return notFound('flows', name)
    const byPort = (given as { readonly by?: unknown }).by === 'interface'
    if ((query.combine === 'edge' || query.combine === 'core') && !byPort) {
      return invalid(`aggMode=${query.combine} needs a definition by interface`)
    }
    const answers = await this.#options.host.activeFlows(name, query)
    // An agent belongs to one engine; a flow of several agents may come from several.
    const known = answers.filter(answer => answer !== undefined)
    return { ok: true, value: mergeActiveFlows(known, query) }
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

  #compose(layers: Layers): Composed {
    return this.#composer.compose(layers, this.#lookups)
  }

  /** Puts a change into force, unless something else would no longer be. */
  async #take(layers: Layers, composed: Composed, durable: Entries): Promise<ApiReply<boolean>> {
    const [broken] = newIn(composed.skipped, this.#composed.skipped)
    if (broken !== undefined) {
      const message = `it is in use: ${broken.kind} ${broken.name}: ${broken.message}`
      return { ok: false, reason: 'in_use', message }
    }
    const persisted = await this.#persist(durable)
    if (!persisted.ok) return persisted
    this.#layers = layers
    this.#composed = composed
    await this.#options.host.configure(this.settings)
    return { ok: true, value: true }
  }

  async #persist(durable: Entries): Promise<ApiReply<boolean>> {
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

/** Entries out of what was stored; what has not even their shape is left aside. */
function entriesOf(stored: unknown): Entries {
  const entries = { ...NO_ENTRIES }
  for (const kind of ENTRY_KINDS) {
    const held = (stored as Partial<Record<EntryKind, unknown>> | undefined)?.[kind]
    if (typeof held !== 'object' || held === null || Array.isArray(held)) continue
    entries[kind] = Object.fromEntries(Object.entries(held).filter(([name]) => NAME.test(name)))
  }
  return entries
}

function newIn(now: readonly Skipped[], before: readonly Skipped[]): Skipped[] {
  const known = new Set(before.map(({ kind, name }) => `${kind}/${name}`))
  return now.filter(({ kind, name }) => !known.has(`${kind}/${name}`))
}

function withEntry(entries: Entries, kind: EntryKind, name: string, value: unknown): Entries {
  return { ...entries, [kind]: { ...entries[kind], [name]: value } }
}

function withoutEntry(entries: Entries, kind: EntryKind, name: string): Entries {
  if (!Object.hasOwn(entries[kind], name)) return entries
  const { [name]: _gone, ...rest } = entries[kind]
  return { ...entries, [kind]: rest }
}

function notFound(kind: EntryKind, name: string) {
  const message = `there is nothing named ${name} among the ${kind}`
  return { ok: false, reason: 'not_found', message } as const
}

function invalid(message: string) {
  return { ok: false, reason: 'invalid', message } as const
}
