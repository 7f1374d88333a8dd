import test from 'ava'
import { CaptureError, type Packet, readPackets } from '../../src/pcap/capture.ts'
import { Random } from '../../src/simulate/random.ts'
import {
  block,
  describeInterface,
  enhancedPacket,
  inChunks,
  type PlainPacket,
  pcapFile,
  section,
} from './captures.ts'

const PACKETS: readonly PlainPacket[] = [
  { timeMs: 1_795_419_885_589.379, bytes: Uint8Array.of(1, 2, 3) },
  { timeMs: 1_795_419_885_589.5, bytes: new Uint8Array(0) },
  { timeMs: 1_795_419_999_000, bytes: new Uint8Array(70_000).fill(7), originalLength: 70_001 },
]

async function readAll(bytes: Uint8Array, chunkBytes = bytes.length || 1) {
  const counts = { packets: 0, tailBytes: 0 }
  const packets: Packet[] = []
  for await (const packet of readPackets(inChunks(bytes, chunkBytes), 'x.pcap', counts)) {
    packets.push({ ...packet, bytes: packet.bytes.slice() })
  }
  return { packets, counts }
}

for (const little of [true, false]) {
  for (const nanoseconds of [true, false]) {
    const order = little ? 'little' : 'big'
    test(`pcap, ${order}-endian, ${nanoseconds ? 'nano' : 'micro'}seconds`, async t => {
      const { packets, counts } = await readAll(pcapFile(PACKETS, { little, nanoseconds }))
      t.is(counts.packets, PACKETS.length)
      t.deepEqual(
        packets.map(packet => packet.bytes),
        PACKETS.map(packet => packet.bytes),
      )
      for (const [index, packet] of packets.entries()) {
        t.true(Math.abs(packet.timeMs - (PACKETS[index] as PlainPacket).timeMs) < 0.001)
        t.is(packet.linkType, 1)
      }
      t.is(packets[2]?.originalLength, 70_001)
    })
  }
}

test('a capture reads the same wherever its chunks are cut', async t => {
  const bytes = pcapFile([{ timeMs: 5, bytes: Uint8Array.of(9, 8, 7) }, ...PACKETS.slice(0, 2)])
  const whole = await readAll(bytes)
  for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++) {
    t.deepEqual(await readAll(bytes, chunkBytes), whole)
  }
})

test('a tail that was cut off is counted, and what stands before it is read', async t => {
  const bytes = pcapFile(PACKETS.slice(0, 1))
  for (let length = 25; length < bytes.length; length++) {
    const { packets, counts } = await readAll(bytes.subarray(0, length))
    t.is(packets.length, 0)
    t.is(counts.tailBytes, length - 24)
  }
})

test('pcapng: interfaces have a link type and a clock of their own', async t => {
  const nano = [Uint8Array.of(9, 0, 1, 0, 9, 0, 0, 0), 0]
  const binary = [Uint8Array.of(9, 0, 1, 0, 0x80 | 10, 0, 0, 0), 0]
  const offset = [Uint8Array.of(14, 0, 8, 0, 100, 0, 0, 0, 0, 0, 0, 0), 0]
  const bytes = Buffer.concat([
    section(),
    block(0x0bad, [new Uint8Array(200_000)]),
    describeInterface(1),
    describeInterface(101, { options: nano }),
    describeInterface(113, { options: binary }),
    describeInterface(276, { options: offset }),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(1) }, 2_000_500n),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(2, 2), interfaceIndex: 1 }, 3_000_000_000n),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(3), interfaceIndex: 2 }, 1_536n),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(4), interfaceIndex: 3 }, 1_000_000n),
  ])
  for (const chunkBytes of [bytes.length, 1_000, 13]) {
    const { packets } = await readAll(bytes, chunkBytes)
    t.deepEqual(
      packets.map(({ linkType, timeMs, bytes }) => [linkType, timeMs, bytes[0]]),
      [
        [1, 2_000.5, 1],
        [101, 3_000, 2],
        [113, 1_500, 3],
        [276, 101_000, 4],
      ],
    )
  }
})

