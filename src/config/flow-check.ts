/**
 * Flow definitions and thresholds beyond their shape: words of keys and filters, groups and maps that
 * they name, limits, names given twice; and what of it all is in force.
 */
import { compileFlow } from '../flows/compile-flow.ts'
import type { DefinitionFault, FlowDefinition } from '../flows/compiled.ts'
import { FlowContext } from '../flows/functions/context.ts'
import { Groups } from '../flows/functions/groups.ts'
import { LOOKUP_KINDS, Lookups } from '../flows/functions/lookups.ts'
import { Maps } from '../flows/functions/maps.ts'
import type { DnsSettings, FlowSettings } from '../flows/settings.ts'
import { SHIPPED_FLOWS } from '../flows/shipped.ts'
import { aimed, thresholdFault, unwatchable } from '../flows/threshold.ts'
import { judgeFlow } from './flow-faults.ts'
import type { Config } from './schema.ts'
import type { Fault, Source } from './source.ts'
import { metricFault } from './thresholds.ts'

/**
 * What the engines are given: the shipped definitions, those of the file in their place or beside
 * them, without those that are switched off; thresholds, groups and maps.
 */
export function flowSettings(config: Config): FlowSettings {
  const { thresholds, groups, maps, topology, lookups, lookupFiles } = config
  const { nodes, links } = topology
  const flows: Record<string, unknown> = {}
  for (const given of SHIPPED_FLOWS) flows[given.name] = given
  for (const { enabled, ...given } of config.flows) {
    if (enabled) flows[given.name] = given
    else delete flows[given.name]
  }
  const byName = thresholds.map(threshold => {
    return [threshold.name, aimed(threshold, name => Object.hasOwn(flows, name))] as const
  })
  return {
    flows,
    thresholds: Object.fromEntries(byName),
    groups,
    maps,
    topology: { nodes, links },
    ...(lookupFiles === undefined ? {} : { lookups: lookupFiles }),
    ...(lookups.dns === undefined ? {} : { dns: dnsSettings(lookups.dns) }),
  }
}

function dnsSettings(dns: NonNullable<Config['lookups']['dns']>): DnsSettings {
  return {
    servers: dns.servers,
    timeoutMs: dns.timeout,
    namesMax: dns.names,
    ageMs: dns.age,
    inFlightMax: dns.in_flight,
    perSecondMax: dns.per_second,
  }
}

/** Every definition in force of a good configuration, complete. */
export function definitionsInForce(config: Config): readonly FlowDefinition[] {
  const context = contextOf(config)
  return Object.values(flowSettings(config).flows).map(given => {
    const { flow, fault } = compileFlow(given, context)
    if (flow === undefined)
      throw new Error(`${fault.attribute} of a checked flow: ${fault.message}`)
    return flow.definition
  })
}

export function flowFaults(config: Config, source: Source): readonly Fault[] {
  const context = contextOf(config)
  const faults: Fault[] = []
  const names = new Set<string>()
  for (const [index, { enabled, ...given }] of config.flows.entries()) {
    const { name } = given
    if (names.has(name)) {
      faults.push(source.fault(['flows', index, 'name'], `"${name}" is used twice`))
    }
    names.add(name)
    if (!enabled) continue
    const { flow, faults: found } = judgeFlow(given, context)
    const known = found.filter(fault => !isToldElsewhere(fault, config, source))
    faults.push(...known.map(fault => definitionFault(fault, given, index, source)))
    if (
      flow !== undefined &&
      flow.definition.max > config.limits.flows &&
      isInForce(config, source, 'flows')
    ) {
      const rule = `more than limits.flows, which is ${config.limits.flows}`
      faults.push(source.fault(['flows', index, 'max'], rule))
    }
  }
  const definitions = wholeDefinitions(config, context)
  const { flow_definitions: most } = config.limits
  if (definitions.length > most && isInForce(config, source, 'flow_definitions')) {
    const rule = `${definitions.length} definitions with the shipped ones, and limits.flow_definitions is ${most}`
    faults.push(source.fault(['flows'], rule))
  }
  return [...faults, ...thresholdFaults(config, source, definitions)]
}

