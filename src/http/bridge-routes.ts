/** What the bridge serves beside its metrics: a landing page, and JSON about what arrives. */
import type Router from '@koa/router'

export interface BridgeApi {
  readonly version: string
  readonly telemetryPath: string
  /** Rows of all workers: agents, interfaces, hosts, containers, sources. */
  query(what: string, argument?: unknown): Promise<readonly unknown[]>
}

const LISTS = ['agents', 'interfaces', 'hosts', 'containers', 'sources'] as const

export function bridgeRoutes(router: Router, api: BridgeApi): void {
  router.get('/', ctx => {
    ctx.type = 'html'
    ctx.body = landingPage(api)
  })
  for (const what of LISTS) {
    router.get(`/api/v1/${what}`, async ctx => {
      const agent = typeof ctx.query.agent === 'string' ? ctx.query.agent : undefined
      ctx.body = await api.query(what, agent === undefined ? undefined : { agent })
    })
  }
  router.get('/sd', async ctx => {
    const agents = (await api.query('agents')) as readonly { agent: string }[]
    const addresses = Array.from(new Set(agents.map(({ agent }) => agent))).sort()
    ctx.body = addresses.map(agent => ({ targets: [agent], labels: { __meta_sflow_agent: agent } }))
  })
}

function landingPage({ version, telemetryPath }: BridgeApi): string {
  const links = [
    [telemetryPath, 'metrics for Prometheus'],
    ...LISTS.map(what => [`/api/v1/${what}`, `${what} as JSON`]),
    ['/sd', 'agents as targets for http_sd'],
    ['/-/healthy', 'alive'],
    ['/-/ready', 'ready'],
  ]
  const items = links.map(([href, text]) => `<li><a href="${href}">${href}</a> ${text}</li>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sflow-bridge</title></head>
<body><h1>sflow-bridge ${version}</h1><p>sFlow v5 to Prometheus.</p><ul>${items.join('')}</ul></body></html>
`
}
