/**
 * `/api/v1/…` for flows: definitions, thresholds, groups and maps (GET, PUT, DELETE), the flows of
 * the moment, and events by long-poll. Names of parameters are sFlow-RT's: maxFlows, minValue,
 * aggMode, eventID, maxEvents, timeout.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import {
  API_KINDS,
  type ApiKind,
  type ApiRefusal,
  type ApiReply,
  type FlowApi,
} from '../flows/api.ts'
import { COMBINATIONS } from '../flows/queries.ts'
import { TOPOLOGY } from '../flows/settings-layers.ts'
import { readJson } from './body.ts'
import { HttpError } from './errors.ts'

const STATUS: Readonly<Record<ApiRefusal, number>> = {
  not_found: 404,
  invalid: 400,
  too_many: 409,
  in_use: 409,
  not_durable: 503,
}

const FLOWS_MAX = 1_000
const FLOWS_DEFAULT = 100
const EVENTS_MAX = 1_000
/** Proxies give up after a minute. */
const WAIT_SECONDS_MAX = 55
/** Each holds a connection; one more gets its answer at once. */
const WAITING_MAX = 100

export function flowRoutes(router: Router, api: FlowApi): void {
  for (const kind of API_KINDS) kindRoutes(router, api, kind)
  topologyRoutes(router, api)
  router.get('/api/v1/flowkeys', ctx => {
    ctx.body = api.flowKeys()
  })
  router.get('/api/v1/activeflows', async ctx => {
    const query = activeFlowQuery(ctx)
    const answers: Record<string, unknown> = {}
    for (const name of Object.keys(api.list('flows'))) {
      const reply = await api.activeFlows(name, query)
      // edge and core are for definitions by interface: the others have no such answer.
      if (reply.ok) answers[name] = reply.value.map(withError)
    }
    ctx.body = answers
  })
  router.get('/api/v1/activeflows/:name', async ctx => {
    const flows = valueOrThrow(await api.activeFlows(nameOf(ctx), activeFlowQuery(ctx)))
    ctx.body = flows.map(withError)
  })
  router.get('/api/v1/flowvalue/:name', async ctx => {
    const key = textParameter(ctx, 'key')
    if (key === undefined) throw badParameter('key', 'the key of the flow, its parts with commas')
    const query = {
      name: nameOf(ctx),
      agent: textParameter(ctx, 'agent') ?? '',
      dataSource: textParameter(ctx, 'dataSource') ?? '',
      key,
    }
    ctx.body = { ...query, value: finite(valueOrThrow(await api.flowValue(query))) }
  })
  eventRoutes(router, api)
}

function kindRoutes(router: Router, api: FlowApi, kind: ApiKind): void {
  router.get(`/api/v1/${kind}`, ctx => {
    ctx.body = api.list(kind)
  })
  router.get(`/api/v1/${kind}/:name`, ctx => {
    ctx.body = valueOrThrow(api.get(kind, nameOf(ctx)))
  })
  router.put(`/api/v1/${kind}/:name`, async ctx => {
    const durable = flagParameter(ctx, 'durable')
    const isNew = valueOrThrow(await api.put(kind, nameOf(ctx), await readJson(ctx), durable))
    ctx.status = isNew ? 201 : 200
    ctx.body = valueOrThrow(api.get(kind, nameOf(ctx)))
  })
  router.delete(`/api/v1/${kind}/:name`, async ctx => {
    valueOrThrow(await api.remove(kind, nameOf(ctx)))
    ctx.status = 204
  })
}

/** There is one, so it has no name. What is deleted comes back with the next reload, if the file has it. */
function topologyRoutes(router: Router, api: FlowApi): void {
  const path = '/api/v1/topology'
  router.get(path, ctx => {
    ctx.body = api.list(TOPOLOGY)[TOPOLOGY] ?? {}
  })
  router.put(path, async ctx => {
    const durable = flagParameter(ctx, 'durable')
    valueOrThrow(await api.put(TOPOLOGY, TOPOLOGY, await readJson(ctx), durable))
    ctx.body = api.list(TOPOLOGY)[TOPOLOGY]
  })
  router.delete(path, async ctx => {
    valueOrThrow(await api.remove(TOPOLOGY, TOPOLOGY))
    ctx.status = 204
  })
}

