import { setImmediate as nextTurn } from 'node:timers/promises'
import test from 'ava'
import { SIMULATION_DEFAULTS, simulate } from '../../src/simulate/simulate.ts'
import { uint64 } from './read-datagram.ts'
import { each, run, SMALL, START_MS } from './run.ts'

// A simulation keeps its thread busy: between two tests the first is reported.
test.beforeEach(() => nextTurn())

test('the same options give the same bytes, another seed others', t => {
  const bytes = (seed: number) => {
    const all = []
    for (const one of simulate({ ...SMALL, durationMs: 5_000, seed })) all.push(one.bytes)
    return Buffer.concat(all)
  }
  t.true(bytes(1).equals(bytes(1)))
  t.false(bytes(1).equals(bytes(2)))
})

test('datagrams come in the order of their time, fit 1400 bytes, and are numbered', t => {
  const { datagrams } = run({})
  const seen = new Map<string, { sequence: number; uptimeMs: number }>()
  let lastMs = START_MS
  for (const { timeMs, length, agent, sequence, uptimeMs } of datagrams) {
    if (timeMs < lastMs || timeMs > START_MS + 40_000) t.fail(`${timeMs} after ${lastMs}`)
    if (length > 1_400) t.fail(`${length} bytes`)
    lastMs = timeMs
    const last = seen.get(agent)
    if (last && (sequence !== last.sequence + 1 || uptimeMs < last.uptimeMs)) {
      t.fail(`${agent}: ${sequence} after ${last.sequence}`)
    }
    seen.set(agent, { sequence, uptimeMs })
  }
  // 2 spines, 3 leaves, 6 hosts.
  t.is(seen.size, 11)
})

test('the last counters of every interface are what really passed', t => {
  const { datagrams, truth } = run({})
  const last = new Map<string, DataView>()
  each(datagrams, 1, (view, { agent }, { kind }) => {
    if (kind === 2) last.set(`${agent} ${view.getUint32(0)}`, view)
  })
  const interfaces = truth.interfaces()
  t.is(last.size, interfaces.length)
  for (const { agent, ifIndex, counters } of interfaces) {
    const view = last.get(`${agent} ${ifIndex}`) as DataView
    t.deepEqual(
      {
        inOctets: uint64(view, 24),
        inUnicast: view.getUint32(32),
        inMulticast: view.getUint32(36),
        inDiscards: view.getUint32(44),
        inErrors: view.getUint32(48),
        outOctets: uint64(view, 56),
        outUnicast: view.getUint32(64),
        outMulticast: view.getUint32(68),
        outDiscards: view.getUint32(76),
        outErrors: view.getUint32(80),
      },
      Object.fromEntries(
        Object.entries(counters).map(([name, value]) => {
          return [name, name.endsWith('Octets') ? value : value % 2 ** 32]
        }),
      ),
      `${agent} ${ifIndex}`,
    )
  }
})

test('samples stand for the bytes that the counters count, within the error of sampling', t => {
  const { datagrams, truth } = run({ scenario: 'elephant', samplingRate: 500 })
  const estimates = new Map<string, { bytes: number; squares: number }>()
  each(datagrams, 1, (view, { agent }, { kind, source, words }) => {
    if (kind !== 1) return
    const key = `${agent} ${source.slice(2)}`
    const one = estimates.get(key) ?? { bytes: 0, squares: 0 }
    const length = view.getUint32(4)
    one.bytes += length * (words[0] as number)
    one.squares += (length * (words[0] as number)) ** 2
    estimates.set(key, one)
  })
  for (const { agent, ifIndex, ifName, device, since } of truth.interfaces()) {
    if (ifName === 'bond0') continue
    const real = device === 'host' ? since.inOctets + since.outOctets : since.inOctets
    const { bytes, squares } = estimates.get(`${agent} ${ifIndex}`) ?? { bytes: 0, squares: 0 }
    const allowed = 5 * Math.sqrt(squares) + 200_000
    t.true(Math.abs(bytes - real) <= allowed, `${agent} ${ifName}: ${bytes} for ${real}`)
  }
})

