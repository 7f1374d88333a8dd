/**
 * The metric families of one flow definition. Exported flows that are held or frozen show their
 * stored totals; the smoothed rate, its error and the other gauges are always of this moment.
 */
import { labelText } from '../state/text.ts'
import { type FlowFamily, type FlowKeyStats, type FlowTableStats, family } from './families.ts'
import type { FlowTable } from './flow-table.ts'
import { FLOW_NONE } from './flow-totals.ts'
import type { Units } from './units.ts'

export function tableFamilies(table: FlowTable, nowMs: number): FlowFamily[] {
  if (!table.flow.definition.series) return []
  table.advance(nowMs)
  return [...flowFamilies(table), ...otherFamilies(table, nowMs)]
}

/** What the tables of agents and ports hold. */
export function unitStats({ table }: Units): FlowTableStats {
  return {
    table: table.name,
    series: table.size,
    seriesMax: table.max,
    created: table.created,
    refused: table.refused,
    evicted: table.evicted,
  }
}

/** What the series of a definition are. */
export function tableStats({ flow, exported }: FlowTable): FlowTableStats {
  return {
    table: `flow_${flow.definition.name}`,
    series: exported.size,
    seriesMax: flow.definition.max,
    created: exported.created,
    refused: exported.refused,
    evicted: exported.left,
  }
}

/** How full the table of a definition is, and how much it keeps out. */
export function keyStats({ flow, hitters }: FlowTable): FlowKeyStats {
  return {
    flow: flow.definition.name,
    keys: hitters.size,
    keysMax: hitters.capacity,
    created: hitters.created,
    refused: hitters.refused,
    evicted: hitters.purged,
  }
}

/** The name of a definition in the characters of a metric name. */
export function metricPart(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_')
}

function flowFamilies(table: FlowTable): FlowFamily[] {
  const { exported, columns, hitters } = table
  const { name } = table.flow.definition
  const prefix = `sflow_flow_${metricPart(name)}_`
  const pins: number[] = []
  for (let pin = 0; pin < exported.states.length; pin++) {
    if (exported.states[pin] !== FLOW_NONE) pins.push(pin)
  }
  const labels = pins.map(pin => exported.labels[pin] as string)
  const make = (
    suffix: string,
    type: 'counter' | 'gauge',
    help: string,
    value: (pin: number) => number,
  ) => family(`${prefix}${suffix}`, type, help, labels, at => value(pins[at] as number))
  const entry = (pin: number) => hitters.entryOf(pin)
  const smoothed = table.flow.value.kind === 'sum' ? table.flow.value.metricName : 'frames'
  return [
    make(
      'bytes_total',
      'counter',
      `Bytes of the flows of "${name}": frame length times sampling rate.`,
      pin => exported.totals.bytes(pin),
    ),
    make(
      'frames_total',
      'counter',
      `Frames of the flows of "${name}": the sum of the sampling rates.`,
      pin => exported.totals.frames(pin),
    ),
    make(
      'samples_total',
      'counter',
      `Packet samples behind the totals of the flows of "${name}".`,
      pin => exported.totals.samples(pin),
    ),
    make(
      `${smoothed}_per_second`,
      'gauge',
      `Rate of the flows of "${name}" now, smoothed exponentially over ${table.flow.definition.t} s.`,
      pin => table.rateOf(entry(pin)),
    ),
    make(
      'error_ratio',
      'gauge',
      `Half of the 95 % interval of the smoothed rate of the flows of "${name}", relative to it.`,
      pin => table.errorRatioOf(entry(pin)),
    ),
    ...columns.sums.map(({ measure, totals }) =>
      make(
        `${measure.metricName}_total`,
        'counter',
        `Sum of ${measure.name} over the flows of "${name}", times sampling rate.`,
        pin => totals[pin] as number,
      ),
    ),
    ...columns.gauges.map(gauge =>
      make(
        gauge.measure.metricName,
        'gauge',
        `The value ${gauge.measure.name} of the flows of "${name}" of late.`,
        pin => gauge.value(pin),
      ),
    ),
  ]
}

function otherFamilies(table: FlowTable, nowMs: number): FlowFamily[] {
  const { other } = table
  const { name, by } = table.flow.definition
  const units = other.units()
  const labels = units.map(unit =>
    by === 'all' ? '' : labelText({ agent: table.agents.agents[unit] }),
  )
  const make = (what: string, totals: Float64Array, help: string) =>
    family(`sflow_flow_${metricPart(name)}_other_${what}_total`, 'counter', help, labels, at => {
      const unit = units[at] as number
      return other.held(unit, nowMs) ? 0 : (totals[unit] as number)
    })
  return [
    make('bytes', other.bytes, `Bytes that match "${name}" outside of its exported flows.`),
    make('frames', other.frames, `Frames that match "${name}" outside of its exported flows.`),
    ...table.columns.sums.map(({ measure }, index) =>
      make(
        measure.metricName,
        other.sums[index] as Float64Array,
        `Sum of ${measure.name} over what matches "${name}" outside of its exported flows.`,
      ),
    ),
  ]
}
