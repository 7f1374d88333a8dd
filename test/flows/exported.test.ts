/** Which flows become series, when, and at what number they stand: on a clock set by hand. */
import test from 'ava'
import type { FlowDefinition } from '../../src/flows/compiled.ts'
import type { FlowEngine } from '../../src/flows/engine.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { HandView, handEngine, handFlow, Store, seeded } from './table-kit.ts'

const HOLD_S = 35
const LINGER_S = 600

class Scene {
  readonly engine: FlowEngine
  readonly view = new HandView()
  second = 0

  constructor(changes: Partial<FlowDefinition>, limits = FLOW_LIMITS) {
    this.engine = handEngine([handFlow(changes)], { limits }).engine
  }

  /** One sample of each key in each of these seconds, then a tick. */
  run(seconds: number, keys: readonly number[], length = 1_000): this {
    for (let end = this.second + seconds; this.second < end; this.second++) {
      const nowMs = this.second * 1_000
      for (const key of keys) this.engine.sample(this.view.take({ key, length, nowMs }))
      this.engine.tick(nowMs + 500)
    }
    return this
  }

  /** Readings of a family by key; undefined for a key that is no series. */
  readings(suffix: string): Record<string, number> {
    const found = this.engine
      .snapshot(this.second * 1_000)
      .find(({ name }) => name === `sflow_flow_hand_${suffix}`)
    const readings: Record<string, number> = {}
    found?.labels.forEach((text, at) => {
      readings[text.replace(/.*ipsource="(.*)"/, '$1')] = found.values[at] as number
    })
    return readings
  }

  created(): number {
    return this.engine.stats().find(({ table }) => table === 'flow_hand')?.created ?? 0
  }
}

test('a flow that ranks is a series at the next tick, and shows 0 for the hold time', t => {
  const scene = new Scene({}).run(1, [1])
  t.deepEqual(scene.readings('bytes_total'), { key1: 0 })
  scene.run(HOLD_S - 1, [1])
  t.deepEqual(scene.readings('bytes_total'), { key1: 0 })
  scene.run(2, [1])
  t.deepEqual(scene.readings('bytes_total'), { key1: 100_000 })
})

test('what a held flow carries is counted as other', t => {
  const scene = new Scene({}).run(HOLD_S + 11, [1])
  const total = (HOLD_S + 11) * 100_000
  const flow = scene.readings('bytes_total').key1 ?? 0
  const other = Object.values(scene.readings('other_bytes_total'))[0] ?? 0
  t.is(flow, 10 * 100_000)
  t.is(flow + other, total)
})

test('other shows 0 for the hold time too, then all of it', t => {
  const scene = new Scene({ by: 'agent' }).run(HOLD_S - 1, [1])
  t.deepEqual(Object.values(scene.readings('other_bytes_total')), [0])
  scene.run(2, [])
  t.deepEqual(Object.values(scene.readings('other_bytes_total')), [(HOLD_S - 1) * 100_000])
})

test('a flow that no longer ranks lingers, is frozen, leaves, and resumes its total', t => {
  const scene = new Scene({ n: 1 }).run(HOLD_S + 10, [1])
  const total = scene.readings('bytes_total').key1
  t.true((total ?? 0) > 0)
  scene.run(40, [])
  scene.run(LINGER_S - 20, [2])
  t.is(scene.readings('bytes_total').key1, total)
  scene.run(60, [2])
  t.is(scene.readings('bytes_total').key1, undefined)
  scene.run(1, [1, 1, 1, 1, 1, 2])
  t.is(scene.readings('bytes_total').key1, total, 'its own total, held')
  scene.run(HOLD_S + 2, [1, 1, 1, 1, 1])
  t.true((scene.readings('bytes_total').key1 ?? 0) > (total ?? 0))
  t.is(scene.created(), 2, 'a return is no new series')
})

test('a lingering flow is still counted', t => {
  const scene = new Scene({ n: 1 }).run(HOLD_S + 10, [1])
  const before = scene.readings('bytes_total').key1 ?? 0
  scene.run(30, [2, 2, 2, 1])
  t.is(scene.readings('bytes_total').key1, before + 30 * 100_000)
})

