/** What the rows of the dashboard Interfaces share: how ports are told apart, and plain queries over them. */
import { gaugeOf, rateOf, totalRateOf } from '../src/dashboards/queries.ts'
import { BY_INTERFACE } from './variables.ts'

export const PORT = 'agent, ifindex, ifname'
export const LEGEND = '{{agent}} {{ifname}}'
export const rate = (metric: string) => rateOf(metric, BY_INTERFACE, PORT)
export const gauge = (metric: string) => gaugeOf(metric, BY_INTERFACE, PORT)
export const total = (metric: string) => totalRateOf(metric, BY_INTERFACE)

export const UP_OR_DOWN = {
  0: { text: 'down', color: 'red' },
  1: { text: 'up', color: 'green' },
} as const
