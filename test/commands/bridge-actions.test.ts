/** What the live page is told of controllers: as they answer, bounded, and never a fault of the bridge. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { ControllerActions } from '../../src/commands/bridge-actions.ts'
import { parseConfig } from '../../src/config/load.ts'

const ACTION = {
  id: 'a@border',
  policy: 'floods',
  what: { action: { type: 'drop' }, match: { destination: '10.1.0.4', protocol: 'udp' } },
  where: 'border',
  phase: 'active',
  times: { decided: '2026-11-23T14:06:53.599Z' },
  why: { alert: 'not shown' },
}

/** A controller that gives this answer; its URL and how often it was asked. */
async function controller(t: ExecutionContext, status: number, body: unknown) {
  const asked = { times: 0, authorization: '' }
  const server = createServer((request, response) => {
    asked.times += 1
    asked.authorization = request.headers.authorization ?? ''
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

function actionsOf(t: ExecutionContext, urls: readonly string[], clock = { nowMs: 0 }) {
  const endpoints = urls.map(url => `{url: '${url}', bearer_token: to-read, timeout: 5s}`)
  const result = parseConfig(`notify: {controller: [${endpoints.join(', ')}]}`, 'c.yaml', {})
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  const actions = new ControllerActions(result.config.notify, () => clock.nowMs)
  t.teardown(() => actions.close())
  return actions
}

test('actions are told as the controller tells them, asked for with the credentials of the file', async t => {
  const { url, asked } = await controller(t, 200, { actions: [ACTION], refusals: {} })
  const { actions, failures } = await actionsOf(t, [url]).list()
  t.deepEqual(failures, [])
  t.deepEqual(actions, [
    {
      id: 'a@border',
      policy: 'floods',
      action: 'drop',
      match: { destination: '10.1.0.4', protocol: 'udp' },
      where: 'border',
      phase: 'active',
      since: '2026-11-23T14:06:53.599Z',
    },
  ])
  t.is(asked.authorization, 'Bearer to-read')
})

test('a controller is asked at most every two seconds, whoever looks', async t => {
  const { url, asked } = await controller(t, 200, { actions: [] })
  const clock = { nowMs: 10_000 }
  const actions = actionsOf(t, [url], clock)
  await Promise.all([actions.list(), actions.list(), actions.list()])
  clock.nowMs += 1_999
  await actions.list()
  t.is(asked.times, 1)
  clock.nowMs += 1
  await actions.list()
  t.is(asked.times, 2)
})

test('no more than 200 actions are told', async t => {
  const { url } = await controller(t, 200, { actions: Array(300).fill(ACTION) })
  t.is((await actionsOf(t, [url, url]).list()).actions.length, 200)
})

for (const [what, status, body] of [
  ['that refuses', 403, { error: {} }],
  ['that answers something else', 200, { status: 'ok' }],
  ['that answers a list', 200, [1, 2]],
  ['that answers nothing', 200, null],
] as const) {
  test(`a controller ${what} is named, the others are told`, async t => {
    const bad = await controller(t, status, body)
    const good = await controller(t, 200, { actions: [ACTION] })
    const { actions, failures } = await actionsOf(t, [bad.url, good.url]).list()
    t.is(actions.length, 1)
    t.deepEqual(failures, [`${bad.url}: ${status}`])
  })
}

test('without controllers there is nothing, and nobody is asked', async t => {
  t.deepEqual(await actionsOf(t, []).list(), { actions: [], failures: [] })
})