function eventRoutes(router: Router, api: FlowApi): void {
  let waiting = 0
  router.get('/api/v1/events', async ctx => {
    const thresholds = textParameter(ctx, 'thresholdID')?.split(',')
    const query = {
      after: numberParameter(ctx, 'eventID', 0, 0, Number.MAX_SAFE_INTEGER),
      max: numberParameter(ctx, 'maxEvents', EVENTS_MAX, 1, EVENTS_MAX),
      ...(thresholds === undefined ? {} : { thresholds }),
    }
    const seconds = numberParameter(ctx, 'timeout', 0, 0, WAIT_SECONDS_MAX)
    const gone = new AbortController()
    ctx.res.once('close', () => gone.abort())
    const waits = seconds > 0 && waiting < WAITING_MAX
    if (!waits) gone.abort()
    else waiting += 1
    try {
      const timeout = AbortSignal.timeout(seconds * 1_000)
      const events = await api.events(query, AbortSignal.any([gone.signal, timeout]))
      ctx.body = events.map(event => ({ ...event, error: finite(event.error) }))
    } finally {
      if (waits) waiting -= 1
    }
  })
}

function withError<Flow extends { readonly errorRatio: number }>(flow: Flow) {
  return { ...flow, errorRatio: finite(flow.errorRatio) }
}

function activeFlowQuery(ctx: Context) {
  const given = (textParameter(ctx, 'aggMode') ?? 'max').toLowerCase()
  const combine = COMBINATIONS.find(one => one === given)
  if (combine === undefined) throw badParameter('aggMode', COMBINATIONS.join(', '))
  return {
    max: numberParameter(ctx, 'maxFlows', FLOWS_DEFAULT, 1, FLOWS_MAX),
    minValue: numberParameter(ctx, 'minValue', 0, 0, Number.MAX_VALUE),
    agent: textParameter(ctx, 'agent'),
    labels: labelFilter(ctx),
    combine,
  } as const
}

/** `filter=ipsource=10.0.0.1,10.0.0.2&filter=...`: labels and the values that they may have. */
function labelFilter(ctx: Context): Readonly<Record<string, readonly string[]>> | undefined {
  const given = ctx.query.filter
  if (given === undefined) return undefined
  const labels: Record<string, readonly string[]> = Object.create(null)
  for (const text of Array.isArray(given) ? given : [given]) {
    const at = text.indexOf('=')
    if (at <= 0) throw badParameter('filter', 'label=value, or label=value,value')
    labels[text.slice(0, at)] = text.slice(at + 1).split(',')
  }
  return labels
}

function nameOf(ctx: Context & { readonly params?: Readonly<Record<string, string>> }): string {
  return ctx.params?.name ?? ''
}

function textParameter(ctx: Context, name: string): string | undefined {
  const given = ctx.query[name]
  if (Array.isArray(given)) throw badParameter(name, 'one value')
  return given
}

function flagParameter(ctx: Context, name: string): boolean {
  const given = textParameter(ctx, name)
  if (given === undefined || given === 'false') return false
  if (given === 'true' || given === '') return true
  throw badParameter(name, 'true or false')
}

function numberParameter(
  ctx: Context,
  name: string,
  absent: number,
  min: number,
  max: number,
): number {
  const given = textParameter(ctx, name)
  if (given === undefined) return absent
  const number = given.trim() === '' ? Number.NaN : Number(given)
  if (number >= min && number <= max) return number
  throw badParameter(name, `a number from ${min} to ${max}`)
}

function badParameter(name: string, expected: string): HttpError {
  return new HttpError(400, 'bad_parameter', `parameter ${name}: expected ${expected}`)
}

/** JSON has no word for "not a number": it becomes null there, so it is left out as 0 never would. */
function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null
}

function valueOrThrow<T>(reply: ApiReply<T>): T {
  if (reply.ok) return reply.value
  const { reason, message, details } = reply
  throw new HttpError(STATUS[reason], reason, message, details)
}
