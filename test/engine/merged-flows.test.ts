/**
 * Flows over all agents with several engines: counted from batches of samples, they are what one
 * engine would have counted; whatever is late, in whatever order, every byte is counted once.
 */
import test from 'ava'
import { FlowSamples, smallFamilies } from '../../src/engine/flow-samples.ts'
import type { SmallFamily } from '../../src/engine/render.ts'
import type { ThresholdEvent } from '../../src/flows/events.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import type { SampleBatch } from '../../src/flows/merge/batch.ts'
import { MergedFlows } from '../../src/flows/merge/merged-flows.ts'
import { forWorker } from '../../src/flows/merge/split.ts'
import { SampleTaps } from '../../src/flows/merge/taps.ts'
import { type FlowSettings, NO_SETTINGS } from '../../src/flows/settings.ts'
import type { ThresholdDefinition } from '../../src/flows/threshold.ts'
import { seeded } from '../flows/table-kit.ts'
import { receive, testEngine } from '../support/engine.ts'
import { LENGTH, SAMPLING_RATE, udpFlow } from '../support/udp-flow.ts'

const WORKERS = 2
const LIMITS = { ...FLOW_LIMITS, holdMs: 3_000, lingerMs: 5_000 }
const SAMPLE_BYTES = LENGTH * SAMPLING_RATE
const START_MS = 1_000_000

const MATRIX = {
  name: 'matrix',
  keys: ['ipsource', 'ipdestination'],
  values: ['sources=count:ipsource', 'avg:udpsourceport', 'max:udpsourceport', 'ipbytes'],
  by: 'all',
  t: 1,
  n: 3,
  max: 8,
}
/** Words of this key are numbers of texts, other ones in each engine. */
const NAMED = {
  name: 'named',
  keys: ['concat:-:ipsource:[prefix:ipdestination:.:2]'],
  labels: ['pair'],
  by: 'all',
  t: 1,
  n: 3,
  max: 8,
}

function settingsOf(flows: readonly { readonly name: string }[]): FlowSettings {
  return { ...NO_SETTINGS, flows: Object.fromEntries(flows.map(flow => [flow.name, flow])) }
}

/** One engine, as with one worker. */
function alone(settings: FlowSettings) {
  const engine = testEngine()
  const flows = new FlowSamples(engine, { limits: LIMITS, seed: 7, onEvent: () => {} })
  engine.flows = flows
  flows.apply(settings)
  return { engine, flows }
}

/** Two engines and the place where their samples come together, by hand instead of by messages. */
function together(settings: FlowSettings, batchesMax = 64) {
  const events: ThresholdEvent[] = []
  const merged = new MergedFlows({
    limits: LIMITS,
    seed: 7,
    onEvent: event => !event.isUpdate && events.push(event),
  })
  const sent: { readonly worker: number; readonly batch: SampleBatch }[] = []
  const workers = Array.from({ length: WORKERS }, (_, worker) => {
    const taps = new SampleTaps({
      taps: 8,
      seed: 7,
      send: batch => sent.push({ worker, batch }),
      begun: () => {},
      batchesMax,
    })
    const engine = testEngine()
    const flows = new FlowSamples(engine, {
      limits: LIMITS,
      seed: 7,
      onEvent: event => events.push(event),
      taps,
    })
    engine.flows = flows
    return { engine, flows, taps }
  })
  const apply = (next: FlowSettings) => {
    const faults = merged.apply(next)
    for (const [id, { flows }] of workers.entries()) {
      faults.push(...flows.apply(forWorker(next, id, WORKERS)))
    }
    return faults
  }
  const deliver = () => {
    for (const { worker, batch } of sent.splice(0)) {
      // As a transfer does: whoever kept the batch would read nothing.
      const copy = { ...batch, numbers: batch.numbers.slice() }
      merged.take(worker, copy)
      workers[worker]?.taps.recycle(batch.numbers)
    }
  }
  apply(settings)
  return { merged, workers, events, apply, deliver, sent }
}

/** All series of one definition. */
function seriesOf(families: readonly SmallFamily[], name: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const family of families.filter(one => one.name.startsWith(`sflow_flow_${name}_`))) {
    for (const { labels, value } of family.lines) found[`${family.name}{${labels}}`] = value
  }
  return found
}

/** Seeded traffic of two agents: few large flows, many small ones, and sometimes none of the large. */
function* traffic(samples: number) {
  const random = seeded(5)
  const sequences = new Array<number>(WORKERS).fill(0)
  for (let index = 0; index < samples; index++) {
    const worker = random() < 0.6 ? 0 : 1
    const nowMs = START_MS + index * 20
    const phase = Math.floor(index / 400) % 3
    const host = random() < 0.7 ? phase * 3 + Math.floor(random() * 3) : Math.floor(random() * 200)
    const sequence = (sequences[worker] as number) + 1
    sequences[worker] = sequence
    const sourcePort = 1_024 + Math.floor(random() * 1_000)
    const ends = { source: `10.9.0.${host}`, destination: `10.${host % 4}.0.2`, sourcePort }
    const agent = `10.0.0.${1 + worker}`
    const sent = { agent, sequence, uptimeMs: nowMs - START_MS, ...ends }
    yield { worker, nowMs, bytes: udpFlow(sent) }
  }
}