test('only the top n of each unit are series', t => {
  const scene = new Scene({ n: 2, by: 'agent' })
  for (let second = 0; second < 60; second++) {
    for (let agent = 1; agent <= 3; agent++) {
      for (let key = 1; key <= 5; key++) {
        const sample = { agent, key, length: 100 * key, nowMs: second * 1_000 }
        scene.engine.sample(scene.view.take(sample))
      }
    }
    scene.engine.tick(second * 1_000)
  }
  scene.second = 60
  const found = scene.engine.snapshot(60_000).find(({ name }) => name.endsWith('hand_bytes_total'))
  t.deepEqual([...(found?.labels ?? [])].sort(), [
    'agent="10.0.0.1",ipsource="key4"',
    'agent="10.0.0.1",ipsource="key5"',
    'agent="10.0.0.2",ipsource="key4"',
    'agent="10.0.0.2",ipsource="key5"',
    'agent="10.0.0.3",ipsource="key4"',
    'agent="10.0.0.3",ipsource="key5"',
  ])
})

test('an interface gives its index and name to the labels', t => {
  const scene = new Scene({ by: 'interface' }).run(1, [1])
  const [first] = scene.engine.snapshot(1_000)
  t.deepEqual(first?.labels, ['agent="10.0.0.1",ifindex="1",ifname="swp1",ipsource="key1"'])
})

test('when all series rank, a larger flow still gets in, and never more than max are live', t => {
  const scene = new Scene({ n: 4, max: 4 }).run(60, [1, 2, 3, 4], 100)
  t.is(Object.keys(scene.readings('bytes_total')).length, 4)
  for (let second = 0; second < 120; second++) {
    scene.run(1, [9], 1_500).run(1, [1, 2, 3, 4, 9], 100)
    t.true(Object.keys(scene.readings('bytes_total')).length <= 4)
  }
  t.true('key9' in scene.readings('bytes_total'))
})

test('with the budget spent, a flow larger than all that linger still enters at once', t => {
  const scene = new Scene({ n: 2, budget: 10 })
  for (let key = 1; key <= 100; key++) scene.run(3, [key])
  const spent = scene.created()
  t.true(spent <= 10, `${spent}`)
  scene.run(
    1,
    Array.from({ length: 50 }, () => 777),
    1_500,
  )
  t.true('key777' in scene.readings('bytes_total'))
})

test('the error follows from the number of samples', t => {
  const scene = new Scene({ t: 600 }).run(100, [1])
  const expected = 1.96 * Math.sqrt(1 / 100)
  t.true(Math.abs((scene.readings('error_ratio').key1 ?? 0) - expected) < 0.001)
})

test('the smoothed rate is that of the samples', t => {
  const scene = new Scene({ t: 2 }).run(60, [1])
  const rate = scene.readings('bytes_per_second').key1 ?? 0
  // One sample a second: just before the next one, exp(-1/2) of the peak is left.
  t.true(rate > 70_000 && rate < 110_000, `${rate}`)
})

