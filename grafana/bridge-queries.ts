/** Queries that the rows of the dashboard Bridge share. */
import { countedOf, WINDOW } from '../src/dashboards/queries.ts'
import { BY_INSTANCE } from './variables.ts'

export const JOB = 'job=~"sflow-bridge", instance=~"$instance"'
export const sumRate = (metric: string, by = 'instance') =>
  `sum by (${by}) (rate(${metric}{${BY_INSTANCE}}[${WINDOW}]))`
/** Reasons and the like that occurred in the shown time. */
export const counted = (metric: string, by: string) =>
  countedOf(sumRate(metric, by), metric, BY_INSTANCE, by)
