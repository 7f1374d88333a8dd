/**
 * What a scrape takes from the flow tables: families with their label texts, which are made once a
 * series, and a copy of their numbers. The writer puts `name{labels} value` and needs no more.
 */

export interface FlowFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  /** Escaped and joined: `agent="10.0.0.1",ipsource="10.0.0.2"`; empty: no labels. */
  readonly labels: readonly string[]
  /** By position in `labels`; NaN: this one has no reading now. */
  readonly values: Float64Array
}

/** A consistent cut: all families of one moment. */
export type FlowSnapshot = readonly FlowFamily[]

/** What the bridge tells of a bounded table: `sflow_bridge_series{table}` and its companions. */
export interface FlowTableStats {
  readonly table: string
  readonly series: number
  readonly seriesMax: number
  readonly created: number
  readonly refused: number
  readonly evicted: number
}

/** What the bridge tells of the keys that a definition counts: `sflow_bridge_flow_keys{flow}` and so on. */
export interface FlowKeyStats {
  readonly flow: string
  readonly keys: number
  readonly keysMax: number
  readonly created: number
  readonly refused: number
  readonly evicted: number
}

export function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  labels: readonly string[],
  value: (position: number) => number,
): FlowFamily {
  const values = new Float64Array(labels.length)
  for (let position = 0; position < values.length; position++) values[position] = value(position)
  return { name, help, type, labels, values }
}
