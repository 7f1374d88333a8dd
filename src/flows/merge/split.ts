/**
 * Who counts what when several workers do: each worker the definitions by agent and by interface,
 * as an agent belongs to one worker; the main thread those over all agents, from everybody's samples.
 */
import { DEFINITION_DEFAULTS } from '../definition.ts'
import type { FlowSettings } from '../settings.ts'

/** Is this definition, as it was written, over all agents? */
export function isMerged(given: unknown): boolean {
  return (given as { readonly by?: unknown } | null | undefined)?.by === 'all'
}

/**
 * The settings of one worker of several: without thresholds on what the main thread counts, and with
 * its share of the series and of the new series that each definition may have.
 */
export function forWorker(settings: FlowSettings, worker: number, workers: number): FlowSettings {
  const flows = entries(settings.flows).map(([name, given]) => {
    return [name, isMerged(given) ? given : withShare(given, worker, workers)] as const
  })
  const thresholds = entries(settings.thresholds).filter(
    ([, { flow }]) => !isMerged(settings.flows[flow ?? '']),
  )
  return {
    ...settings,
    flows: Object.fromEntries(flows),
    thresholds: Object.fromEntries(thresholds),
  }
}

/** The settings of the main thread: definitions over all agents, and thresholds on them. */
export function forMerge(settings: FlowSettings): FlowSettings {
  const flows = entries(settings.flows).filter(([, given]) => isMerged(given))
  const thresholds = entries(settings.thresholds).filter(([, { flow }]) =>
    isMerged(settings.flows[flow ?? '']),
  )
  return {
    ...settings,
    flows: Object.fromEntries(flows),
    thresholds: Object.fromEntries(thresholds),
  }
}

/** What is left over by the division goes to the first workers: the shares add up to the limit. */
function withShare(given: unknown, worker: number, workers: number): unknown {
  if (typeof given !== 'object' || given === null) return given
  const { max, budget } = { ...DEFINITION_DEFAULTS, ...given } as Record<string, unknown>
  const share = (limit: unknown) => {
    if (typeof limit !== 'number') return limit
    return Math.max(1, Math.floor((limit + workers - 1 - worker) / workers))
  }
  return { ...given, max: share(max), budget: share(budget) }
}

function entries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record)
}
