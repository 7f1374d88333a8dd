/** When thresholds fire and end: per sample, with hysteresis, by flow or by source, by port speed. */
import test from 'ava'
import type { FlowDefinition } from '../../src/flows/compiled.ts'
import type { FlowEngineOptions } from '../../src/flows/engine.ts'
import { EventRing, type ThresholdEvent } from '../../src/flows/events.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import type { MetricReading, ThresholdDefinition } from '../../src/flows/threshold.ts'
import { HandView, handEngine, handFlow, seeded } from './table-kit.ts'

/** 10 % of 1 Gbit/s in bytes. */
const ELEPHANT = 12_500_000

function threshold(changes: Partial<ThresholdDefinition> = {}): ThresholdDefinition {
  return {
    name: 'elephant',
    flow: 'hand',
    value: { value: ELEPHANT },
    byFlow: true,
    filter: { ifspeed: [], agents: [] },
    timeoutMs: 4_000,
    decideOn: 'estimate',
    labels: { acl_action: 'mark' },
    notify: true,
    ...changes,
  }
}

function scene(
  changes: Partial<ThresholdDefinition> = {},
  flow: Partial<FlowDefinition> = {},
  options: Partial<FlowEngineOptions> = {},
) {
  const definition = { t: 1, by: 'interface', series: false, ...flow } as const
  const { engine, events } = handEngine([handFlow(definition)], options)
  const fault = engine.setThreshold(threshold(changes))
  const view = new HandView()
  const send = (nowMs: number, key: number, share: number, more: { ifIndex?: number } = {}) => {
    // A tenth of a second's worth of a flow that has `share` of 1 Gbit/s.
    engine.sample(view.take({ key, length: 1_250, scale: 10_000 * share, nowMs, ...more }))
  }
  const run = (fromMs: number, toMs: number, key: number, share: number) => {
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 100) {
      if (share > 0) send(nowMs, key, share)
      if (nowMs % 1_000 === 0) engine.tick(nowMs)
    }
  }
  return { engine, events, fault, send, run }
}

test('an elephant fires once, at the sample that carries it over, and is over after the timeout', t => {
  const { engine, events, run } = scene()
  run(0, 10_000, 5, 0.2)
  t.is(events.length, 1)
  const [fired] = events
  t.is(fired?.status, 'firing')
  t.is(fired?.thresholdID, 'elephant')
  t.is(fired?.metric, 'hand')
  t.is(fired?.agent, '10.0.0.1')
  t.is(fired?.dataSource, '1')
  t.is(fired?.flowKey, 'key5')
  t.is(fired?.threshold, ELEPHANT)
  t.true((fired?.timestamp ?? 0) < 1_000)
  t.true((fired?.value ?? 0) >= ELEPHANT)
  t.true((fired?.lowerBound ?? 0) < (fired?.value ?? 0))
  t.true((fired?.upperBound ?? 0) > (fired?.value ?? 0))
  t.deepEqual(fired?.labels, {
    ipsource: 'key5',
    agent: '10.0.0.1',
    ifindex: '1',
    acl_action: 'mark',
  })
  run(10_000, 20_000, 5, 0)
  t.is(events.length, 2)
  const ended = events[1]
  t.is(ended?.status, 'resolved')
  t.is(ended?.crossing, fired?.crossing)
  // Half of 20 % is left after 0.7 s; then the timeout of 4 s.
  t.true((ended?.timestamp ?? 0) >= 14_000 && (ended?.timestamp ?? 0) <= 16_000)
  t.is(engine.thresholds()[0]?.active, 0)
})

test('a dip shorter than the timeout is not the end, and no second event', t => {
  const { events, run } = scene()
  run(0, 5_000, 5, 0.2)
  run(5_000, 8_000, 5, 0)
  run(8_000, 12_000, 5, 0.2)
  t.is(events.length, 1)
})

