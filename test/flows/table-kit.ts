/**
 * For tests of the flow tables: flows whose key is set by hand, seeded traffic, and a store that
 * keeps of each series what a Prometheus would have of it.
 */
import type { CompiledFlow, FlowDefinition, Measure } from '../../src/flows/compiled.ts'
import { FlowEngine, type FlowEngineOptions } from '../../src/flows/engine.ts'
import type { ThresholdEvent } from '../../src/flows/events.ts'
import type { FlowSnapshot } from '../../src/flows/families.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'

/** A view whose key is `sample.sequence` and whose source (for `count:`) is `sample.samplePool`. */
export class HandView extends FlowView {
  take(traffic: {
    readonly agent?: number
    readonly ifIndex?: number
    readonly key: number
    readonly source?: number
    readonly length?: number
    readonly scale?: number
    readonly nowMs: number
  }): this {
    this.addressType = 1
    this.address[0] = 0x0a000000 + (traffic.agent ?? 1)
    this.ifIndex = traffic.ifIndex ?? 1
    this.sample.sequence = traffic.key
    this.sample.samplePool = traffic.source ?? 0
    this.frameLength = traffic.length ?? 1_000
    this.scale = traffic.scale ?? 100
    this.nowMs = traffic.nowMs
    return this
  }
}

const MEASURES: Readonly<Record<string, Measure>> = {
  bytes: { name: 'bytes', metricName: 'bytes', kind: 'sum', read: view => view.frameLength },
  frames: { name: 'frames', metricName: 'frames', kind: 'sum', read: () => 1 },
  requests: { name: 'requests', metricName: 'requests', kind: 'sum', read: () => 3 },
  'count:source': {
    name: 'count:source',
    metricName: 'count_source',
    kind: 'count',
    read: view => view.sample.samplePool,
  },
  'avg:bytes': {
    name: 'avg:bytes',
    metricName: 'avg_bytes',
    kind: 'avg',
    read: view => view.frameLength,
  },
  'max:bytes': {
    name: 'max:bytes',
    metricName: 'max_bytes',
    kind: 'max',
    read: view => view.frameLength,
  },
  'min:bytes': {
    name: 'min:bytes',
    metricName: 'min_bytes',
    kind: 'min',
    read: view => view.frameLength,
  },
}

export function handFlow(changes: Partial<FlowDefinition> = {}): CompiledFlow {
  const definition: FlowDefinition = {
    name: 'hand',
    keys: ['ipsource'],
    value: 'bytes',
    values: [],
    filter: '',
    t: 2,
    n: 5,
    by: 'all',
    dropped: false,
    ports: 'all',
    max: 100,
    budget: 1_000,
    series: true,
    labels: [],
    ...changes,
  }
  return {
    definition,
    labels: ['ipsource'],
    keyWords: 1,
    value: measure(definition.value),
    values: definition.values.map(measure),
    matches: () => true,
    readKey: (view, into, at) => {
      into[at] = view.sample.sequence
      return view.sample.sequence >= 0
    },
    formatKey: (words, at) => [`key${words[at]}`],
  }
}

function measure(name: string): Measure {
  const found = MEASURES[name]
  if (found === undefined) throw new Error(`no measure ${name}`)
  return found
}

export function handEngine(
  flows: readonly CompiledFlow[],
  changes: Partial<FlowEngineOptions> = {},
): { readonly engine: FlowEngine; readonly events: ThresholdEvent[] } {
  const events: ThresholdEvent[] = []
  const engine = new FlowEngine({
    limits: FLOW_LIMITS,
    names: { interfaceName: (_agent, ifIndex) => `swp${ifIndex}` },
    metrics: { interfaceSpeed: () => 1_000_000_000, readings: () => {} },
    seed: 7,
    onEvent: event => {
      if (!event.isUpdate) events.push(event)
    },
    ...changes,
  })
  for (const flow of flows) engine.define(flow)
  return { engine, events }
}

/** Marsaglia's xorshift: numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Ranks from 0 with a weight of 1 / (rank + 1). */
export function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1)
    sums[rank] = sum
  }
  return () => {
    const at = random() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) < at) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** What a Prometheus would have stored of each series: its first and last reading, and falls. */
export class Store {
  readonly first = new Map<string, number>()
  readonly last = new Map<string, number>()
  falls = 0
  liveMax = 0

  scrape(snapshot: FlowSnapshot): void {
    let live = 0
    for (const { name, labels, values } of snapshot) {
      if (!name.endsWith('_total') || !name.startsWith('sflow_flow_')) continue
      labels.forEach((text, at) => {
        const series = `${name}{${text}}`
        const value = values[at] as number
        if (!this.first.has(series)) this.first.set(series, value)
        if (value < (this.last.get(series) ?? 0)) this.falls += 1
        this.last.set(series, value)
      })
      if (name.endsWith('hand_bytes_total')) live += labels.length
    }
    this.liveMax = Math.max(this.liveMax, live)
  }

  /** The sum of last - first over the series of a family and its `other`. */
  increase(flow: string, what: string): number {
    let sum = 0
    for (const [series, last] of this.last) {
      const family = series.slice(0, series.indexOf('{'))
      const counts =
        family === `sflow_flow_${flow}_${what}_total` ||
        family === `sflow_flow_${flow}_other_${what}_total`
      if (counts) sum += last - (this.first.get(series) ?? 0)
    }
    return sum
  }

  /** Series whose first stored reading was not 0. */
  notFromZero(): string[] {
    return [...this.first].filter(([, value]) => value !== 0).map(([series]) => series)
  }
}
