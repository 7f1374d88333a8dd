/**
 * Events of thresholds while a flood of spoofed keys keeps the table full: they come after as many
 * samples of the flow as without the flood, but for the few that are not told apart from it.
 */
import test from 'ava'
import { NEAR } from '../../src/flows/flow-watch.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { HandView, handEngine, handFlow, seeded } from './table-kit.ts'

type Random = () => number

interface Scene {
  readonly what: string
  readonly value: 'bytes' | 'frames'
  /** Of a threshold, per second, or as a share of the speed of its port. */
  readonly level: { readonly value: number } | { readonly share: number }
  readonly flood: (random: Random) => Packet
  readonly victim: Packet
  /** Samples a second of the victim; of the flood there are ten in a millisecond. */
  readonly rate: number
}

interface Packet {
  readonly length: number
  readonly scale: number
  readonly ifIndex?: number
}

const VICTIM = 3
const SLOW_PORT = 99
const SMALL = { length: 64, scale: 1_000 }
const LARGE = { length: 1_500, scale: 1_000 }
const ofAnySize = (random: Random) => ({ ...LARGE, length: 64 + Math.floor(random() * 1_455) })
const onFastPorts = (random: Random) => ({
  length: 1_500,
  scale: 32_768,
  ifIndex: 1 + Math.floor(random() * 30),
})
const onSlowPort = { length: 1_500, scale: 100, ifIndex: SLOW_PORT }

const SCENES: readonly Scene[] = [
  {
    what: 'an elephant among packets of any size',
    value: 'bytes',
    level: { value: 125e6 },
    flood: ofAnySize,
    victim: LARGE,
    rate: 500,
  },
  {
    what: 'many frames for one among single ones',
    value: 'frames',
    level: { value: 100e3 },
    flood: () => SMALL,
    victim: SMALL,
    rate: 500,
  },
  {
    what: 'small packets for one among large ones',
    value: 'bytes',
    level: { value: 10e6 },
    flood: () => LARGE,
    victim: SMALL,
    rate: 1_000,
  },
  {
    what: 'a low level',
    value: 'frames',
    level: { value: 5_000 },
    flood: () => SMALL,
    victim: SMALL,
    rate: 50,
  },
  {
    what: 'a flow that fills half of a slow port beside a flood on fast ones',
    value: 'bytes',
    level: { share: 0.1 },
    flood: onFastPorts,
    victim: onSlowPort,
    rate: 50,
  },
  {
    what: 'a flow a little above the level of a slow port',
    value: 'bytes',
    level: { share: 0.1 },
    flood: onFastPorts,
    victim: onSlowPort,
    rate: 20,
  },
]

/** Samples of the victim until its event; at most 10,000. The flood has lasted for five seconds then. */
function samplesUntilEvent(scene: Scene, floodPerMs: number): { samples: number; purges: number } {
  const view = new HandView()
  const random = seeded(77)
  const interfaceSpeed = (_agent: string, port: number) => (port === SLOW_PORT ? 1e8 : 1e11)
  const { engine, events } = handEngine([handFlow({ value: scene.value, by: 'interface' })], {
    limits: { ...FLOW_LIMITS, entries: FLOW_LIMITS.entries / 2 },
    metrics: { interfaceSpeed, readings: () => {} },
  })
  engine.setThreshold({
    name: 'big',
    flow: 'hand',
    value: scene.level,
    byFlow: true,
    timeoutMs: 4_000,
    decideOn: 'estimate',
    labels: {},
    notify: false,
    filter: { ifspeed: [], agents: [] },
  })
  let samples = 0
  for (let nowMs = 1_000; samples < 10_000; nowMs++) {
    if (nowMs % 1_000 === 0) engine.tick(nowMs)
    for (let noise = 0; noise < floodPerMs; noise++) {
      const key = 1_000_000 + Math.floor(random() * 2 ** 30)
      engine.sample(view.take({ key, nowMs, ...scene.flood(random) }))
    }
    if (nowMs < 6_000 || nowMs % (1_000 / scene.rate) !== 0) continue
    samples += 1
    engine.sample(view.take({ key: VICTIM, nowMs, ...scene.victim }))
    if (events.some(({ flowKey }) => flowKey === `key${VICTIM}`)) break
  }
  return { samples, purges: engine.table('hand')?.hitters.purges ?? 0 }
}

for (const scene of SCENES) {
  test(`a flood hides no event: ${scene.what}`, t => {
    const calm = samplesUntilEvent(scene, 0)
    const flooded = samplesUntilEvent(scene, 10)
    t.log(`${calm.samples} samples, ${flooded.samples} in the flood`)
    t.is(calm.purges, 0)
    t.true(flooded.purges > 3)
    t.true(calm.samples < 500)
    t.true(flooded.samples <= Math.ceil(calm.samples * (1 + NEAR)), `${flooded.samples}`)
  })
}
