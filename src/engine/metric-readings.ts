/**
 * Present readings for thresholds on metrics. Interface rates have sFlow-RT's names (`ifinoctets`,
 * `ifoututilization`, …; per second, utilisation in percent); any gauge of the page may be asked for
 * by its own name.
 */
import type { MetricReading, MetricSource } from '../flows/threshold.ts'
import type { Source } from '../state/source.ts'
import type { Engine } from './engine.ts'
import { COUNTER_FAMILIES, type CounterFamily, readingOf } from './families.ts'

/** sFlow-RT's name → columns of if_counters whose rates are added up. */
const INTERFACE_RATES: Readonly<Record<string, readonly number[]>> = {
  ifinoctets: [5],
  ifinucastpkts: [6],
  ifinmulticastpkts: [7],
  ifinbroadcastpkts: [8],
  ifindiscards: [9],
  ifinerrors: [10],
  ifinunknownprotos: [11],
  ifoutoctets: [12],
  ifoutucastpkts: [13],
  ifoutmulticastpkts: [14],
  ifoutbroadcastpkts: [15],
  ifoutdiscards: [16],
  ifouterrors: [17],
  ifinpkts: [6, 7, 8],
  ifoutpkts: [13, 14, 15],
}

const UTILISATION: Readonly<Record<string, number>> = { ifinutilization: 5, ifoututilization: 12 }

/** What a threshold may be on: rates by sFlow-RT's names, and gauges of the page. */
export const METRICS: readonly string[] = [
  ...Object.keys(INTERFACE_RATES),
  ...Object.keys(UTILISATION),
  ...COUNTER_FAMILIES.filter(({ type }) => type === 'gauge').map(({ name }) => name),
]

/** Ports whose names are waited for at a time; more than that begin to wait anew. */
const ASKED_MAX = 10_000

export class MetricReadings implements MetricSource {
  readonly #engine: Engine
  /** When the name of a port without one was first asked for. */
  readonly #askedMs = new Map<string, number>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  interfaceSpeed(agent: string, ifIndex: number): number {
    return this.#interface(agent, ifIndex)?.speed ?? 0
  }

  interfaceName(agent: string, ifIndex: number): string | undefined {
    return this.#interface(agent, ifIndex)?.name || undefined
  }

  /** As for an interface's own rows: until it is named, or has had one polling interval for it. */
  awaitsName(agent: string, ifIndex: number): boolean {
    if (this.#interface(agent, ifIndex) !== undefined) return false
    const { nowMs, limits } = this.#engine
    const place = `${agent} ${ifIndex}`
    const since = this.#askedMs.get(place)
    if (since === undefined) {
      if (this.#askedMs.size >= ASKED_MAX) this.#askedMs.clear()
      this.#askedMs.set(place, nowMs)
      return true
    }
    return nowMs - since < limits.unnamedWaitMs
  }

  readings(metric: string, visit: (reading: MetricReading) => void): void {
    const columns = Object.hasOwn(INTERFACE_RATES, metric) ? INTERFACE_RATES[metric] : undefined
    const utilisation = Object.hasOwn(UTILISATION, metric) ? UTILISATION[metric] : undefined
    if (columns !== undefined || utilisation !== undefined) {
      for (const source of this.#engine.registry.interfaces.values()) {
        const value = this.#rate(source, columns ?? [utilisation as number])
        if (Number.isNaN(value)) continue
        if (utilisation === undefined) visit(readingOn(source, value))
        else if (source.speed > 0) visit(readingOn(source, (value * 800) / source.speed))
      }
      return
    }
    const family = COUNTER_FAMILIES.find(one => one.name === metric && one.type === 'gauge')
    if (family !== undefined) this.#gauges(family, visit)
  }

  #gauges(family: CounterFamily, visit: (reading: MetricReading) => void): void {
    const { interfaces, hosts, containers, sources } = this.#engine.registry
    const [plan] = family.cells
    if (plan === undefined) return
    for (const table of [interfaces, hosts, containers, sources]) {
      for (const source of table.values()) {
        for (const { pool, row } of source.rows) {
          if (pool.structure !== family.structure || pool.status[row] !== family.status) continue
          const value = readingOf(pool.data[row * pool.stride + plan.column] as number, plan)
          if (!Number.isNaN(value)) visit(readingOn(source, value))
        }
      }
    }
  }

  /** Per second, between the last two counter samples; NaN before there are two. */
  #rate({ interfaceRow }: Source, columns: readonly number[]): number {
    const { interfaceRates } = this.#engine.counters
    let sum = Number.NaN
    for (const column of columns) {
      const rate = interfaceRates.of(interfaceRow, column)
      if (!Number.isNaN(rate)) sum = Number.isNaN(sum) ? rate : sum + rate
    }
    return sum
  }

  /** Sub-agents share an address: the one that the interface is exposed for. */
  #interface(agent: string, ifIndex: number): Source | undefined {
    return this.#engine.naming.interfaceOf(agent, ifIndex)
  }
}

function readingOn(source: Source, value: number): MetricReading {
  const isInterface = source.kind === 'interface'
  return {
    agent: source.agent.address,
    dataSource: isInterface ? String(source.sourceIndex) : source.sourceLabel,
    value,
    speed: source.speed,
    labels: source.name === '' ? {} : { [isInterface ? 'ifname' : source.kind]: source.name },
  }
}