test('pcapng: a section of the other byte order begins anew', async t => {
  const bytes = Buffer.concat([
    section(),
    describeInterface(1),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(1, 2, 3) }, 1_000n),
    section(false),
    describeInterface(101, { little: false, snapshotLength: 2 }),
    enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(4) }, 2_000n, false),
    block(3, [3, Uint8Array.of(5, 6)], false),
  ])
  const { packets } = await readAll(bytes)
  t.deepEqual(
    packets.map(({ linkType, timeMs, bytes, originalLength }) => ({
      linkType,
      timeMs,
      bytes: [...bytes],
      originalLength,
    })),
    [
      { linkType: 1, timeMs: 1, bytes: [1, 2, 3], originalLength: 3 },
      { linkType: 101, timeMs: 2, bytes: [4], originalLength: 1 },
      // A simple packet has no time: that of the packet before. The snapshot length bounds it.
      { linkType: 101, timeMs: 2, bytes: [5, 6], originalLength: 3 },
    ],
  )
})

const hostile: readonly [title: string, bytes: Uint8Array, message: RegExp][] = [
  ['an empty file', new Uint8Array(0), /x\.pcap is empty, not a capture/],
  ['three bytes', Uint8Array.of(0xa1, 0xb2, 0xc3), /x\.pcap is not a capture/],
  ['a header cut short', pcapFile([]).subarray(0, 23), /x\.pcap is not a capture/],
  ['a text', Buffer.from('# a text\n'), /x\.pcap is not a capture \(pcap or pcapng\)/],
  ['a gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 0), /x\.pcap is compressed/],
  [
    'a packet longer than any',
    Buffer.concat([pcapFile([]), Buffer.alloc(16, 0xff)]),
    /x\.pcap is damaged at byte 24: a packet of 4294967295 bytes/,
  ],
  [
    'a block shorter than its frame',
    Buffer.concat([section(), Buffer.from([6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]),
    /damaged at byte 28: a block of 0 bytes/,
  ],
  [
    'a packet of an interface that is not there',
    Buffer.concat([section(), enhancedPacket({ timeMs: 0, bytes: Uint8Array.of(1) }, 0n)]),
    /a packet of interface 0, never described/,
  ],
  [
    'a packet longer than its block',
    Buffer.concat([section(), describeInterface(1), block(6, [0, 0, 0, 99, 99, 1])]),
    /a packet of 99 bytes in a block of 36/,
  ],
  [
    'a packet block without a packet',
    Buffer.concat([section(), describeInterface(1), block(6, [])]),
    /a packet block of 12 bytes/,
  ],
  ['a section without byte order', block(0x0a0d0d0a, [7, 7, 7, 7]), /a section without byte order/],
]

for (const [title, bytes, message] of hostile) {
  test(`${title} is refused in one clear line`, async t => {
    const error = await t.throwsAsync(readAll(bytes), { instanceOf: CaptureError })
    t.regex(error.message, message)
    t.notRegex(error.message, /\n/)
  })
}

test('memory stays flat over a long capture: the bytes of packets are re-used', async t => {
  const one = pcapFile([{ timeMs: 1, bytes: new Uint8Array(1_400) }]).subarray(24)
  async function* chunks() {
    yield pcapFile([])
    for (let count = 0; count < 20_000; count++) yield one
  }
  const buffers = new Set<ArrayBufferLike>()
  const counts = { packets: 0, tailBytes: 0 }
  for await (const packet of readPackets(chunks(), 'x', counts)) buffers.add(packet.bytes.buffer)
  t.is(counts.packets, 20_000)
  t.is(buffers.size, 1)
})

test('whatever is damaged, reading ends with a clear error or without one', async t => {
  const interfaces = [describeInterface(1), describeInterface(101, { options: [0x00010009, 9, 0] })]
  const block = enhancedPacket({ timeMs: 0, bytes: new Uint8Array(50), interfaceIndex: 1 }, 9n)
  const files = [
    pcapFile(PACKETS.slice(0, 2)),
    Buffer.concat([section(), ...interfaces, block, section(false), block]),
  ]
  const random = new Random(20_261_123)
  let errors = 0
  for (let round = 0; round < 3_000; round++) {
    const bytes = Buffer.from(random.pick(files))
    for (let change = 0; change < 3; change++) {
      bytes[random.integer(bytes.length)] = random.pick([0, 1, 6, 0x7f, 0xff, random.integer(256)])
    }
    const length = random.integer(bytes.length) + 1
    try {
      await readAll(bytes.subarray(0, length), 1 + random.integer(64))
    } catch (error) {
      errors += 1
      if (!(error instanceof CaptureError)) throw error
    }
  }
  t.true(errors > 100)
})