/** What is named in the file and has a fault there is no fault of the lines that use it as well. */
function isToldElsewhere(
  { message }: DefinitionFault,
  { lookups, lookupFiles = {} }: Config,
  source: Source,
): boolean {
  const [, kind, name = ''] = /no (group|map) is called ([\w-]+)/.exec(message) ?? []
  if (kind !== undefined) {
    const tables = (source.value as Readonly<Record<string, unknown>>)[`${kind}s`]
    return typeof tables === 'object' && tables !== null && Object.hasOwn(tables, name)
  }
  return LOOKUP_KINDS.some(
    file =>
      message.endsWith(`lookups.${file}`) &&
      lookups[file] !== undefined &&
      lookupFiles[file] === undefined,
  )
}

/** False: the file says something else, which is no such limit, and a fault already. */
function isInForce(config: Config, source: Source, limit: keyof Config['limits']): boolean {
  const { limits } = source.value as { readonly limits?: Readonly<Record<string, unknown>> | null }
  const written = limits?.[limit]
  return written === undefined || written === config.limits[limit]
}

/** Definitions in force, without those that have faults. */
function wholeDefinitions(config: Config, context: FlowContext): readonly FlowDefinition[] {
  return Object.values(flowSettings(config).flows).flatMap(given => {
    const { flow } = compileFlow(given, context)
    return flow === undefined ? [] : [flow.definition]
  })
}

/** Names in the file of definitions that are not whole: what refers to them is not judged. */
function brokenNames(source: Source, definitions: readonly FlowDefinition[]): Set<string> {
  const { flows } = source.value as { readonly flows?: unknown }
  const names = (Array.isArray(flows) ? flows : []).flatMap((flow: unknown) => {
    const { name, enabled } = (flow ?? {}) as {
      readonly name?: unknown
      readonly enabled?: unknown
    }
    return typeof name === 'string' && enabled !== false ? [name] : []
  })
  return new Set(names.filter(name => !definitions.some(one => one.name === name)))
}

/** What definitions may name: groups, maps, and what is looked up in files. */
export function contextOf({ groups, maps, lookupFiles = {} }: Config): FlowContext {
  const lookups = new Lookups()
  lookups.take(lookupFiles)
  return new FlowContext({ groups: new Groups(groups), maps: new Maps(maps), lookups })
}

function definitionFault(
  { attribute, text, position, message }: DefinitionFault,
  given: Readonly<Record<string, unknown>>,
  index: number,
  source: Source,
): Fault {
  const value = given[attribute]
  // Of a list, the entry that the fault is about.
  const entry = Array.isArray(value) ? value.indexOf(text) : -1
  const path = ['flows', index, attribute, ...(entry < 0 ? [] : [entry])]
  return source.fault(path, message, value === undefined ? 'key' : 'value', position)
}

function thresholdFaults(
  config: Config,
  source: Source,
  definitions: readonly FlowDefinition[],
): Fault[] {
  const { thresholds, limits } = config
  const faults: Fault[] = []
  const names = new Set<string>()
  const broken = brokenNames(source, definitions)
  for (const [index, threshold] of thresholds.entries()) {
    const { name } = threshold
    if (names.has(name)) {
      faults.push(source.fault(['thresholds', index, 'name'], `"${name}" is used twice`))
    }
    names.add(name)
    if (broken.has(threshold.flow ?? threshold.metric ?? '')) continue
    const { flow, metric } = aimed(threshold, asked => definitions.some(one => one.name === asked))
    const definition = definitions.find(one => one.name === flow)
    const message =
      thresholdFault({ ...threshold, flow, metric }, definition?.by) ??
      (definition && unwatchable(definition)) ??
      (metric === undefined ? undefined : metricFault(metric))
    if (message === undefined) continue
    const key = threshold.flow === undefined ? 'metric' : 'flow'
    const path = ['thresholds', index, ...(threshold[key] === undefined ? [] : [key])]
    faults.push(source.fault(path, message))
  }
  if (thresholds.length > limits.thresholds && isInForce(config, source, 'thresholds')) {
    const rule = `more than limits.thresholds, which is ${limits.thresholds}`
    faults.push(source.fault(['thresholds'], rule))
  }
  return faults
}
