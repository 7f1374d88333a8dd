import test from 'ava'
import { addressBytes } from '../../src/pcap/address-bytes.ts'
import { addWords, checksumOf } from '../../src/pcap/checksum.ts'
import { type FrameShape, frameHeader, lldpHeader } from '../../src/simulate/frames.ts'

const SHAPE: FrameShape = {
  sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
  source: addressBytes('10.0.0.1'),
  destination: addressBytes('10.0.0.2'),
  protocol: 6,
  sourcePort: 40_000,
  destinationPort: 443,
  frameBytes: 1_518,
}
const V6 = { source: addressBytes('2001:db8::1'), destination: addressBytes('2001:db8::2') }
const TUNNEL = {
  vni: 0xabcdef,
  sourceMac: Uint8Array.of(2, 0, 0, 0, 1, 1),
  destinationMac: Uint8Array.of(2, 0, 0, 0, 1, 2),
  source: addressBytes('192.0.2.1'),
  destination: addressBytes('192.0.2.2'),
  sourcePort: 55_555,
}

const shapes: readonly [title: string, change: Partial<FrameShape>, ip: number][] = [
  ['TCP over IPv4', {}, 14],
  ['TCP over IPv6', V6, 14],
  ['UDP over IPv4', { protocol: 17 }, 14],
  ['UDP over IPv6', { ...V6, protocol: 17 }, 14],
  ['ICMP', { protocol: 1, sourcePort: 8, destinationPort: 0 }, 14],
  ['ICMPv6', { ...V6, protocol: 58, sourcePort: 128, destinationPort: 0 }, 14],
  ['a VLAN tag', { vlan: 100 }, 18],
  ['a tunnel, IPv4 inside', { tunnel: TUNNEL }, 64],
  ['a tunnel, IPv6 inside', { ...V6, tunnel: TUNNEL }, 64],
]

for (const [title, change, ip] of shapes) {
  test(`${title}: lengths fit the frame, and checksums are right`, t => {
    const shape = { ...SHAPE, ...change }
    const bytes = frameHeader(shape)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    t.is(bytes.length, 128)
    const isV4 = shape.source.length === 4
    t.is(view.getUint16(ip - 2), isV4 ? 0x0800 : 0x86dd)
    const length = isV4 ? view.getUint16(ip + 2) : view.getUint16(ip + 4) + 40
    t.is(length, shape.frameBytes - 4 - ip)
    if (isV4) t.is(checksumOf(addWords(bytes, ip, ip + 20)), 0)
    const transport = ip + (isV4 ? 20 : 40)
    const pseudo = addWords(shape.source, 0, 16, addWords(shape.destination, 0, 16))
    const total = shape.protocol + shape.frameBytes - 4 - transport
    const sum = addWords(bytes, transport, 128, shape.protocol === 1 ? 0 : pseudo + total)
    t.is(checksumOf(sum), 0)
  })
}

test('a frame of the least length shows all but its check sequence', t => {
  t.is(frameHeader({ ...SHAPE, frameBytes: 64 }).length, 60)
})

test('a tunnel tells its network and its outer ends', t => {
  const bytes = frameHeader({ ...SHAPE, tunnel: TUNNEL })
  const view = new DataView(bytes.buffer)
  t.is(view.getUint16(36), 4_789)
  t.is(view.getUint32(42), 0x08000000)
  t.is(view.getUint32(46), 0xabcdef00)
  t.deepEqual(bytes.slice(26, 30), TUNNEL.source)
})

test('a discovery frame goes to the nearest bridge and names the port', t => {
  const bytes = lldpHeader(SHAPE.sourceMac, 'swp49')
  t.is(bytes.length, 60)
  t.is(Buffer.from(bytes.subarray(0, 6)).toString('hex'), '0180c200000e')
  t.true(Buffer.from(bytes).includes('swp49'))
})
