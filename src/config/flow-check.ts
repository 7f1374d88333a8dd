/**
 * Faults of flow definitions and thresholds that take more than their shape: words of keys and
 * filters, groups and maps that they name, limits, names given twice.
 */
import { compileFlow } from '../flows/compile-flow.ts'
import type { DefinitionFault, FlowDefinition } from '../flows/compiled.ts'
import { FlowContext } from '../flows/functions/context.ts'
import { Groups } from '../flows/functions/groups.ts'
import { Maps } from '../flows/functions/maps.ts'
import { SHIPPED_FLOWS } from '../flows/shipped.ts'
import { thresholdFault } from '../flows/threshold.ts'
import type { Config } from './schema.ts'
import type { Fault, Source } from './source.ts'

/** Every definition of a good configuration: those of the file, and the shipped ones it leaves alone. */
export function definitionsInForce(config: Config): readonly FlowDefinition[] {
  const context = contextOf(config)
  const own = (config.flows ?? []).flatMap(given => compileFlow(given, context).flow ?? [])
  const definitions = new Map(own.map(({ definition }) => [definition.name, definition]))
  addShipped(definitions, context)
  return [...definitions.values()]
}

export function flowFaults(config: Config, source: Source): readonly Fault[] {
  const context = contextOf(config)
  const faults: Fault[] = []
  const definitions = new Map<string, FlowDefinition>()
  for (const [index, given] of (config.flows ?? []).entries()) {
    const { flow, fault } = compileFlow(given, context)
    if (fault !== undefined) {
      faults.push(definitionFault(fault, given, index, source))
      continue
    }
    const { definition } = flow
    if (definitions.has(definition.name)) {
      faults.push(source.fault(['flows', index, 'name'], `"${definition.name}" is used twice`))
    }
    if (definition.max > config.limits.flows) {
      const rule = `more than limits.flows, which is ${config.limits.flows}`
      faults.push(source.fault(['flows', index, 'max'], rule))
    }
    definitions.set(definition.name, definition)
  }
  addShipped(definitions, context)
  if (definitions.size > config.limits.flow_definitions) {
    const rule = `${definitions.size} definitions with the shipped ones, and limits.flow_definitions is ${config.limits.flow_definitions}`
    faults.push(source.fault(['flows'], rule))
  }
  return [...faults, ...thresholdFaults(config, source, definitions)]
}

function contextOf({ groups, maps }: Config): FlowContext {
  return new FlowContext({ groups: new Groups(groups), maps: new Maps(maps) })
}

function addShipped(definitions: Map<string, FlowDefinition>, context: FlowContext): void {
  for (const given of SHIPPED_FLOWS) {
    const { flow } = compileFlow(given, context)
    if (flow === undefined) throw new Error(`the shipped definition ${given.name} has a fault`)
    if (!definitions.has(given.name)) definitions.set(given.name, flow.definition)
  }
}

function definitionFault(
  { attribute, text, position, message }: DefinitionFault,
  given: unknown,
  index: number,
  source: Source,
): Fault {
  if (attribute === '') return source.fault(['flows', index], message)
  const value = (given as Readonly<Record<string, unknown>>)[attribute]
  // Of a list, the entry that the fault is about.
  const entry = Array.isArray(value) ? value.indexOf(text) : -1
  const path = ['flows', index, attribute, ...(entry < 0 ? [] : [entry])]
  const isKey = value === undefined || /no such attribute/.test(message)
  return source.fault(path, message, isKey ? 'key' : 'value', position)
}

function thresholdFaults(
  config: Config,
  source: Source,
  definitions: ReadonlyMap<string, FlowDefinition>,
): Fault[] {
  const names = config.thresholds.map(({ name }) => name)
  return config.thresholds.flatMap((threshold, index) => {
    const twice = names.indexOf(threshold.name) < index
    if (twice) {
      return [source.fault(['thresholds', index, 'name'], `"${threshold.name}" is used twice`)]
    }
    const { flow } = threshold
    const message = thresholdFault(
      threshold,
      flow === undefined ? undefined : definitions.get(flow)?.by,
    )
    const path = ['thresholds', index, ...(flow === undefined ? [] : ['flow'])]
    return message === undefined ? [] : [source.fault(path, message)]
  })
}
