/** Flows over HTTP, against a real engine: put, get, delete, ask, wait for events. */
import test from 'ava'
import { pino } from 'pino'
import { request } from 'undici'
import { parseGroup, parseMap } from '../../src/config/groups.ts'
import { describeThreshold, metricFault, parseThreshold } from '../../src/config/thresholds.ts'
import { parseTopology } from '../../src/config/topology.ts'
import type { FlowEngine } from '../../src/flows/engine.ts'
import { EventRing } from '../../src/flows/events.ts'
import { FlowBook, type FlowBookOptions } from '../../src/flows/flow-book.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { applyFlowSettings, type FlowSettings, NO_SETTINGS } from '../../src/flows/settings.ts'
import type { Entries } from '../../src/flows/settings-layers.ts'
import { flowRoutes } from '../../src/http/flow-routes.ts'
import { startHttpServer } from '../../src/http/server.ts'
import { handEngine } from '../flows/table-kit.ts'

interface Bridge {
  readonly engine: FlowEngine
  readonly book: FlowBook
  readonly ring: EventRing
  readonly persisted: Entries[]
  call(method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of many shapes
  readonly json: any
}

const FILE: FlowSettings = {
  ...NO_SETTINGS,
  flows: { ports: { name: 'ports', keys: 'inputifindex', by: 'agent' } },
}

function withBridge(
  title: string,
  run: (t: import('ava').ExecutionContext, b: Bridge) => Promise<void>,
) {
  test(title, async t => {
    const ring = new EventRing(1_000)
    const { engine } = handEngine([], { onEvent: event => ring.add(event) })
    const context = new FlowContext()
    let before = NO_SETTINGS
    const configure = async (next: FlowSettings) => {
      t.deepEqual(applyFlowSettings(engine, context, before, next), [])
      before = next
    }
    const persisted: Entries[] = []
    const options: FlowBookOptions = {
      host: {
        configure,
        activeFlows: async (name, query) => [engine.activeFlows(name, query)],
        flowValue: async ({ name, agent, dataSource, key }) => [
          engine.flowValue(name, agent, dataSource, key),
        ],
      },
      parsers: {
        threshold: parseThreshold,
        metricFault,
        group: parseGroup,
        map: parseMap,
        topology: parseTopology,
      },
      describeThreshold,
      events: ring,
      limits: { flows: 3, liveFlows: 1_000, thresholds: 2, groups: 2, maps: 2 },
      persist: async durable => void persisted.push(durable),
    }
    const book = new FlowBook(options, FILE)
    await configure(book.settings)
    const server = await startHttpServer(
      {
        listenAddress: '127.0.0.1:0',
        log: pino({ level: 'silent' }),
        ready: () => true,
        renderMetrics: async () => ({ contentType: 'text/plain', body: '' }),
      },
      router => flowRoutes(router, book),
    )
    const call = async (method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown) => {
      const answer = await request(`http://127.0.0.1:${server.port}/api/v1/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const text = await answer.body.text()
      return { status: answer.statusCode, json: text === '' ? undefined : JSON.parse(text) }
    }
    try {
      await run(t, { engine, book, ring, persisted, call })
    } finally {
      await server.close()
    }
  })
}

function sampled(engine: FlowEngine, nowMs: number, port = 7): void {
  const view = new FlowView()
  view.addressType = 1
  view.address[0] = 0x0a000001
  view.sample.inputValue = port
  view.ifIndex = port
  view.frameLength = 1_000
  view.scale = 100
  view.nowMs = nowMs
  view.stamp = nowMs + 1
  engine.sample(view)
}

withBridge('a definition is put, listed, counted, answered and deleted', async (t, b) => {
  const put = await b.call('PUT', 'flows/mine', { keys: 'inputifindex', value: 'frames', t: 5 })
  t.is(put.status, 201)
  t.is(put.json.keys, 'inputifindex')
  t.is((await b.call('PUT', 'flows/mine', { keys: 'inputifindex', t: 1 })).status, 200)
  t.deepEqual(Object.keys((await b.call('GET', 'flows')).json), ['ports', 'mine'])
  sampled(b.engine, 1_000)
  const flows = (await b.call('GET', 'activeflows/mine')).json
  t.is(flows.length, 1)
  t.is(flows[0].key, '7')
  t.is(flows[0].value, 100_000)
  t.is(flows[0].agent, '10.0.0.1')
  const all = (await b.call('GET', 'activeflows?maxFlows=1')).json
  t.deepEqual(Object.keys(all), ['ports', 'mine'])
  t.deepEqual(all.mine, flows)
  const value = await b.call('GET', 'flowvalue/mine?agent=10.0.0.1&key=7')
  t.is(value.json.value, 100_000)
  t.is((await b.call('DELETE', 'flows/mine')).status, 204)
  t.is((await b.call('GET', 'flows/mine')).status, 404)
  t.is((await b.call('GET', 'activeflows/mine')).status, 404)
  t.is((await b.call('DELETE', 'flows/mine')).status, 404)
})

withBridge('a wrong definition is refused with the place of the fault', async (t, b) => {
  const refused = await b.call('PUT', 'flows/mine', { keys: 'inputifindex,nonsense' })
  t.is(refused.status, 400)
  t.is(refused.json.error.code, 'invalid')
  t.is(refused.json.error.attribute, 'keys')
  t.is(typeof refused.json.error.position, 'number')
  t.is((await b.call('GET', 'flows/mine')).status, 404)
})

withBridge('a change of one definition leaves the totals of others alone', async (t, b) => {
  for (let second = 0; second < 60; second++) {
    sampled(b.engine, second * 1_000)
    b.engine.tick(second * 1_000)
  }
  const total = () =>
    b.engine.snapshot(60_000).find(({ name }) => name === 'sflow_flow_ports_bytes_total')?.values[0]
  const before = total()
  t.true((before ?? 0) > 0)
  await b.call('PUT', 'flows/mine', { keys: 'inputifindex' })
  await b.call('PUT', 'groups/lab', ['10.0.0.0/8'])
  t.is(total(), before)
})

withBridge('what is put to be durable is persisted until it is deleted', async (t, b) => {
  await b.call('PUT', 'flows/kept?durable=true', { keys: 'inputifindex' })
  t.deepEqual(Object.keys(b.persisted.at(-1)?.flows ?? {}), ['kept'])
  await b.call('PUT', 'flows/other', { keys: 'inputifindex' })
  t.is(b.persisted.length, 1)
  await b.call('DELETE', 'flows/kept')
  t.deepEqual(b.persisted.at(-1)?.flows, {})
})

withBridge('more than the limit is refused, and so are bad names', async (t, b) => {
  await b.call('PUT', 'flows/a', { keys: 'inputifindex' })
  await b.call('PUT', 'flows/b', { keys: 'inputifindex' })
  t.is((await b.call('PUT', 'flows/c', { keys: 'inputifindex' })).status, 409)
  t.is((await b.call('PUT', 'flows/a', { keys: 'outputifindex' })).status, 200)
  await b.call('PUT', 'flows/a', { keys: 'inputifindex' })
  await b.call('DELETE', 'flows/b')
  await b.call('PUT', 'flows/c-d', { keys: 'inputifindex' })
  await b.call('DELETE', 'flows/a')
  t.is((await b.call('PUT', 'flows/c_d', { keys: 'inputifindex' })).status, 400, 'same metrics')
  t.is((await b.call('PUT', 'maps/__proto__', {})).status, 400)
  t.is((await b.call('PUT', 'maps/a%2Fb', {})).status, 400)
})

withBridge('a threshold is put, fires, and its event ends the wait', async (t, b) => {
  const body = { flow: 'ports', value: 1_000, byFlow: true, timeout: 4 }
  t.is((await b.call('PUT', 'thresholds/busy', body)).status, 201)
  const waiting = b.call('GET', 'events?eventID=0&timeout=50')
  sampled(b.engine, 1_000)
  const events = (await waiting).json
  t.is(events.length, 1)
  t.is(events[0].eventID, 1)
  t.is(events[0].thresholdID, 'busy')
  t.is(events[0].flowKey, '7')
  t.deepEqual((await b.call('GET', 'events?eventID=1')).json, [])
  t.is((await b.call('DELETE', 'flows/ports')).status, 409, 'the threshold needs it')
  t.is((await b.call('DELETE', 'thresholds/busy')).status, 204)
  t.is((await b.call('DELETE', 'flows/ports')).status, 204)
})

withBridge('a threshold that cannot be is refused', async (t, b) => {
  for (const body of [
    { flow: 'none', value: 1 },
    { flow: 'ports', value: '10%' },
    { flow: 'ports' },
    { flow: 'ports', metric: 'x', value: 1 },
    { metric: 'ifinoctet', value: 1 },
    { flow: 'ports', value: '10 Mbit' },
    { flow: 'ports', value: 1, colour: 'red' },
    [],
  ]) {
    t.is((await b.call('PUT', 'thresholds/bad', body)).status, 400, JSON.stringify(body))
  }
})

withBridge('a threshold of sFlow-RT names its flow as the metric', async (t, b) => {
  const body = { metric: 'ports', value: 1_000, byFlow: true, timeout: 4 }
  const { status, json } = await b.call('PUT', 'thresholds/elephant', body)
  t.is(status, 201)
  t.is(json.flow, 'ports')
  sampled(b.engine, 1_000)
  t.is((await b.call('GET', 'events?eventID=0&timeout=50')).json[0].thresholdID, 'elephant')
  t.is((await b.call('DELETE', 'flows/ports')).status, 409, 'the threshold needs it')
})

withBridge('parameters that are none are refused', async (t, b) => {
  for (const path of [
    'events?timeout=forever',
    'events?timeout=3600',
    'activeflows/ports?maxFlows=0',
    'activeflows/ports?aggMode=median',
    'activeflows/ports?filter=x',
    'activeflows/ports?agent=1&agent=2',
    'flowvalue/ports',
  ]) {
    const refused = await b.call('GET', path)
    t.is(refused.status, 400, path)
    t.is(refused.json.error.code, 'bad_parameter')
  }
})

withBridge('keys are listed with what they mean', async (t, b) => {
  const keys = (await b.call('GET', 'flowkeys')).json
  t.true(keys.length > 100)
  t.truthy(keys.find((key: { name: string }) => key.name === 'ipsource')?.help)
})

withBridge('a reload replaces the file and keeps what the API added', async (t, b) => {
  await b.call('PUT', 'flows/mine', { keys: 'inputifindex' })
  await b.call('DELETE', 'flows/ports')
  await b.book
    .reload({ ...FILE, flows: { ...FILE.flows, more: { name: 'more', keys: 'outputifindex' } } })
    .catch(error => t.fail(String(error)))
  t.deepEqual(Object.keys((await b.call('GET', 'flows')).json).sort(), ['mine', 'more', 'ports'])
})

withBridge(
  'what is in use is neither deleted nor changed so that its user could not go on',
  async (t, b) => {
    await b.call('PUT', 'groups/lab', ['10.0.0.0/8'])
    await b.call('PUT', 'flows/mine', { keys: 'group:ipsource:lab', by: 'interface' })
    await b.call('PUT', 'thresholds/busy', { flow: 'mine', value: '10%' })
    const refused = await b.call('DELETE', 'groups/lab')
    t.is(refused.status, 409)
    t.is(refused.json.error.message, 'it is in use: flows mine: keys: no group is called lab')
    t.is((await b.call('PUT', 'flows/mine', { keys: 'ipsource', by: 'agent' })).status, 409)
    t.is((await b.call('PUT', 'flows/mine', { keys: 'ipsource', by: 'interface' })).status, 200)
    t.is((await b.call('DELETE', 'groups/lab')).status, 204)
  },
)

withBridge('a definition may not hold more flows than limits.flows', async (t, b) => {
  const refused = await b.call('PUT', 'flows/mine', { keys: 'ipsource', max: 1_001 })
  t.is(refused.status, 400)
  t.is(refused.json.error.message, 'max: more than limits.flows, which is 1000')
})

withBridge('what was answered can be put again', async (t, b) => {
  const body = {
    flow: 'ports',
    value: 1_000,
    release: 500,
    timeout: 1.5,
    bound: 'lower',
    filter: { agent: '10.0.0.1' },
  }
  await b.call('PUT', 'thresholds/busy', body)
  const { json } = await b.call('GET', 'thresholds/busy')
  t.like(json, { ...body, filter: { agent: ['10.0.0.1'] }, name: 'busy', byFlow: true })
  t.is((await b.call('PUT', 'thresholds/busy', json)).status, 200)
  t.deepEqual((await b.call('GET', 'thresholds/busy')).json, json)
  t.deepEqual((await b.call('GET', 'thresholds')).json, { busy: json })
})

withBridge('the topology is put, told, and deleted', async (t, b) => {
  t.deepEqual((await b.call('GET', 'topology')).json, {})
  const links = { x: { node1: '10.0.0.1', port1: 'swp1', node2: '10.0.0.2', port2: 4 } }
  t.is((await b.call('PUT', 'topology?durable=true', { version: 1, links })).status, 200)
  t.deepEqual((await b.call('GET', 'topology')).json, { nodes: {}, links })
  t.truthy(b.persisted.at(-1)?.topology.topology)
  const refused = await b.call('PUT', 'topology', { links: { x: { ...links.x, node2: 'spine' } } })
  t.is(refused.status, 400)
  t.regex(refused.json.error.message, /^links\.x\.node2: there is no node spine/)
  t.is((await b.call('DELETE', 'topology')).status, 204)
  t.is((await b.call('DELETE', 'topology')).status, 404)
})
