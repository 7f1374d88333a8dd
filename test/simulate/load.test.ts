import test from 'ava'
import { LOAD_DATAGRAM_BYTES, Load } from '../../src/simulate/load.ts'
import { readDatagram, uint64 } from './read-datagram.ts'

const SMALL = { agents: 3, portsPerAgent: 4, flows: 50, ring: 60 }

test('every datagram has 1296 bytes, six flow samples with 128 bytes and one of counters', t => {
  const load = new Load(SMALL)
  for (let count = 0; count < 100; count++) {
    const bytes = load.next(count)
    t.is(bytes.length, LOAD_DATAGRAM_BYTES)
    const { samples } = readDatagram(bytes)
    t.deepEqual(
      samples.map(({ kind, records }) => [kind, records.map(one => one.view.byteLength)]),
      [...new Array(6).fill([1, [16 + 128]]), [2, [88]]],
    )
  }
})

test('sequences, pools and counters go on without gap, round after round of the ring', t => {
  const load = new Load(SMALL)
  const datagrams = new Map<string, number>()
  const sources = new Map<string, { flow: number; counters: number; octets: number }>()
  for (let count = 0; count < 500; count++) {
    const { agent, sequence, uptimeMs, samples } = readDatagram(load.next(count * 10))
    t.is(sequence, (datagrams.get(agent) ?? 0) + 1)
    t.is(uptimeMs, count * 10)
    datagrams.set(agent, sequence)
    for (const sample of samples) {
      const key = `${agent} ${sample.source}`
      const last = sources.get(key) ?? { flow: 0, counters: 0, octets: 0 }
      if (sample.kind === 1) {
        last.flow += 1
        t.is(sample.sequence, last.flow)
        t.is(sample.words[1], last.flow * 1_000)
      } else {
        last.counters += 1
        t.is(sample.sequence, last.counters)
        const octets = uint64((sample.records[0] as { view: DataView }).view, 24)
        t.is(octets - last.octets, 6 * 1_000 * 1_000)
        last.octets = octets
      }
      sources.set(key, last)
    }
  }
  t.is(datagrams.size, SMALL.agents)
  t.is(sources.size, SMALL.agents * SMALL.portsPerAgent)
})

test('the truth counts the samples of each flow, and flows look as they are told', t => {
  const load = new Load(SMALL)
  const found = new Map<string, number>()
  for (let count = 0; count < 200; count++) {
    for (const { kind, records } of readDatagram(load.next(count)).samples) {
      if (kind !== 1) continue
      const { view } = records[0] as { view: DataView }
      const address = (at: number) =>
        [0, 1, 2, 3].map(byte => view.getUint8(16 + at + byte)).join('.')
      const ports = [view.getUint16(16 + 34), view.getUint16(16 + 36)]
      const key = [address(26), address(30), ...ports, view.getUint32(4)].join(' ')
      found.set(key, (found.get(key) ?? 0) + 1)
    }
  }
  const wanted = Array.from(load.samplesByFlow, (samples, index) => {
    const { source, destination, sourcePort, destinationPort, frameBytes } = load.flow(index)
    return [
      [source, destination, sourcePort, destinationPort, frameBytes].join(' '),
      samples,
    ] as const
  }).filter(([, samples]) => samples > 0)
  t.deepEqual([...found].sort(), wanted.sort())
})

test('the spoofed variant shows another source in every sample', t => {
  const load = new Load({ ...SMALL, spoofed: true })
  const sources = new Set<string>()
  for (let count = 0; count < 300; count++) {
    for (const { kind, records } of readDatagram(load.next(count)).samples) {
      if (kind !== 1) continue
      const { view } = records[0] as { view: DataView }
      sources.add(`${view.getUint32(16 + 26)} ${view.getUint16(16 + 34)}`)
    }
  }
  t.is(sources.size, 300 * 6)
})

test('the same seed gives the same load', t => {
  const take = (seed: number) => {
    const load = new Load({ ...SMALL, seed, spoofed: true })
    return Buffer.concat(Array.from({ length: 100 }, (_, count) => load.next(count).slice()))
  }
  t.true(take(4).equals(take(4)))
  t.false(take(4).equals(take(5)))
})
