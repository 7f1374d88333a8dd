/**
 * What a threshold is, and which level it puts on which port. A level is a number, or a share of the
 * interface speed; a port whose speed is not known, or that the filter leaves out, has none.
 */

import type { FlowDefinition } from './compiled.ts'

/** Per second in the unit of the flow or metric, or a share of the interface speed (0.1 is 10 %). */
export type Level = { readonly value: number } | { readonly share: number }

export interface ThresholdDefinition {
  readonly name: string
  /** The flow definition, or undefined. */
  readonly flow?: string | undefined
  /** The metric, or undefined. One of the two is given. */
  readonly metric?: string | undefined
  readonly value: Level
  /** Below this it is over; by default the same as `value`. */
  readonly release?: Level | undefined
  /** One event per flow instead of one per source. */
  readonly byFlow: boolean
  readonly filter: {
    /** Interface speeds in bits per second that are meant; empty: all. */
    readonly ifspeed: readonly number[]
    /** Agent addresses that are meant; empty: all. */
    readonly agents: readonly string[]
  }
  /** How long the value must stay below the release before the threshold is armed again. */
  readonly timeoutMs: number
  /** `lower`: the lower end of the 95 % interval must reach the value. */
  readonly decideOn: 'estimate' | 'lower'
  /** Labels that its alerts carry besides, such as `acl_action`. */
  readonly labels: Readonly<Record<string, string>>
  /** Whether Alertmanager and the controller are told. */
  readonly notify: boolean
}

/** What thresholds ask of the engine that knows the counters. */
export interface MetricSource {
  /** Bits per second, 0 if it is not known. */
  interfaceSpeed(agent: string, ifIndex: number): number
  /** Calls `visit` with the present reading of every source that has this metric. */
  readings(metric: string, visit: (reading: MetricReading) => void): void
}

export interface MetricReading {
  readonly agent: string
  /** The ifIndex as text, or another name of the source within the agent. */
  readonly dataSource: string
  /** Rates are per second, utilisation is in percent. */
  readonly value: number
  /** Bits per second; 0: not known, or no interface. */
  readonly speed: number
  /** Labels of the source beside agent and ifindex: `ifname`, `host`. */
  readonly labels: Readonly<Record<string, string>>
}

/** The value and the release of a threshold on one source; infinite where it does not apply. */
export interface Levels {
  readonly value: number
  readonly release: number
}

const NEVER: Levels = { value: Number.POSITIVE_INFINITY, release: Number.POSITIVE_INFINITY }

export function levelsFor(threshold: ThresholdDefinition, agent: string, speed: number): Levels {
  const { ifspeed, agents } = threshold.filter
  if (ifspeed.length > 0 && !ifspeed.includes(speed)) return NEVER
  if (agents.length > 0 && !agents.includes(agent)) return NEVER
  const value = resolve(threshold.value, speed)
  const release = threshold.release === undefined ? value : resolve(threshold.release, speed)
  return value === undefined || release === undefined ? NEVER : { value, release }
}

/** Shares are of the speed in bytes, as flows and octet rates are. */
function resolve(level: Level, speed: number): number | undefined {
  if ('value' in level) return level.value
  return speed > 0 ? (level.share * speed) / 8 : undefined
}

/** Does it need to know the port? */
export function needsSpeed({ value, release, filter }: ThresholdDefinition): boolean {
  const levels = release === undefined ? [value] : [value, release]
  return filter.ifspeed.length > 0 || levels.some(level => 'share' in level)
}

/** Numbers that are no rates are kept for series, so without series no threshold would ever see them. */
export function unwatchable({ name, series, value }: FlowDefinition): string | undefined {
  if (series || !/^(count|avg|min|max):/.test(value)) return undefined
  return `${value} of ${name} is known of flows that are series, and it has series: false`
}

/** sFlow-RT has one word for both: where `metric` is the name of a definition, that flow is meant. */
export function aimed(
  threshold: ThresholdDefinition,
  isFlow: (name: string) => boolean,
): ThresholdDefinition {
  const { metric, ...rest } = threshold
  return metric !== undefined && rest.flow === undefined && isFlow(metric)
    ? { ...rest, flow: metric }
    : threshold
}

/** Why a threshold cannot be on this flow; undefined: it can. */
export function thresholdFault(
  threshold: ThresholdDefinition,
  by: 'interface' | 'agent' | 'all' | undefined,
): string | undefined {
  if ((threshold.flow === undefined) === (threshold.metric === undefined)) {
    return 'a threshold is on a flow or on a metric, one of the two'
  }
  if (threshold.flow === undefined) return undefined
  if (by === undefined) return `there is no flow definition named ${threshold.flow}`
  if (by !== 'interface' && needsSpeed(threshold)) {
    return `interface speeds need a flow definition by interface; ${threshold.flow} is by ${by}`
  }
  if (by === 'all' && threshold.filter.agents.length > 0) {
    return `a filter by agent needs a flow definition by agent; ${threshold.flow} is by all`
  }
  return undefined
}