test('sample pools and sequences go on by packet and by sample', t => {
  const { datagrams, truth } = run({ samplingRate: 500 })
  const last = new Map<string, { sequence: number; pool: number }>()
  for (const { agent, samples } of datagrams) {
    for (const { kind, sequence, source, words } of samples) {
      if (kind !== 1) continue
      const key = `${agent} ${source}`
      const before = last.get(key) ?? { sequence: 0, pool: 0 }
      const pool = words[1] as number
      if (sequence !== before.sequence + 1 || pool <= before.pool) t.fail(key)
      last.set(key, { sequence, pool })
    }
  }
  for (const { agent, ifIndex, samples, samplePool, since, device } of truth.interfaces()) {
    t.is(last.get(`${agent} 0:${ifIndex}`)?.sequence ?? 0, samples)
    const inside = since.inUnicast + since.inMulticast
    // What found no room on its way out of a host was offered to the sampler before.
    const out = device === 'host' ? since.outUnicast + since.outMulticast + since.outDiscards : 0
    if (ifIndex !== 100) t.is(samplePool, inside + out)
  }
})

test('what enters the fabric leaves it, or is counted as lost', t => {
  const { truth } = run({ scenario: 'ddos' })
  const sum = (of: (one: ReturnType<typeof truth.interfaces>[number]) => number) => {
    return truth.interfaces().reduce((total, one) => total + of(one), 0)
  }
  const sent = truth.streams().reduce((total, { packets }) => total + packets, 0)
  const delivered = truth.streams().reduce((total, one) => total + one.packetsDelivered, 0)
  const physical = (name: string) => (name === 'bond0' ? 0 : 1)
  const lost = sum(({ since, ifName }) => {
    return physical(ifName) * (since.inErrors + since.inDiscards + since.outDiscards)
  })
  t.true(lost > 0)
  t.is(sent - delivered, lost)
})

test('the CPU time of a host adds up to its cores, and never falls', t => {
  const { datagrams } = run({ durationMs: 100_000 })
  const last = new Map<string, { uptimeMs: number; modes: number[] }>()
  let compared = 0
  each(datagrams, 2_003, (view, { agent, timeMs }) => {
    const modes = [32, 36, 40, 44, 48, 52, 56].map(at => view.getUint32(at))
    const before = last.get(agent)
    if (before) {
      const grown = modes.map((value, index) => value - (before.modes[index] as number))
      if (grown.some(value => value < 0)) t.fail(agent)
      const total = grown.reduce((sum, value) => sum + value, 0)
      // Polls are looked at within a step of 100 ms, on 16 cores; a datagram waits a little.
      t.true(Math.abs(total - 16 * (timeMs - before.uptimeMs)) < 16 * 1_500)
      compared += 1
    }
    last.set(agent, { uptimeMs: timeMs, modes })
  })
  t.true(compared > 20)
})

test('every interface and source is polled each interval', t => {
  const { datagrams } = run({ durationMs: 100_000, pollingMs: 10_000 })
  const counts = new Map<string, number>()
  for (const { agent, samples } of datagrams) {
    for (const { kind, source } of samples) {
      if (kind === 2) counts.set(`${agent} ${source}`, (counts.get(`${agent} ${source}`) ?? 0) + 1)
    }
  }
  t.true(counts.size > 60)
  const odd = [...counts].filter(([, count]) => count < 9 || count > 12)
  t.true(odd.length <= 4, 'all but the containers that came and went')
})

test('entities of samples are sources that the same host reports', t => {
  const { datagrams } = run({ samplingRate: 500 })
  const sources = new Set<string>()
  for (const { agent, samples } of datagrams) {
    for (const { kind, source } of samples) if (kind === 2) sources.add(`${agent} ${source}`)
  }
  let marked = 0
  each(datagrams, 2_210, (view, { agent }) => {
    for (const at of [0, 8]) {
      if (view.getUint32(at) === 0) continue
      marked += 1
      if (!sources.has(`${agent} ${view.getUint32(at)}:${view.getUint32(at + 4)}`)) t.fail(agent)
    }
  })
  t.true(marked > 100)
})

test('an endless simulation remembers no more than what lives', t => {
  const { seed } = SIMULATION_DEFAULTS
  const endless = simulate({
    ...SMALL,
    seed,
    durationMs: Infinity,
    keepTruth: false,
    dayMs: 60_000,
  })
  for (const { timeMs } of endless) if (timeMs > START_MS + 300_000) break
  const now = START_MS + 300_000
  t.true(endless.truth.streams().every(({ endMs }) => endMs > now - 1_000))
  t.true(endless.truth.streams().length < 500)
})
