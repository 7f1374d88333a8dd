import { readFileSync } from 'node:fs'
import test from 'ava'
import { newDatagramCounts, readDatagrams, SFLOW_PORT } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'
import { pcapFileHeader, pcapRecord, udpFrame } from '../../src/pcap/writer.ts'
import { inChunks, pcapFile } from './captures.ts'

const PAYLOAD = Uint8Array.from({ length: 33 }, (_, index) => index + 1)
const V4 = udpFrame(
  { address: '192.0.2.1', port: 5001 },
  { address: '192.0.2.9', port: 6343 },
  PAYLOAD,
)
const V6 = udpFrame({ address: '2001:db8::1', port: 5002 }, { address: '::1', port: 6343 }, PAYLOAD)

async function readAll(capture: Uint8Array, asked: number | 'any' = SFLOW_PORT) {
  const port = asked === 'any' ? undefined : asked
  const counts = newDatagramCounts()
  const datagrams = []
  const chunks = inChunks(capture, 100)
  for await (const one of readDatagrams(chunks, { name: 'x', port, counts })) {
    const { sourceAddress, sourcePort, destinationPort, timeMs, cut } = one
    datagrams.push({
      sourceAddress,
      sourcePort,
      destinationPort,
      timeMs,
      cut,
      bytes: one.bytes.slice(),
    })
  }
  return { datagrams, counts }
}

function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

const ip4 = V4.subarray(14)
const ip6 = V6.subarray(14)
const links: readonly [title: string, linkType: number, header: string, ip: Uint8Array][] = [
  ['Ethernet', 1, '020000000001 020000000002 0800', ip4],
  ['Ethernet with one VLAN tag', 1, '020000000001 020000000002 8100 0064 86dd', ip6],
  ['Ethernet with two VLAN tags', 1, '020000000001 020000000002 88a8 0064 8100 0065 0800', ip4],
  ['Linux cooked', 113, '0000 0001 0006 020000000001 0000 0800', ip4],
  ['Linux cooked version 2', 276, '86dd 0000 00000002 0001 00 06 0200000000010000', ip6],
  ['raw IP', 101, '', ip6],
  ['raw IPv4', 228, '', ip4],
  ['raw IPv6', 229, '', ip6],
  ['raw IP of OpenBSD', 12, '', ip4],
  ['null, little-endian', 0, '02000000', ip4],
  ['null, big-endian', 0, '0000001e', ip6],
  ['loopback', 108, '00000018', ip6],
]

for (const [title, linkType, header, ip] of links) {
  test(`UDP is found in ${title}`, async t => {
    const bytes = Buffer.concat([hex(header), ip])
    const { datagrams, counts } = await readAll(pcapFile([{ timeMs: 77, bytes }], { linkType }))
    const v4 = ip === ip4
    t.deepEqual(datagrams, [
      {
        sourceAddress: v4 ? '192.0.2.1' : '2001:db8::1',
        sourcePort: v4 ? 5001 : 5002,
        destinationPort: 6343,
        timeMs: 77,
        cut: false,
        bytes: PAYLOAD,
      },
    ])
    t.is(counts.datagrams, 1)
  })
}

test('IPv6 extension headers are walked', async t => {
  const udp = ip6.subarray(40)
  const hopByHop = hex('3c00 010400000000') // then destination options
  const options = hex('2c00 010400000000') // then fragment
  const atomic = hex('1100 0000 00000007') // one whole packet in one fragment, then UDP
  const header = Buffer.from(ip6.subarray(0, 40))
  header[6] = 0
  const bytes = Buffer.concat([header, hopByHop, options, atomic, udp])
  const { datagrams } = await readAll(pcapFile([{ timeMs: 1, bytes }], { linkType: 101 }))
  t.deepEqual(datagrams[0]?.bytes, PAYLOAD)
})

function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice()
  copy.set(values, at)
  return copy
}

const others: readonly [title: string, reason: string, bytes: Uint8Array][] = [
  ['ARP', 'not_ip', changed(V4, 12, 8, 6)],
  ['TCP', 'not_udp', changed(V4, 23, 6)],
  ['TCP over IPv6', 'not_udp', changed(V6, 20, 6)],
  ['a first fragment', 'fragment', changed(V4, 20, 0x20, 0)],
  ['a later fragment', 'fragment', changed(V4, 20, 0, 9)],
  ['a fragment of IPv6', 'fragment', changed(changed(V6, 20, 44), 54, 17, 0, 0, 1)],
  ['an IP header that is too short', 'malformed', changed(V4, 14, 0x44)],
  ['a UDP length below 8', 'malformed', changed(V4, 38, 0, 7)],
  ['an Ethernet header alone', 'malformed', V4.subarray(0, 14)],
  ['half an IP header', 'malformed', V4.subarray(0, 30)],
  ['half a UDP header', 'malformed', V4.subarray(0, 40)],
]