test('between release and value it stays active; below release it ends', t => {
  const { events, run } = scene({ release: { value: ELEPHANT / 4 } })
  run(0, 5_000, 5, 0.2)
  run(5_000, 20_000, 5, 0.05)
  t.is(events.length, 1)
  run(20_000, 40_000, 5, 0.01)
  t.is(events.length, 2)
})

test('a mouse of a thousandth of the link never fires', t => {
  const { events, run } = scene()
  run(0, 60_000, 5, 0.001)
  t.deepEqual(events, [])
})

test('each flow has its own event; without byFlow each source has one', t => {
  const apart = scene()
  const together = scene({ byFlow: false })
  for (const { engine, send } of [apart, together]) {
    for (let nowMs = 0; nowMs < 3_000; nowMs += 100) {
      send(nowMs, 1, 0.3)
      send(nowMs, 2, 0.3)
      send(nowMs, 2, 0.3, { ifIndex: 2 })
      if (nowMs % 1_000 === 0) engine.tick(nowMs)
    }
  }
  t.deepEqual(apart.events.map(({ dataSource, flowKey }) => `${dataSource} ${flowKey}`).sort(), [
    '1 key1',
    '1 key2',
    '2 key2',
  ])
  t.deepEqual(together.events.map(({ dataSource, flowKey }) => `${dataSource} ${flowKey}`).sort(), [
    '1 ',
    '2 ',
  ])
  together.run(3_000, 20_000, 9, 0)
  t.is(together.events.filter(({ status }) => status === 'resolved').length, 2)
})

for (const { title, change, speed, fires } of [
  { title: 'a share of the speed', change: { value: { share: 0.1 } }, speed: 1e9, fires: true },
  {
    title: 'a share of a faster port',
    change: { value: { share: 0.1 } },
    speed: 1e10,
    fires: false,
  },
  {
    title: 'a share of an unknown speed',
    change: { value: { share: 0.1 } },
    speed: 0,
    fires: false,
  },
  {
    title: 'the speed that the filter names',
    change: { filter: { ifspeed: [1e9], agents: [] } },
    speed: 1e9,
    fires: true,
  },
  {
    title: 'another speed than the filter names',
    change: { filter: { ifspeed: [1e9], agents: [] } },
    speed: 1e10,
    fires: false,
  },
  {
    title: 'an agent that the filter names',
    change: { filter: { ifspeed: [], agents: ['10.0.0.1'] } },
    speed: 0,
    fires: true,
  },
  {
    title: 'an agent that the filter does not name',
    change: { filter: { ifspeed: [], agents: ['10.0.0.9'] } },
    speed: 0,
    fires: false,
  },
]) {
  test(`20 % of 1 Gbit/s ${fires ? 'fires' : 'does not fire'} on ${title}`, t => {
    const metrics = { interfaceSpeed: () => speed, readings: () => {} }
    const { events, run } = scene(change, {}, { metrics })
    run(0, 5_000, 5, 0.2)
    t.is(events.length, fires ? 1 : 0)
  })
}

test('the lower bound wants more samples than the estimate does', t => {
  const estimate = scene()
  const lower = scene({ decideOn: 'lower' })
  for (const { run } of [estimate, lower]) run(0, 1, 5, 1)
  t.deepEqual([estimate.events.length, lower.events.length], [1, 0])
  lower.run(100, 5_000, 5, 1)
  t.is(lower.events.length, 1)
  t.true((lower.events[0]?.lowerBound ?? 0) >= ELEPHANT)
})

test('beyond the limit crossings are refused and counted, and make no event', t => {
  const { engine, events, send } = scene({}, {}, { limits: { ...FLOW_LIMITS, activeMax: 10 } })
  for (let key = 0; key < 100; key++) send(0, key, 1)
  t.is(events.length, 10)
  const refused = engine.snapshot(0).find(({ name }) => name.endsWith('events_refused_total'))
  t.deepEqual([refused?.labels, refused?.values[0]], [['threshold="elephant"'], 90])
})

