/** `/agent?target=ADDRESS`: one agent under the names of snmp_exporter and node_exporter. */
import type Router from '@koa/router'
import { agentPage } from '../metrics/agent-page.ts'
import type { DescribedSource } from '../metrics/compat.ts'
import { CONTENT_TYPES } from '../metrics/negotiate.ts'
import { HttpError } from './errors.ts'

export type Query = (what: string, argument?: unknown) => Promise<readonly unknown[]>

export function agentRoutes(router: Router, query: Query): void {
  router.get('/agent', async ctx => {
    const { target } = ctx.query
    if (typeof target !== 'string' || target === '') {
      throw new HttpError(400, 'bad_request', 'target is needed: the address of an agent')
    }
    const agent = target.replace(/^\[(.*)\]$/, '$1')
    const agents = (await query('agents')) as readonly {
      readonly agent: string
      readonly uptimeMs: number
    }[]
    const known = agents.find(one => one.agent === agent)
    if (known === undefined) {
      // Prometheus takes it for down, as it should.
      throw new HttpError(404, 'not_found', `no agent ${agent} is known`)
    }
    const [interfaces, hosts] = await Promise.all([
      query('interfaces', { agent }),
      query('hosts', { agent }),
    ])
    const page = agentPage(
      interfaces as readonly DescribedSource[],
      (hosts as readonly (DescribedSource & { kind: string })[]).filter(
        ({ kind }) => kind === 'host',
      ),
      known.uptimeMs,
    )
    ctx.body = page
    ctx.set('Content-Type', CONTENT_TYPES.text)
  })
}