test('batches of two engines make the very series that one engine makes', t => {
  const settings = settingsOf([MATRIX, NAMED])
  const one = alone(settings)
  const { merged, workers, deliver } = together(settings)
  let tickMs = START_MS
  let compared = 0
  for (const { worker, nowMs, bytes } of traffic(2_500)) {
    for (; tickMs <= nowMs; tickMs += 1_000) {
      one.engine.tick(tickMs)
      for (const { engine } of workers) engine.tick(tickMs)
      merged.tick(tickMs)
      const families = smallFamilies(merged.snapshot(), () => true)
      for (const { name } of [MATRIX, NAMED]) {
        const expected = seriesOf(one.flows.cut().totals, name)
        t.deepEqual(seriesOf(families, name), expected)
        compared += Object.keys(expected).length
      }
    }
    receive(one.engine, bytes, nowMs)
    receive(workers[worker]?.engine as never, bytes, nowMs)
    workers[worker]?.taps.flush()
    deliver()
  }
  t.true(compared > 3_000, String(compared))
  t.deepEqual(
    merged.activeFlows('named', { max: 5, minValue: 0 }),
    one.flows.activeFlows('named', { max: 5, minValue: 0 }) as never,
  )
})

test('late and out of step, every byte is counted once and no series falls', t => {
  const { merged, workers, deliver } = together(settingsOf([MATRIX]))
  const random = seeded(9)
  const before = new Map<string, number>()
  let tickMs = START_MS
  let samples = 0
  const look = () => {
    const series = seriesOf(
      smallFamilies(merged.snapshot(), () => true),
      'matrix',
    )
    for (const [name, value] of Object.entries(series)) {
      if (!name.includes('_total{')) continue
      t.true(value >= (before.get(name) ?? 0), `${name} fell to ${value}`)
      before.set(name, value)
    }
    return series
  }
  for (const { worker, nowMs, bytes } of traffic(4_000)) {
    receive(workers[worker]?.engine as never, bytes, nowMs)
    samples += 1
    if (random() < 0.02) workers[0]?.taps.flush()
    if (random() < 0.01) workers[1]?.taps.flush()
    if (random() < 0.02) deliver()
    for (; tickMs <= nowMs; tickMs += 1_000) {
      merged.tick(tickMs)
      look()
    }
  }
  for (const { taps } of workers) taps.flush()
  deliver()
  const remembered = [...before].filter(([name]) => !(name in look()))
  t.true(remembered.length > 0, 'flows have left')
  let sum = 0
  for (const [name, value] of Object.entries({ ...Object.fromEntries(before), ...look() })) {
    if (/^sflow_flow_matrix_(other_)?bytes_total/.test(name)) sum += value
  }
  t.is(sum, samples * SAMPLE_BYTES)
})

test('samples that find no batch are counted as other, and told', t => {
  const { merged, workers, deliver } = together(settingsOf([MATRIX]), 1)
  let samples = 0
  for (const { worker, nowMs, bytes } of traffic(3_000)) {
    receive(workers[worker]?.engine as never, bytes, nowMs)
    samples += 1
    // The only batch is full long before it is given back.
    if (samples % 1_500 === 0) deliver()
    merged.tick(nowMs)
  }
  for (let round = 0; round < 2; round++) {
    for (const { taps } of workers) taps.flush()
    deliver()
  }
  merged.tick(START_MS + 100_000)
  const series = seriesOf(
    smallFamilies(merged.snapshot(), () => true),
    'matrix',
  )
  const shed = workers.reduce((sum, { flows }) => sum + flows.shed, 0)
  t.true(shed > 100, String(shed))
  const other = series['sflow_flow_matrix_other_bytes_total{}'] as number
  t.true(other >= shed * SAMPLE_BYTES)
  let sum = 0
  for (const [name, value] of Object.entries(series)) {
    if (/_matrix_(other_)?bytes_total/.test(name)) sum += value
  }
  t.is(sum, samples * SAMPLE_BYTES)
})

const THRESHOLD: ThresholdDefinition = {
  name: 'much',
  flow: 'matrix',
  value: { value: 100_000 },
  byFlow: false,
  filter: { ifspeed: [], agents: [] },
  timeoutMs: 1_000,
  decideOn: 'estimate',
  labels: {},
  notify: false,
}

