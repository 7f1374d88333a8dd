/**
 * Section `flows`: definitions with sFlow-RT's names. What keys, values and filters mean is checked
 * where they are compiled (flow-check.ts); here stand their forms, limits and defaults.
 */
import { z } from 'zod'
import {
  BY,
  DEFINITION_DEFAULTS,
  DEFINITION_RANGES,
  KEYS_MAX,
  PORTS,
  VALUES_MAX,
} from '../flows/definition.ts'
import { FILTER_LENGTH_MAX } from '../flows/filter/parse.ts'
import { EXPRESSION_LENGTH_MAX } from '../flows/functions/parse.ts'
import { identifier } from './kinds.ts'

const DEFINITIONS_MAX = 1_024

const expression = z.string().max(EXPRESSION_LENGTH_MAX)

function ranged(name: keyof typeof DEFINITION_RANGES, what: string) {
  const [least, most] = DEFINITION_RANGES[name]
  const number = name === 't' ? z.number() : z.int()
  return number.min(least).max(most).default(DEFINITION_DEFAULTS[name]).describe(what)
}

export const flowSchema = z.strictObject({
  name: identifier.describe(
    'Name of the definition: sflow_flow_NAME_bytes_total. One of a shipped definition replaces it.',
  ),
  keys: z
    .union([z.string().max(EXPRESSION_LENGTH_MAX * 4), z.array(expression).max(KEYS_MAX)])
    .optional()
    .describe(
      'What makes a flow: keys and functions, a list or one text with commas. None: one flow for each unit of `by`.',
    ),
  labels: z
    .union([z.array(z.string().max(128)).max(KEYS_MAX), z.record(expression, z.string().max(128))])
    .optional()
    .describe(
      'Label names for the keys: a list in their order, or key and label. Default: the key itself.',
    ),
  value: expression
    .default(DEFINITION_DEFAULTS.value)
    .describe(
      'What is measured: bytes, frames, requests, a key that is a number, or count:, avg:, min:, max: before a key.',
    ),
  values: z
    .union([expression, z.array(expression).max(VALUES_MAX)])
    .optional()
    .describe('More numbers for each flow, such as sources=count:ipsource.'),
  filter: z
    .string()
    .max(FILTER_LENGTH_MAX)
    .optional()
    .describe('Which samples are meant: vlan=10&tcpdestinationport=80,443.'),
  t: ranged(
    't',
    'Time constant of the smoothed rate. Unit: seconds. Why 2: a compromise between one second and few false alarms.',
  ),
  n: ranged(
    'n',
    'Flows at the top of each unit of `by` that are shown. Unit: flows. Why 5: what sFlow-RT keeps.',
  ),
  by: z
    .enum(BY)
    .default(DEFINITION_DEFAULTS.by)
    .describe('What the largest flows are taken of: each interface, each agent, or all together.'),
  ports: z
    .enum(PORTS)
    .default(DEFINITION_DEFAULTS.ports)
    .describe('Samples of which ports: all, edge (no link in the topology), core (with one).'),
  dropped: z
    .boolean()
    .default(false)
    .describe('Read drop notifications instead of packet samples.'),
  max: ranged(
    'max',
    'Live series, of one metric. Unit: flows. Why 1000: with five metrics each it is 5,000 series.',
  ),
  budget: ranged(
    'budget',
    'Series created in an hour, of one metric. Unit: flows. Why 2000: all of `max` may change twice.',
  ),
  series: z
    .boolean()
    .default(true)
    .describe('Whether flows become metrics; false: only events and /api/v1/activeflows.'),
  enabled: z
    .boolean()
    .default(true)
    .describe('false switches the definition off, or the shipped one of its name.'),
})

/** Besides those that are shipped. */
export const flowsSchema = z.array(flowSchema).max(DEFINITIONS_MAX).prefault([])
