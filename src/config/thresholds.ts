/**
 * Section `thresholds`: when a flow or a metric makes an event. The names are sFlow-RT's where it has
 * one: `byFlow`, `timeout` in seconds, `filter` with `ifspeed`.
 */
import { z } from 'zod'
import { METRICS } from '../engine/metric-readings.ts'
import type { Level, ThresholdDefinition } from '../flows/threshold.ts'
import { nearest } from '../text.ts'
import { agentAddress, duration, identifier } from './kinds.ts'

const THRESHOLDS_MAX = 256
const LABELS_MAX = 32

const share = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,4})?%$/, 'expected a number, or a share of the interface speed: 10%')
  .transform((text): Level => ({ share: Number(text.slice(0, -1)) / 100 }))

const level = z.union([
  z
    .number()
    .nonnegative()
    .transform((value): Level => ({ value })),
  share,
])

const labels = z
  .record(
    z
      .string()
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/, 'expected a label name: letters, digits and _'),
    z.string().max(512),
  )
  .refine(map => Object.keys(map).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`)
  .refine(map => !('alertname' in map), 'alertname is the name of the threshold')

function listOf<Item extends z.ZodType>(item: Item) {
  return z.union([item.transform(one => [one]), z.array(item).max(1_024)]).prefault([])
}

const filter = z.strictObject({
  ifspeed: listOf(z.number().positive()).describe(
    'Interface speeds in bits per second; a port of another speed, or of an unknown one, is left out. Empty: all.',
  ),
  agent: listOf(agentAddress).describe('Agent addresses. Empty: all.'),
})

const seconds = z
  .number()
  .min(0)
  .max(86_400)
  .transform(value => value * 1_000)

const timeout = z.union([
  seconds,
  duration({
    default: '4s',
    min: '0s',
    max: '1d',
    what: 'How long the value must stay below `release` before the event is over. A number is in seconds.',
    reason: 'what the elephant script of sFlow-RT uses: a pause of TCP is not the end of a flow.',
  }),
])

export const thresholdSchema = z
  .strictObject({
    name: identifier.describe(
      'Name of the threshold: `thresholdID` of events, `alertname` of alerts.',
    ),
    flow: identifier.optional().describe('The flow definition that is watched.'),
    metric: identifier
      .optional()
      .describe(
        'Instead: a metric of counters, such as ifinutilization (percent) or a gauge of the page.',
      ),
    value: level.describe(
      'From here on it fires: per second in the unit of the flow, or a share of the interface speed such as 10%.',
    ),
    release: level.optional().describe('Below this it is over; by default the same as `value`.'),
    byFlow: z
      .boolean()
      .default(true)
      .describe('One event for each flow; false: one for each source. Of no effect on metrics.'),
    filter: filter.prefault({}).describe('Which sources are meant.'),
    timeout: timeout
      .prefault(4)
      .describe('Time below `release` until it is over: seconds, or a duration. Default 4 s.'),
    bound: z
      .enum(['estimate', 'lower'])
      .default('estimate')
      .describe('What must reach `value`: the estimate, or the lower end of its 95 % interval.'),
    labels: labels
      .prefault({})
      .describe('Labels that alerts carry besides the keys of the flow: severity, acl_action.'),
    notify: z
      .boolean()
      .default(true)
      .describe('Whether the receivers of the section `notify` are told.'),
  })
  .refine(({ flow, metric }) => (flow === undefined) !== (metric === undefined), {
    message: 'a threshold is on a flow or on a metric, one of the two',
  })
  .transform(
    ({ filter: { ifspeed, agent }, timeout: timeoutMs, bound, ...rest }): ThresholdDefinition => ({
      ...rest,
      filter: { ifspeed, agents: agent },
      timeoutMs,
      decideOn: bound,
    }),
  )

export const thresholdsSchema = z.array(thresholdSchema).max(THRESHOLDS_MAX).prefault([])

/** Why no threshold can be on this metric; undefined: it can. */
export function metricFault(metric: string): string | undefined {
  if (METRICS.includes(metric)) return undefined
  const near = nearest(metric, METRICS)
  return `there is no flow definition, rate or gauge named ${metric}${near ? `, did you mean ${near}?` : ''}`
}

/** What `PUT /api/v1/thresholds/NAME` brings; the name is in the path. */
export function parseThreshold(
  name: string,
  body: unknown,
): { readonly threshold: ThresholdDefinition } | { readonly fault: string } {
  const named = typeof body === 'object' && body !== null ? { ...body, name } : body
  const parsed = thresholdSchema.safeParse(named)
  if (parsed.success) return { threshold: parsed.data }
  const issue = parsed.error.issues[0]
  return { fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}` }
}

/** A threshold as it would be put: what `GET /api/v1/thresholds/NAME` answers. */
export function describeThreshold(threshold: ThresholdDefinition): unknown {
  const { value, release, filter, timeoutMs, decideOn, ...rest } = threshold
  const { ifspeed, agents } = filter
  return {
    ...rest,
    value: levelText(value),
    ...(release === undefined ? {} : { release: levelText(release) }),
    filter: { ifspeed, agent: agents },
    timeout: timeoutMs / 1_000,
    bound: decideOn,
  }
}

function levelText(level: Level): number | string {
  return 'value' in level ? level.value : `${Number((level.share * 100).toFixed(4))}%`
}
