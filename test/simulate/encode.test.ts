import { readFileSync } from 'node:fs'
import test from 'ava'
import { PORT_NAME, VLAN } from '../../src/simulate/counter-layouts.ts'
import { encodeDatagram, encodeSample, INTERNAL, port } from '../../src/simulate/encode.ts'
import { rawRecord, record } from '../../src/simulate/layout.ts'
import { everyRecordCapture } from './every-record.ts'
import { readDatagram } from './read-datagram.ts'

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

test('every record is written as a foreign decoder read it', t => {
  const file = new URL('every-record.pcap', import.meta.url)
  t.true(everyRecordCapture().equals(readFileSync(file)))
})

test('a datagram of an IPv6 agent has a header of 40 bytes', t => {
  const data = {
    agent: '2001:db8::7',
    subAgent: 3,
    sequence: 2 ** 32 + 5,
    uptimeMs: 6,
    samples: [],
  }
  t.is(
    hex(encodeDatagram(data)),
    '0000000500000002' + '20010db8000000000000000000000007' + '00000003000000050000000600000000',
  )
})

test('a compact sample packs class and index, format and value into one word each', t => {
  const bytes = encodeSample({
    kind: 'flow',
    sequence: 1,
    sourceClass: 2,
    sourceIndex: 3,
    samplingRate: 4,
    samplePool: 5,
    drops: 6,
    input: { format: 1, value: 256 },
    output: { format: 2, value: 7 },
    records: [],
  })
  t.is(
    hex(bytes),
    `00000001${'00000020'}00000001${'02000003'}000000040000000500000006${'40000100'}${'80000007'}00000000`,
  )
})

test('an expanded sample gives each of them a word of its own', t => {
  const bytes = encodeSample({
    kind: 'flow',
    expanded: true,
    sequence: 1,
    sourceClass: 3,
    sourceIndex: 100_001,
    samplingRate: 4,
    samplePool: 5,
    drops: 6,
    input: port(INTERNAL),
    output: port(2 ** 31),
    records: [],
  })
  const [sample] = readDatagram(
    encodeDatagram({ agent: '192.0.2.1', sequence: 1, uptimeMs: 1, samples: [bytes] }),
  ).samples
  t.is(sample?.source, '3:100001')
  t.deepEqual(sample?.words, [4, 5, 6, 0, INTERNAL, 0, 2 ** 31])
})

test('texts are padded to four bytes, and lengths tell what follows', t => {
  for (const [name, body] of [
    ['', '00000000'],
    ['a', '0000000161000000'],
    ['swp1', '0000000473777031'],
    ['swp10', '000000057377703130000000'],
  ] as const) {
    const records = [record(PORT_NAME, { name })]
    const bytes = encodeSample({
      kind: 'counters',
      sequence: 9,
      sourceClass: 0,
      sourceIndex: 1,
      records,
    })
    const length = (body.length / 2).toString(16).padStart(8, '0')
    t.is(hex(bytes).slice(40), `000003ed${length}${body}`)
  }
})

test('numbers keep the lower bits of a field, as counters do; a bigint fills all 64', t => {
  const values = {
    vlan: 2 ** 32 + 7,
    ucastPkts: -1,
    multicastPkts: 0,
    broadcastPkts: 0,
    discards: 0,
  }
  for (const [octets, text] of [
    [2 ** 52 + 1, '0010000000000001'],
    [2n ** 64n - 1n, 'ffffffffffffffff'],
  ] as const) {
    const records = [record(VLAN, { ...values, octets })]
    const bytes = encodeSample({
      kind: 'counters',
      sequence: 9,
      sourceClass: 1,
      sourceIndex: 7,
      records,
    })
    t.is(hex(bytes).slice(56), `00000007${text}ffffffff000000000000000000000000`)
  }
})

test('samples and records can be bytes as they are, for what is unknown or damaged', t => {
  const bytes = encodeDatagram({
    agent: '192.0.2.1',
    sequence: 1,
    uptimeMs: 1,
    samples: [
      { kind: 'raw', tag: 4_300 * 4_096 + 1_002, bytes: Uint8Array.of(1, 2, 3, 4) },
      {
        kind: 'counters',
        sequence: 1,
        sourceClass: 0,
        sourceIndex: 1,
        records: [rawRecord(99, Uint8Array.of(5, 6, 7, 8))],
      },
    ],
  })
  t.is(hex(bytes).slice(56, 80), '010cc3ea0000000401020304')
  t.true(hex(bytes).endsWith('000000630000000405060708'))
})