test('what is active and what has fired is told as metrics', t => {
  const { engine, run } = scene()
  const lines = () =>
    engine
      .snapshot(0)
      .filter(({ name }) => name.startsWith('sflow_threshold'))
      .flatMap(({ name, labels, values }) =>
        labels.map((text, at) => `${name}{${text}} ${values[at]}`),
      )
  run(0, 3_000, 5, 0.2)
  const active = 'sflow_threshold_active{threshold="elephant",agent="10.0.0.1",ifindex="1"}'
  t.true(lines().includes(`${active} 1`))
  t.true(lines().includes('sflow_threshold_events_total{threshold="elephant"} 1'))
  run(3_000, 20_000, 5, 0)
  t.true(lines().includes(`${active} 0`))
})

test('a removed threshold, and a removed flow, end what is active', t => {
  for (const end of ['removeThreshold', 'remove'] as const) {
    const { engine, events, run } = scene()
    run(0, 3_000, 5, 0.2)
    engine[end](end === 'remove' ? 'hand' : 'elephant')
    t.deepEqual(
      events.map(({ status }) => status),
      ['firing', 'resolved'],
    )
    t.deepEqual(engine.thresholds(), [])
  }
})

test('a changed flow ends what is active, and keeps the thresholds that still fit it', t => {
  const { engine, events, run } = scene({ value: { share: 0.1 } })
  run(0, 3_000, 5, 0.2)
  engine.define(handFlow({ t: 2, by: 'interface', series: false }))
  t.deepEqual(
    events.map(({ status }) => status),
    ['firing', 'resolved'],
  )
  run(3_000, 8_000, 5, 0.2)
  t.is(events.length, 3)
  engine.define(handFlow({ t: 2, by: 'agent', series: false }))
  t.is(events.length, 4)
  t.deepEqual(engine.thresholds(), [])
})

for (const { title, change, flow, fault } of [
  { title: 'an unknown flow', change: { flow: 'none' }, flow: {}, fault: /no flow definition/ },
  { title: 'flow and metric at once', change: { metric: 'x' }, flow: {}, fault: /one of the two/ },
  {
    title: 'a share on a flow that is not by interface',
    change: { value: { share: 0.1 } },
    flow: { by: 'agent' },
    fault: /by interface/,
  },
  {
    title: 'an agent on a flow of all agents',
    change: { filter: { ifspeed: [], agents: ['10.0.0.1'] } },
    flow: { by: 'all' },
    fault: /by agent/,
  },
] as const) {
  test(`a threshold on ${title} is refused with a reason`, t => {
    t.regex(scene(change, flow).fault ?? '', fault)
  })
}

