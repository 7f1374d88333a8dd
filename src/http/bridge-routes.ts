/** What the bridge serves beside its metrics: a live page, and JSON about what arrives. */
import type Router from '@koa/router'
import { type PageLink, webRoutes } from './web-routes.ts'

export interface BridgeApi {
  readonly version: string
  readonly telemetryPath: string
  /** Rows of all workers: agents, interfaces, hosts, containers, sources. */
  query(what: string, argument?: unknown): Promise<readonly unknown[]>
  /** What the controllers do that are told of events. */
  actions(): Promise<unknown>
}

/** Metrics that one question may choose. */
const READINGS_MAX = 64

const LISTS = ['agents', 'interfaces', 'hosts', 'containers', 'sources'] as const

export function bridgeRoutes(router: Router, api: BridgeApi): void {
  webRoutes(router, pageLinks(api))
  for (const what of LISTS) {
    router.get(`/api/v1/${what}`, async ctx => {
      const { agent, readings } = ctx.query
      ctx.body = await api.query(what, {
        ...(typeof agent === 'string' ? { agent } : {}),
        ...(typeof readings === 'string' ? { readings: readings.split(',', READINGS_MAX) } : {}),
      })
    })
  }
  router.get('/api/v1/interfacerates', async ctx => {
    const max = Number(ctx.query.max)
    ctx.body = await api.query('interfacerates', Number.isInteger(max) && max > 0 ? { max } : {})
  })
  router.get('/api/v1/actions', async ctx => {
    ctx.body = await api.actions()
  })
  router.get('/sd', async ctx => {
    const agents = (await api.query('agents')) as readonly { agent: string }[]
    const addresses = Array.from(new Set(agents.map(({ agent }) => agent))).sort()
    ctx.body = addresses.map(agent => ({ targets: [agent], labels: { __meta_sflow_agent: agent } }))
  })
}

function pageLinks({ version, telemetryPath }: BridgeApi): PageLink[] {
  return [
    { path: telemetryPath, text: `metrics for Prometheus (sflow-bridge ${version})` },
    ...LISTS.map(what => ({ path: `/api/v1/${what}`, text: `${what} as JSON` })),
    { path: '/sd', text: 'agents as targets for http_sd' },
    { path: '/-/healthy', text: 'alive' },
    { path: '/-/ready', text: 'ready' },
  ]
}
