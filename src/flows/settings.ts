/**
 * Everything that configures flows, as data that can cross to a worker, and how a running engine
 * takes it: what did not change goes on counting.
 */
import type { AddressNameLimits } from '../state/address-names.ts'
import { compileFlow } from './compile-flow.ts'
import type { FlowEngine } from './engine.ts'
import type { FlowContext } from './functions/context.ts'
import type { GroupContent } from './functions/groups.ts'
import type { LookupFiles } from './functions/lookups.ts'
import type { MapContent } from './functions/maps.ts'
import type { ThresholdDefinition } from './threshold.ts'
import type { TopologyContent } from './topology.ts'

export interface FlowSettings {
  /** Definitions by name, as they were written. */
  readonly flows: Readonly<Record<string, unknown>>
  readonly thresholds: Readonly<Record<string, ThresholdDefinition>>
  readonly groups: Readonly<Record<string, GroupContent>>
  readonly maps: Readonly<Record<string, MapContent>>
  /** Which ports join switches; absent: nothing is known. */
  readonly topology?: TopologyContent | undefined
  /** Files that functions look things up in. */
  readonly lookups?: LookupFiles
  /** Reverse look-ups; absent: none are made. */
  readonly dns?: DnsSettings
}

export interface DnsSettings extends AddressNameLimits {
  /** Empty: those of the system. */
  readonly servers: readonly string[]
  readonly timeoutMs: number
}

export const NO_SETTINGS: FlowSettings = { flows: {}, thresholds: {}, groups: {}, maps: {} }

/** What definitions and thresholds are put into. */
export type FlowTaker = Pick<FlowEngine, 'define' | 'remove' | 'setThreshold' | 'removeThreshold'>

/**
 * Makes the engine's settings `next`, given that they are `before`. Returns what could not be taken,
 * as sentences: nothing, if the settings were checked with the same limits.
 */
export function applyFlowSettings(
  engine: FlowTaker,
  context: FlowContext,
  before: FlowSettings,
  next: FlowSettings,
): string[] {
  const faults: string[] = []
  context.lookups.take(next.lookups ?? {})
  // Groups and maps first: definitions may name them. Those that go, go last.
  forChanged(before.groups, next.groups, (name, content) => context.groups.set(name, content))
  forChanged(before.maps, next.maps, (name, content) => context.maps.set(name, content))
  for (const name of gone(before.thresholds, next.thresholds)) engine.removeThreshold(name)
  for (const name of gone(before.flows, next.flows)) engine.remove(name)
  const defined = new Set<string>()
  forChanged(before.flows, next.flows, (name, given) => {
    const { flow, fault } = compileFlow(given, context)
    if (fault !== undefined) faults.push(`${name}: ${fault.attribute}: ${fault.message}`)
    else if (!engine.define(flow)) faults.push(`${name}: there are too many definitions`)
    else defined.add(name)
  })
  forChanged(before.thresholds, next.thresholds, (name, threshold) => {
    const fault = engine.setThreshold(threshold)
    if (fault !== undefined) faults.push(`${name}: ${fault}`)
  })
  for (const name of gone(before.groups, next.groups)) context.groups.delete(name)
  for (const name of gone(before.maps, next.maps)) context.maps.delete(name)
  return faults
}

type Named<T> = Readonly<Record<string, T>>

function forChanged<T>(before: Named<T>, next: Named<T>, take: (name: string, value: T) => void) {
  for (const [name, value] of Object.entries(next)) {
    if (isSame(before[name], value)) continue
    take(name, value)
  }
}

function gone<T>(before: Named<T>, next: Named<T>): string[] {
  return Object.keys(before).filter(name => !Object.hasOwn(next, name))
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
