/** What the capacity model needs to know of the flow definitions that are in force. */
import { definitionsInForce } from '../config/flow-check.ts'
import type { Config } from '../config/schema.ts'
import { FAMILIES_PER_FLOW } from '../config/worst-case.ts'
import type { FlowCost } from './model.ts'

export function flowCosts(config: Config): readonly FlowCost[] {
  return definitionsInForce(config).map(({ n, max, budget, by, series, values }) => {
    return { n, max, budget, by, series, families: FAMILIES_PER_FLOW + values.length }
  })
}
