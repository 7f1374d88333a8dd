/**
 * Metrics that programs name themselves (samples 4300:1002): bounded in names and in series, under a
 * prefix of their own. Counters are shown as they were sent; a silent one ends as any source does.
 */
import {
  RT_COUNTER32,
  RT_COUNTER64,
  type RtMetricVisitor,
  readRtMetric,
  rtMetricName,
} from '../sflow/rtmetric.ts'
import type { Agent } from '../state/agent.ts'
import { BoundedTable } from '../state/bounded.ts'
import { labelText, readText } from '../state/text.ts'
import type { EngineLimits } from './limits.ts'
import type { SmallFamily, SmallLine } from './render.ts'

interface RtSeries {
  readonly id: number
  readonly key: string
  readonly name: string
  readonly counter: boolean
  readonly labels: string
  value: number
}

export class RtMetrics implements RtMetricVisitor {
  readonly table: BoundedTable<RtSeries>
  readonly #limits: EngineLimits
  readonly #series = new Map<string, RtSeries>()
  #ids = 0
  #view: DataView = new DataView(new ArrayBuffer(0))
  #agent!: Agent
  #source = ''
  #nowMs = 0

  constructor(limits: EngineLimits) {
    this.#limits = limits
    const max = limits.rtMetricsMax
    this.table = new BoundedTable<RtSeries>({
      name: 'rtmetrics',
      max,
      perOwnerMax: max,
      idleMs: limits.idleMs,
      onGone: series => this.#series.delete(series.key),
    })
  }

  /** 0, or the code of a refusal. What was read before it is kept. */
  take(agent: Agent, view: DataView, start: number, end: number, nowMs: number): number {
    this.#agent = agent
    this.#view = view
    this.#nowMs = nowMs
    return readRtMetric(view, start, end, this)
  }

  dataSource(start: number, length: number): void {
    this.#source = readText(this.#view, start, length, this.#limits.labelBytesMax)
  }

  metric(nameStart: number, nameLength: number, type: number, value: number): void {
    const name = rtMetricName(this.#view, nameStart, nameLength, type)
    if (name === undefined || Number.isNaN(value)) return
    const key = `${this.#agent.address} ${name} ${this.#source}`
    const known = this.#series.get(key)
    if (known !== undefined) {
      known.value = value
      this.table.touch(known.id, this.#nowMs)
      return
    }
    const id = this.#ids++
    const counter = type === RT_COUNTER32 || type === RT_COUNTER64
    const labels = labelText({ agent: this.#agent.address, datasource: this.#source })
    const series = { id, key, name, counter, labels, value }
    if (this.table.admit(id, this.#agent.owner, series, this.#nowMs)) this.#series.set(key, series)
  }

  tick(nowMs: number): void {
    const { expiryFloorMs } = this.#limits
    this.table.expire(nowMs, expiryFloorMs, () => expiryFloorMs)
  }

  families(): SmallFamily[] {
    const families = new Map<string, SmallFamily & { lines: SmallLine[] }>()
    for (const { name, counter, labels, value } of this.table.values()) {
      const known = families.get(name)
      if (known !== undefined) known.lines.push({ labels, value })
      else {
        const help = 'A metric that a program named itself (sFlow 4300:1002).'
        const type = counter ? 'counter' : 'gauge'
        families.set(name, { name, type, help, lines: [{ labels, value }] })
      }
    }
    return Array.from(families.values())
  }
}
