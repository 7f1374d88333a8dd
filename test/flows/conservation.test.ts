/** Flows and `other`, as a Prometheus has stored them, add up to all traffic: under any traffic. */
import test from 'ava'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { HandView, handEngine, handFlow, Store, seeded, zipf } from './table-kit.ts'

interface Scene {
  readonly title: string
  readonly by: 'all' | 'agent' | 'interface'
  readonly n: number
  readonly max: number
  readonly budget: number
  readonly minutes: number
  readonly perSecond: number
  /** A key for a moment; a number below 1 million is one of the calm flows. */
  readonly key: (random: () => number, calm: () => number, second: number) => number
}

const SCENES: readonly Scene[] = [
  {
    title: 'Zipf traffic',
    by: 'all',
    n: 10,
    max: 50,
    budget: 1_000,
    minutes: 60,
    perSecond: 50,
    key: (_random, calm) => calm(),
  },
  {
    title: 'heavy flows that move on each minute and come back',
    by: 'agent',
    n: 5,
    max: 30,
    budget: 500,
    minutes: 90,
    perSecond: 40,
    key: (random, calm, second) =>
      random() < 0.7 ? 500_000 + (Math.floor(second / 60) % 17) : calm(),
  },
  {
    title: 'a spoofed flood over calm traffic, ports apart',
    by: 'interface',
    n: 3,
    max: 40,
    budget: 200,
    minutes: 60,
    perSecond: 60,
    key: (random, calm, second) =>
      second % 600 > 200 && random() < 0.9 ? 1_000_000 + Math.floor(random() * 2 ** 30) : calm(),
  },
  {
    title: 'nothing but keys that never come again',
    by: 'all',
    n: 20,
    max: 25,
    budget: 100,
    minutes: 60,
    perSecond: 60,
    key: random => Math.floor(random() * 2 ** 31),
  },
]

for (const scene of SCENES) {
  for (const seed of [1, 2, 3]) {
    test(`flows + other are all traffic: ${scene.title}, seed ${seed}`, t => {
      const { engine, store, truth } = run(scene, seed)
      t.deepEqual(store.notFromZero(), [], 'each series starts at a stored 0')
      t.is(store.falls, 0, 'each series is monotonic')
      t.is(store.increase('hand', 'bytes'), truth.bytes)
      t.is(store.increase('hand', 'frames'), truth.frames)
      t.is(store.increase('hand', 'requests'), truth.requests)
      t.true(store.liveMax <= scene.max, `${store.liveMax} live series`)
      const stats = engine.stats().find(({ table }) => table === 'flow_hand')
      t.true((stats?.created ?? 0) <= scene.budget * (scene.minutes / 60 + 0.5))
      t.true((stats?.created ?? 0) > 0)
    })
  }
}

function run(scene: Scene, seed: number) {
  const { by, n, max, budget } = scene
  const limits = { entries: 512 }
  const { engine } = small([handFlow({ by, n, max, budget, values: ['requests'] })], limits)
  const random = seeded(seed)
  const calm = zipf(300, random)
  const view = new HandView()
  const store = new Store()
  const truth = { bytes: 0, frames: 0, requests: 0 }
  const seconds = scene.minutes * 60
  for (let second = 0; second < seconds + 60; second++) {
    for (let sample = 0; second < seconds && sample < scene.perSecond; sample++) {
      const length = 64 + Math.floor(random() * 1_455)
      const scale = random() < 0.1 ? 1_000 : 100
      const nowMs = second * 1_000 + Math.floor((sample * 1_000) / scene.perSecond)
      const agent = 1 + Math.floor(random() * 4)
      const ifIndex = 1 + Math.floor(random() * 3)
      const key = scene.key(random, calm, second)
      engine.sample(view.take({ agent, ifIndex, key, length, scale, nowMs }))
      truth.bytes += length * scale
      truth.frames += scale
      truth.requests += 3 * scale
    }
    engine.tick(second * 1_000 + 999)
    if (second % 15 === 7) store.scrape(engine.snapshot(second * 1_000 + 999))
  }
  return { engine, store, truth }
}

function small(flows: Parameters<typeof handEngine>[0], limits: { readonly entries: number }) {
  const metrics = { interfaceSpeed: () => 0, readings: () => {} }
  const names = { interfaceName: () => undefined }
  return handEngine(flows, { limits: { ...FLOW_LIMITS, ...limits }, metrics, names })
}
