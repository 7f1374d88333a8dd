/**
 * The configuration file and, on top of it, what came over the API, as one: every entry is judged
 * here by the same rules, whenever and wherever it came from. What does not fit is left out with its
 * reason and hurts nothing else; it is judged again with the next change.
 */
import { compileFlow } from './compile-flow.ts'
import type { FlowDefinition } from './compiled.ts'
import { FlowContext } from './functions/context.ts'
import { type GroupContent, Groups } from './functions/groups.ts'
import type { Lookups } from './functions/lookups.ts'
import { type MapContent, Maps } from './functions/maps.ts'
import type { FlowSettings } from './settings.ts'
import { metricPart } from './table-families.ts'
import { aimed, type ThresholdDefinition, thresholdFault, unwatchable } from './threshold.ts'
import type { TopologyContent } from './topology.ts'

/** In the order in which they may refer to each other. */
export const ENTRY_KINDS = ['topology', 'groups', 'maps', 'flows', 'thresholds'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** There is one topology; among the entries it has this name. */
export const TOPOLOGY = 'topology'

/** Entries as they were put, by kind and name. */
export type Entries = Readonly<Record<EntryKind, Readonly<Record<string, unknown>>>>

export const NO_ENTRIES: Entries = { topology: {}, groups: {}, maps: {}, flows: {}, thresholds: {} }

/** What was read, under its own key, or why not. */
type Read<Key extends string, T> = Readonly<Record<Key, T>> | { readonly fault: string }

/** Checks of the configuration's schema, which is not ours to import. */
export interface FlowParsers {
  threshold(name: string, body: unknown): Read<'threshold', ThresholdDefinition>
  group(name: string, body: unknown): Read<'group', GroupContent>
  map(name: string, body: unknown): Read<'map', MapContent>
  topology(body: unknown): Read<'topology', TopologyContent>
  /** Why there is no such metric of counters; undefined: there is. */
  metricFault(metric: string): string | undefined
}

export interface LayerLimits extends Readonly<Record<Exclude<EntryKind, 'topology'>, number>> {
  /** A definition's `max` may not be more. */
  readonly liveFlows: number
}

/** An entry that is not in force. */
export interface Skipped {
  readonly kind: EntryKind
  readonly name: string
  readonly reason: 'invalid' | 'too_many'
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export interface Composed {
  readonly settings: FlowSettings
  readonly skipped: readonly Skipped[]
}

export interface Layers {
  readonly file: FlowSettings
  readonly added: Entries
  /** `KIND/NAME` of entries of the file that the API has removed. */
  readonly removed: ReadonlySet<string>
}

type Refusal = Omit<Skipped, 'kind' | 'name'>
type Judged<T> = { readonly value: T } | Refusal

/** One of the values that an entry may have. */
interface Candidate {
  readonly name: string
  readonly value: unknown
  /** It was checked, and is as engines want it. */
  readonly isOfFile: boolean
}

export class Composer {
  readonly #parsers: FlowParsers
  #limits: LayerLimits
  /** What parsers said of an entry: it is the same as long as the entry is. */
  readonly #parsed = new WeakMap<object, Judged<unknown>>()

  constructor(parsers: FlowParsers, limits: LayerLimits) {
    this.#parsers = parsers
    this.#limits = limits
  }

  relimit(limits: Pick<LayerLimits, 'liveFlows'>): void {
    this.#limits = { ...this.#limits, ...limits }
  }

  /** `lookups` is what the files hold that the configuration names. */
  compose(layers: Layers, lookups: Lookups): Composed {
    const parsers = this.#parsers
    const skipped: Skipped[] = []
    const taken = <T>(kind: EntryKind, judge: (candidate: Candidate) => Judged<T>) =>
      this.#take(kind, layers, judge, skipped)
    const [topology] = Object.values(
      taken<TopologyContent>('topology', one => this.#read(one, () => parsers.topology(one.value))),
    )
    const groups = taken<GroupContent>('groups', one =>
      this.#read(one, () => parsers.group(one.name, one.value)),
    )
    const maps = taken<MapContent>('maps', one =>
      this.#read(one, () => parsers.map(one.name, one.value)),
    )
    const context = new FlowContext({ groups: new Groups(groups), maps: new Maps(maps), lookups })
    const definitions = new Map<string, FlowDefinition>()
    const flows = taken<unknown>('flows', one => this.#readFlow(one, context, definitions))
    const thresholds = taken<ThresholdDefinition>('thresholds', one => {
      const read = this.#read(one, () => parsers.threshold(one.name, one.value))
      if ('reason' in read) return read
      const threshold = aimed(read.value as ThresholdDefinition, name => definitions.has(name))
      const { flow, metric } = threshold
      const definition = definitions.get(flow ?? '')
      const fault =
        thresholdFault(threshold, definition?.by) ??
        (definition && unwatchable(definition)) ??
        (metric === undefined ? undefined : parsers.metricFault(metric))
      return fault === undefined ? { value: threshold } : invalid(fault)
    })
    const rest = { ...layers.file, ...(topology === undefined ? {} : { topology }) }
    return { settings: { ...rest, groups, maps, flows, thresholds }, skipped }
  }

  /** The first candidate of each name that is good, as long as there is room. */
  #take<T>(
    kind: EntryKind,
    layers: Layers,
    judge: (candidate: Candidate) => Judged<T>,
    skipped: Skipped[],
  ): Record<string, T> {
    const held: Record<string, T> = {}
    let count = 0
    const most = kind === 'topology' ? 1 : this.#limits[kind]
    for (const candidate of candidatesOf(kind, layers)) {
      const { name } = candidate
      if (Object.hasOwn(held, name)) continue
      const judged = count < most ? judge(candidate) : tooMany(kind, most)
      if ('reason' in judged) {
        skipped.push({ kind, name, ...judged })
        continue
      }
      held[name] = judged.value
      count += 1
    }
    return held
  }

  #read<T>({ value, isOfFile }: Candidate, parse: () => Read<string, T>): Judged<T> {
    if (isOfFile) return { value: value as T }
    const place = typeof value === 'object' && value !== null ? value : undefined
    const known = place && (this.#parsed.get(place) as Judged<T> | undefined)
    if (known !== undefined) return known
    const read = parse()
    const judged: Judged<T> =
      'fault' in read ? invalid(read.fault as string) : { value: Object.values(read)[0] as T }
    if (place !== undefined) this.#parsed.set(place, judged)
    return judged
  }

  #readFlow(
    { name, value }: Candidate,
    context: FlowContext,
    definitions: Map<string, FlowDefinition>,
  ): Judged<unknown> {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    const given = isObject ? { ...value, name } : value
    const part = metricPart(name)
    const clash = [...definitions.keys()].find(other => metricPart(other) === part)
    if (clash !== undefined) return invalid(`its metrics would be named as those of ${clash}`)
    const { flow, fault } = compileFlow(given, context)
    if (fault !== undefined) {
      const { attribute, message } = fault
      return { reason: 'invalid', message: `${attribute}: ${message}`, details: { ...fault } }
    }
    const { liveFlows } = this.#limits
    if (flow.definition.max > liveFlows) {
      return invalid(`max: more than limits.flows, which is ${liveFlows}`)
    }
    definitions.set(name, flow.definition)
    return { value: given }
  }
}

/** Names of the file first; of one name what the API put, and if that is bad, what the file says. */
function candidatesOf(kind: EntryKind, { file, added, removed }: Layers): Candidate[] {
  const ofFile: Readonly<Record<string, unknown>> =
    kind !== 'topology'
      ? file[kind]
      : file.topology === undefined
        ? {}
        : { [TOPOLOGY]: file.topology }
  const ofApi = added[kind]
  const names = new Set([...Object.keys(ofFile), ...Object.keys(ofApi)])
  return [...names].flatMap(name => [
    ...(Object.hasOwn(ofApi, name) ? [{ name, value: ofApi[name], isOfFile: false }] : []),
    ...(Object.hasOwn(ofFile, name) && !removed.has(`${kind}/${name}`)
      ? [{ name, value: ofFile[name], isOfFile: true }]
      : []),
  ])
}

function tooMany(kind: EntryKind, most: number): Refusal {
  return { reason: 'too_many', message: `there are ${most} ${kind} already` }
}

function invalid(message: string): Refusal {
  return { reason: 'invalid', message }
}