/** 60 kB/s by each worker: below the threshold for one, above it for both. */
function sendBoth(
  { workers, deliver }: ReturnType<typeof together>,
  seconds: number,
  fromSecond = 0,
): void {
  for (let index = fromSecond * 10 + 1; index <= (fromSecond + seconds) * 10; index++) {
    workers.forEach(({ engine, taps }, worker) => {
      const agent = `10.0.0.${1 + worker}`
      const sent = { agent, sequence: index, uptimeMs: index * 100 }
      receive(engine, udpFlow({ ...sent, length: 60 }), START_MS + index * 100)
      taps.flush()
    })
    deliver()
  }
}

test('a threshold on a flow over all agents sees what all engines see of it', t => {
  const settings = { ...settingsOf([MATRIX]), thresholds: { much: THRESHOLD } }
  const both = together(settings)
  sendBoth(both, 4)
  t.deepEqual(
    both.events.map(({ thresholdID, status }) => [thresholdID, status]),
    [['much', 'firing']],
  )
  const byAgent = together({
    ...settingsOf([{ ...MATRIX, by: 'agent' } as never]),
    thresholds: { much: THRESHOLD },
  })
  sendBoth(byAgent, 4)
  t.deepEqual(byAgent.events, [], 'no agent alone has so much')
})

test('a definition that changes its unit takes its threshold along', t => {
  const lower = { ...THRESHOLD, value: { value: 30_000 } }
  const settings = (by: string) => ({
    ...settingsOf([{ ...MATRIX, by } as never]),
    thresholds: { much: lower },
  })
  const both = together(settings('agent'))
  sendBoth(both, 2)
  t.deepEqual(
    both.events.filter(({ isUpdate }) => !isUpdate).map(({ agent, status }) => [agent, status]),
    [
      ['10.0.0.1', 'firing'],
      ['10.0.0.2', 'firing'],
    ],
  )
  both.events.length = 0
  t.deepEqual(both.apply(settings('all')), [])
  t.deepEqual(
    both.events.map(({ agent, status }) => [agent, status]),
    [
      ['10.0.0.1', 'resolved'],
      ['10.0.0.2', 'resolved'],
    ],
  )
  sendBoth(both, 2, 2)
  t.deepEqual(
    both.events.slice(2).map(({ agent, status }) => [agent, status]),
    [['', 'firing']],
  )
  t.deepEqual(both.apply(settings('agent')), [])
  t.is(both.events.at(-1)?.status, 'resolved')
  t.false(both.merged.has('matrix'))
})

test('records of a definition that was replaced are passed over, those beside it are not', t => {
  const both = together(settingsOf([MATRIX, NAMED]))
  const [first] = both.workers
  for (let index = 1; index <= 10; index++) {
    const sent = { agent: '10.0.0.1', sequence: index, uptimeMs: index }
    receive(first?.engine as never, udpFlow(sent), START_MS + index)
  }
  first?.taps.flush()
  both.merged.apply(settingsOf([{ ...MATRIX, n: 4 } as never, NAMED]))
  both.deliver()
  both.merged.tick(START_MS + 1_000)
  both.merged.tick(START_MS + 60_000)
  const other = (name: string) =>
    seriesOf(
      smallFamilies(both.merged.snapshot(), () => true),
      name,
    )[`sflow_flow_${name}_other_bytes_total{}`]
  t.is(other('matrix'), 0)
  t.is(other('named'), 10 * SAMPLE_BYTES)
})

test('limits of a definition by agent are shared out, and the shares add up', t => {
  const settings = settingsOf([{ ...MATRIX, by: 'agent', max: 10, budget: 7 } as never, MATRIX])
  const shares = [0, 1, 2].map(
    worker =>
      forWorker(settingsOf([{ ...MATRIX, by: 'agent', max: 10, budget: 7 } as never]), worker, 3)
        .flows.matrix,
  ) as { max: number; budget: number }[]
  t.deepEqual(
    shares.map(({ max, budget }) => [max, budget]),
    [
      [4, 3],
      [3, 2],
      [3, 2],
    ],
  )
  t.is((forWorker(settings, 0, 3).flows.matrix as { max: number }).max, MATRIX.max)
})

test('texts of the first second are remembered, whatever the date is', t => {
  const todayMs = Date.UTC(2026, 10, 23)
  const both = together(settingsOf([NAMED]))
  const [first] = both.workers
  const send = (sequence: number, nowMs: number) => {
    const sent = { agent: '10.0.0.1', sequence, uptimeMs: sequence }
    receive(first?.engine as never, udpFlow(sent), nowMs)
    first?.taps.flush()
    both.deliver()
  }
  send(1, todayMs)
  both.merged.tick(todayMs + 500)
  send(2, todayMs + 600)
  both.merged.tick(todayMs + 61_000)
  send(3, todayMs + 61_500)
  both.merged.tick(todayMs + 62_000)
  const flows = both.merged.activeFlows('named', { max: 5, minValue: 0 })
  t.deepEqual(
    flows?.map(({ key }) => key),
    ['10.9.0.1-10.9'],
  )
})