test('receivers are told better numbers as they come, and the distinct sources', t => {
  const flow = { by: 'all', series: true, values: ['count:source'] } as const
  const told: ThresholdEvent[] = []
  const { engine } = handEngine([handFlow(flow)], { onEvent: event => told.push(event) })
  engine.setThreshold(threshold({ value: { value: 100 } }))
  const view = new HandView()
  const ring = new EventRing(100)
  for (let second = 0; second < 16; second++) {
    for (let source = 0; source < 50; source++) {
      engine.sample(view.take({ key: 1, source, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
  }
  for (const event of told) ring.add(event)
  t.deepEqual(
    told.map(({ timestamp, isUpdate }) => [timestamp / 1_000, isUpdate]),
    [
      [0, false],
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, true],
      [10, true],
      [15, true],
    ],
  )
  t.deepEqual(told[0]?.values, { count_source: 1 }, 'the sample that carried it over')
  t.true(Math.abs((told.at(-1)?.values.count_source ?? 0) - 50) < 8)
  t.true((told.at(-1)?.error ?? 1) < (told[0]?.error ?? 0))
  t.is(ring.last, 1, 'updates are no events')
})

test('distinct sources of what a threshold holds are told, also where no flow is a series', t => {
  const flow = { by: 'all', series: false, values: ['count:source'] } as const
  const told: ThresholdEvent[] = []
  const { engine } = handEngine([handFlow(flow)], { onEvent: event => told.push(event) })
  engine.setThreshold(threshold({ value: { value: 100 } }))
  const view = new HandView()
  for (let second = 0; second < 300; second++) {
    const sources = second < 10 ? 50 : 1
    for (let source = 0; source < sources; source++) {
      engine.sample(view.take({ key: 1, source, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
  }
  const sourcesAt = (second: number) =>
    told.findLast(({ timestamp }) => timestamp <= second * 1_000)?.values.count_source ?? 0
  t.true(Math.abs(sourcesAt(10) - 50) < 8)
  t.is(sourcesAt(299), 1, 'sources that have gone are forgotten after two windows')
})

test('numbers of a flow that another one was begin anew', t => {
  const flow = { t: 1, by: 'all', series: false, values: ['count:source'] } as const
  const { engine, events } = handEngine([handFlow(flow)])
  engine.setThreshold(threshold({ value: { value: 1_000 }, timeoutMs: 0 }))
  const view = new HandView()
  for (let source = 0; source < 50; source++) engine.sample(view.take({ key: 1, source, nowMs: 0 }))
  for (let second = 1; second < 30; second++) engine.tick(second * 1_000)
  engine.sample(view.take({ key: 2, source: 7, nowMs: 30_000 }))
  t.deepEqual(
    events.map(({ flowKey, status }) => `${flowKey} ${status}`),
    ['key1 firing', 'key1 resolved', 'key2 firing'],
  )
  t.deepEqual(events.at(-1)?.values, { count_source: 1 })
})

test('a threshold on distinct sources looks at exported flows', t => {
  const flow = { by: 'all', series: true, value: 'count:source' } as const
  const { engine, events } = handEngine([handFlow(flow)])
  t.is(engine.setThreshold(threshold({ value: { value: 100 } })), undefined)
  const view = new HandView()
  const random = seeded(8)
  for (let second = 0; second < 10; second++) {
    for (let sample = 0; sample < 50; sample++) {
      const source = Math.floor(random() * 2 ** 31)
      engine.sample(view.take({ key: 1, source, nowMs: second * 1_000 }))
      engine.sample(view.take({ key: 2, source: 5, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
  }
  t.deepEqual(
    events.map(({ flowKey }) => flowKey),
    ['key1'],
  )
})

test('a metric fires for each source and ends when the source goes below or away', t => {
  let readings: MetricReading[] = []
  const metrics = {
    interfaceSpeed: () => 0,
    readings: (_metric: string, visit: (reading: MetricReading) => void) => readings.forEach(visit),
  }
  const { engine, events } = handEngine([], { metrics })
  const reading = (dataSource: string, value: number): MetricReading => {
    return {
      agent: '10.0.0.1',
      dataSource,
      value,
      speed: 1e9,
      labels: { ifname: `swp${dataSource}` },
    }
  }
  const changes = { flow: undefined, metric: 'ifinutilization', byFlow: false, labels: {} }
  t.is(engine.setThreshold(threshold({ ...changes, value: { value: 80 } })), undefined)
  readings = [reading('1', 85), reading('2', 20), reading('3', 90)]
  for (let second = 0; second < 5; second++) engine.tick(second * 1_000)
  t.deepEqual(
    events.map(({ status, labels, error }) => [status, labels.ifname, error]),
    [
      ['firing', 'swp1', 0],
      ['firing', 'swp3', 0],
    ],
  )
  readings = [reading('1', 10), reading('2', 20)]
  for (let second = 5; second < 15; second++) engine.tick(second * 1_000)
  t.deepEqual(
    events.slice(2).map(({ status, dataSource }) => [status, dataSource]),
    [
      ['resolved', '1'],
      ['resolved', '3'],
    ],
  )
})