for (const [title, reason, bytes] of others) {
  test(`${title} is counted as ${reason}`, async t => {
    const { datagrams, counts } = await readAll(pcapFile([{ timeMs: 1, bytes }]))
    t.is(datagrams.length, 0)
    t.deepEqual(
      Object.entries(counts.other).filter(([, count]) => count > 0),
      [[reason, 1]],
    )
  })
}

test('a link type that is not known is counted', async t => {
  const { counts } = await readAll(pcapFile([{ timeMs: 1, bytes: V4 }], { linkType: 147 }))
  t.is(counts.other.link_type, 1)
})

test('a datagram that the capture cut is handed out as it is, and counted', async t => {
  const bytes = V4.subarray(0, V4.length - 3)
  const { datagrams, counts } = await readAll(pcapFile([{ timeMs: 1, bytes }]))
  t.deepEqual(datagrams[0]?.bytes, PAYLOAD.subarray(0, -3))
  t.is(counts.cut, 1)
})

test('padding behind a short frame is no payload', async t => {
  const bytes = Buffer.concat([V4, new Uint8Array(20)])
  const { datagrams } = await readAll(pcapFile([{ timeMs: 1, bytes }]))
  t.deepEqual(datagrams[0]?.bytes, PAYLOAD)
})

test('datagrams to other ports are left out and counted, or taken when all are asked for', async t => {
  const capture = pcapFile([{ timeMs: 1, bytes: V4 }])
  t.is((await readAll(capture, 9)).counts.otherPort, 1)
  t.is((await readAll(capture, 'any')).datagrams.length, 1)
})

test('no packet makes the reader throw, wherever it is cut or changed', async t => {
  const packets = [V4, V6].flatMap(frame => {
    const cuts = Array.from(frame, (_, length) => frame.subarray(0, length))
    const flips = Array.from(frame, (byte, at) => changed(frame, at, byte ^ 0xff))
    return [...cuts, ...flips].map(bytes => ({ timeMs: 1, bytes }))
  })
  for (const linkType of [0, 1, 12, 101, 108, 113, 276]) {
    const { counts } = await readAll(pcapFile(packets, { linkType }), 'any')
    t.is(counts.packets, packets.length)
    const other = Object.values(counts.other).reduce((sum, count) => sum + count, 0)
    t.is(counts.datagrams + other, packets.length)
  }
})

test('what is written reads back', async t => {
  const capture = Buffer.concat([
    pcapFileHeader(),
    pcapRecord(1_795_419_885_589.379, V4),
    pcapRecord(1_795_419_885_999.9998, V6),
  ])
  const { datagrams } = await readAll(capture)
  t.deepEqual(
    datagrams.map(({ timeMs, sourceAddress }) => [timeMs, sourceAddress]),
    [
      [1_795_419_885_589.379, '192.0.2.1'],
      [1_795_419_886_000, '2001:db8::1'],
    ],
  )
})

test('the writer refuses addresses of two families', t => {
  const v4 = { address: '192.0.2.1', port: 1 }
  t.throws(() => udpFrame(v4, { address: '::1', port: 1 }, PAYLOAD), { message: /two families/ })
})

for (const name of [
  'hsflowd-docker',
  'hsflowd-host',
  'hsflowd-kvm',
  'ovs',
  'ovs3-vxlan',
  'pmacct',
]) {
  test(`${name}.pcap: as many datagrams, of the lengths that the reference tells`, async t => {
    const base = new URL(`../captures/${name}`, import.meta.url).pathname
    const lines = readFileSync(`${base}.sflowtool.jsonl`, 'utf8').trim().split('\n')
    const expected = lines.map(line => JSON.parse(line) as Record<string, string>)
    const capture = await openCapture(`${base}.pcap`)
    const counts = newDatagramCounts()
    const found: string[] = []
    const options = { name, port: SFLOW_PORT, counts }
    for await (const datagram of readDatagrams(capture.chunks, options)) {
      found.push(String(datagram.bytes.length))
    }
    t.deepEqual(
      found,
      expected.map(one => one.datagramSize),
    )
    t.deepEqual([capture.readBytes()], [capture.sizeBytes])
  })
}

test('a file that cannot be read is refused with its path and the reason', async t => {
  await t.throwsAsync(openCapture('/nonexistent/x'), {
    message: 'cannot read /nonexistent/x: there is no such file',
  })
  await t.throwsAsync(openCapture('/'), { message: 'cannot read /: it is a directory' })
})
