/** The counting part of the capacity model against pages of the real engine; its arithmetic by cases. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { flowCosts } from '../../src/capacity/flow-costs.ts'
import { type CapacityInput, capacity } from '../../src/capacity/model.ts'
import { capacityReferenceText } from '../../src/capacity/reference.ts'
import { configOrThrow, loadConfig } from '../../src/config/load.ts'
import { LOAD_DATAGRAM_BYTES, Load } from '../../src/simulate/load.ts'
import { simulate } from '../../src/simulate/simulate.ts'
import { type EngineRun, engineRun } from '../support/engine-run.ts'

const SHIPPED = flowCosts(configOrThrow(loadConfig(undefined, {})))

const INPUT: CapacityInput = {
  agents: 1,
  ports: 48,
  speed: 10e9,
  utilization: 0.3,
  frameBytes: 1_000,
  sampling: 10_000,
  pollingSeconds: 20,
  ethernet: false,
  opticsLanes: 0,
  hosts: 0,
  containers: 0,
  flows: [],
  driver: 'dgram',
  scrapeSeconds: 15,
}
/** What the process says of itself is not on the engine's page. */
const BRIDGE_SERIES = 256

function near(actual: number, expected: number, ratio: number): boolean {
  return Math.abs(actual / expected - 1) <= ratio
}

test('docs/reference/capacity.md is what the model says (npm run docs)', t => {
  const page = new URL('../../docs/reference/capacity.md', import.meta.url)
  t.is(readFileSync(page, 'utf8'), capacityReferenceText(SHIPPED))
})

test('series of switches are counted exactly, bytes of their page within 10 %', t => {
  const run = engineRun([])
  const load = new Load({ agents: 8, portsPerAgent: 24, ring: 8 * 24 })
  for (let round = 0; round < 3 * 8 * 24; round++) run.receive(load.next(100 * round), 100 * round)
  const page = run.page()
  const expected = capacity({ ...INPUT, agents: 8, ports: 24 })
  t.is(page.series, expected.series - BRIDGE_SERIES)
  t.true(near(page.bytes, expected.pageBytes, 0.1), `${page.bytes} ${expected.pageBytes}`)
})

test('a network of switches, servers and guests has the series of the model', t => {
  const run: EngineRun = engineRun(['talkers'])
  const fabric = { spines: 2, leaves: 2, hosts: 4, guests: 6 }
  const size = { ...fabric, hostsPerLeaf: fabric.hosts, guestsPerHost: fabric.guests }
  for (const { timeMs, bytes } of simulate({ seed: 3, durationMs: 90_000, size })) {
    run.receive(bytes, timeMs)
  }
  const counts = run.page().byEntity
  const one = capacity({ ...INPUT, agents: 0, hosts: 1 }).series - BRIDGE_SERIES
  const hosts = counts.host ?? 0
  t.true(near(hosts / 8, one - 16, 0.1), `host series ${hosts / 8}, model ${one - 16}`)
  const guest = capacity({ ...INPUT, agents: 0, hosts: 1, containers: 1 }).series - BRIDGE_SERIES
  const guests = (counts.container ?? 0) / (run.page().entities.container ?? 1)
  // Network counters of pods belong to one container of each.
  t.true(guests > 0.7 * (guest - one), `container series ${guests}, model ${guest - one}`)
  t.true(guests <= guest - one, `container series ${guests}, model ${guest - one}`)
})

test('flow series never exceed what the model says', t => {
  const run = engineRun(SHIPPED.map((_, index) => index))
  const load = new Load({ agents: 4, portsPerAgent: 4, ring: 4_096, flows: 5_000 })
  for (let round = 0; round < 40_000; round++) run.receive(load.next(round), 1_000 + round * 5)
  const { series } = run.page()
  const most = capacity({ ...INPUT, agents: 4, ports: 4, flows: SHIPPED })
  const { counterSeries } = most
  t.true(series > counterSeries - BRIDGE_SERIES, 'there are flows')
  t.true(series <= most.series, `${series} series, at most ${most.series}`)
})

test('full datagrams are as long as the load makes them, and seven samples fill one', t => {
  const busy = capacity({ ...INPUT, sampling: 100 })
  const samples = busy.flowSamplesPerSecond + busy.counterSamplesPerSecond
  t.is(Math.round(samples / busy.datagramsPerSecond), 7)
  const bytes = busy.bitsPerSecond / 8 / busy.datagramsPerSecond
  t.true(near(bytes, LOAD_DATAGRAM_BYTES + 46 + 76, 0.02), String(bytes))
})

test('an agent that samples once in ten seconds sends a datagram for nearly each sample', t => {
  const quiet = capacity({ ...INPUT, ports: 2, sampling: 0, agents: 10 })
  t.is(quiet.flowSamplesPerSecond, 0)
  t.true(quiet.datagramsPerSecond > 0.9 * quiet.counterSamplesPerSecond)
})

test('what one bridge cannot hold becomes several, each with workers and buffers of its own', t => {
  const small = capacity(INPUT)
  t.deepEqual([small.bridges, small.workers], [1, 1])
  const large = capacity({ ...INPUT, agents: 4_000, hosts: 20_000, containers: 20, flows: SHIPPED })
  t.true(large.bridges > 10)
  t.true(large.series / large.bridges <= 1_100_000)
  t.true(large.receiveBufferBytes >= 8 * 2 ** 20)
  t.true(Number.isInteger(large.receiveBufferBytes))
})

test('nothing at all still needs one bridge', t => {
  const none = capacity({ ...INPUT, agents: 0 })
  t.deepEqual([none.datagramsPerSecond, none.bridges, none.workers], [0, 1, 1])
})