test('distinct counts, averages and extremes are told of exported flows', t => {
  const values = ['count:source', 'avg:bytes', 'max:bytes', 'min:bytes', 'requests']
  const { engine } = handEngine([handFlow({ values })])
  const view = new HandView()
  for (let second = 0; second < 50; second++) {
    for (let source = 0; source < 20; source++) {
      const length = source === 3 ? 1_500 : 500
      engine.sample(view.take({ key: 1, source, length, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
  }
  const reading = (suffix: string) =>
    engine.snapshot(50_000).find(({ name }) => name === `sflow_flow_hand_${suffix}`)?.values[0]
  t.true(Math.abs((reading('count_source') ?? 0) - 20) <= 2)
  t.true(Math.abs((reading('avg_bytes') ?? 0) - 550) < 1)
  t.is(reading('max_bytes'), 1_500)
  t.is(reading('min_bytes'), 500)
  t.is(reading('requests_total'), 14 * 20 * 300)
})

test('a definition without series shows none and still answers what flows now', t => {
  const scene = new Scene({ series: false }).run(3, [1, 2, 2])
  t.deepEqual(
    scene.engine.snapshot(3_000).filter(({ name }) => name.startsWith('sflow_flow_')),
    [],
  )
  const flows = scene.engine.activeFlows('hand', { max: 10, minValue: 0 })
  t.deepEqual(
    flows?.map(({ key }) => key),
    ['key2', 'key1'],
  )
})

test('active flows of several agents: apart, the largest, or their sum', t => {
  const { engine } = handEngine([handFlow({ by: 'agent' })])
  const view = new HandView()
  for (let agent = 1; agent <= 3; agent++) {
    engine.sample(view.take({ agent, key: 1, length: 100 * agent, nowMs: 0 }))
  }
  const values = (combine: 'none' | 'max' | 'sum') =>
    engine.activeFlows('hand', { max: 9, minValue: 0, combine })?.map(({ value }) => value)
  t.deepEqual(values('none'), [15_000, 10_000, 5_000])
  t.deepEqual(values('max'), [15_000])
  t.deepEqual(values('sum'), [30_000])
  t.is(engine.flowValue('hand', '10.0.0.2', '', 'key1'), 10_000)
  t.is(engine.flowValue('hand', '10.0.0.2', '', 'key2'), 0)
  t.is(engine.flowValue('none', '10.0.0.2', '', 'key1'), undefined)
})

test('an agent beyond the limit is counted as other without a name', t => {
  const limits = { ...FLOW_LIMITS, agents: 2 }
  const { engine } = handEngine([handFlow({ by: 'agent' })], { limits })
  const view = new HandView()
  for (let second = 0; second < 100; second++) {
    for (let agent = 1; agent <= 4; agent++) {
      engine.sample(view.take({ agent, key: 1, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
  }
  const store = new Store()
  store.scrape(engine.snapshot(100_000))
  t.is(store.last.get('sflow_flow_hand_other_bytes_total{agent=""}'), 200 * 100_000)
})

test('100 agents under a spoofed flood for two hours: live series and new series stay in budget', t => {
  const budget = 1_000
  const { engine } = handEngine([handFlow({ by: 'agent', n: 10, max: 1_000, budget })])
  const view = new HandView()
  const random = seeded(23)
  const store = new Store()
  const createdAt: number[] = []
  for (let second = 0; second < 7_200; second++) {
    for (let agent = 1; agent <= 100; agent++) {
      const calm = 1 + ((agent + Math.floor(random() * 5)) % 50)
      const key = random() < 0.9 ? 1_000 + Math.floor(random() * 2 ** 31) : calm
      engine.sample(view.take({ agent, key, nowMs: second * 1_000 }))
    }
    engine.tick(second * 1_000)
    createdAt.push(engine.stats().find(({ table }) => table === 'flow_hand')?.created ?? 0)
    if (second % 15 === 0) store.scrape(engine.snapshot(second * 1_000))
  }
  const worstHour = Math.max(
    ...createdAt.map((created, second) => created - (createdAt[second - 3_600] ?? 0)),
  )
  t.log(`${store.liveMax} live, ${createdAt.at(-1)} created in two hours, ${worstHour} in one`)
  t.true(store.liveMax <= 1_000)
  t.true(worstHour <= budget)
  t.true((createdAt.at(-1) ?? 0) <= 1.5 * budget)
})

test('a silent agent is forgotten whole, and another takes its number from 0', t => {
  const limits = { ...FLOW_LIMITS, agents: 2, rememberMs: 10_000, lingerMs: 5_000, holdMs: 1_000 }
  const { engine } = handEngine([handFlow({ by: 'agent' })], { limits })
  const view = new HandView()
  const run = (from: number, to: number, agent: number) => {
    for (let second = from; second < to; second++) {
      engine.sample(view.take({ agent, key: 1, nowMs: second * 1_000 }))
      engine.tick(second * 1_000)
    }
  }
  const series = (second: number) => {
    const store = new Store()
    store.scrape(engine.snapshot(second * 1_000))
    return [...store.last].filter(([name]) => name.includes('bytes_total'))
  }
  run(0, 30, 1)
  t.true(series(30).some(([name]) => name.includes('10.0.0.1')))
  run(30, 120, 2)
  t.false(series(120).some(([name]) => name.includes('10.0.0.1')))
  run(120, 121, 3)
  t.deepEqual(
    series(120).filter(([name]) => name.includes('10.0.0.3')),
    [
      ['sflow_flow_hand_bytes_total{agent="10.0.0.3",ipsource="key1"}', 0],
      ['sflow_flow_hand_other_bytes_total{agent="10.0.0.3"}', 0],
    ],
  )
  run(121, 130, 3)
  const sum = series(130)
    .filter(([name]) => name.includes('10.0.0.3'))
    .reduce((total, [, value]) => total + value, 0)
  t.is(sum, 10 * 100_000)
})
