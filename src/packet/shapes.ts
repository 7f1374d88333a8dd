/**
 * The shapes that nearly all packets have: Ethernet, at most one 802.1Q tag, IPv4 without options or IPv6
 * without extension headers, and TCP or UDP that is not known to carry something else. Where the layers
 * of such a packet stand is known from its shape alone, so that fields are read at fixed places.
 */
import { LAYER, NOTHING } from './layers.ts'
import { layerInUdp } from './transport.ts'

/** A shape is a number: these bits, which stand for TCP over IPv4 without a tag if none is set. */
const SHAPE_UDP = 1
const SHAPE_IP6 = 2
const SHAPE_TAGGED = 4
export const SHAPES = 8
/** The packet has none of the shapes, or was cut off before its ports: the readers of layers tell. */
export const NO_SHAPE = -1

const ETHERNET_BYTES = 14
const TAG_BYTES = 4
const IP_BYTES = 20
const IP6_BYTES = 40
/** What a reader of ports needs. */
const PORTS_BYTES = 4
const BYTES_MIN = ETHERNET_BYTES + IP_BYTES + PORTS_BYTES

const TYPE_IP = 0x0800
const TYPE_IP6 = 0x86dd
const TYPE_TAG = 0x8100
/** First byte of an IPv4 header without options. */
const IP_PLAIN = 0x45
const TCP = 6
const UDP = 17
/** Of 16 bits that tell of fragments: more follow, and the offset. */
const FRAGMENT = 0x3fff

/** A layer, and where it begins, counted from the packet's first byte. */
export type PlacedLayer = readonly [layer: number, at: number]

/** The layers of a shape, in the order in which the readers of layers find them. */
export const SHAPE_LAYERS: readonly (readonly PlacedLayer[])[] = Array.from(
  { length: SHAPES },
  (_, shape) => {
    const tag: PlacedLayer[] = (shape & SHAPE_TAGGED) === 0 ? [] : [[LAYER.vlan, ETHERNET_BYTES]]
    const network = ETHERNET_BYTES + (tag.length > 0 ? TAG_BYTES : 0)
    const isIp6 = (shape & SHAPE_IP6) !== 0
    const ip: PlacedLayer[] = isIp6
      ? [
          [LAYER.ip6, network],
          [LAYER['ip6-next'], network + 6],
        ]
      : [[LAYER.ip, network]]
    const transport = (shape & SHAPE_UDP) === 0 ? LAYER.tcp : LAYER.udp
    return [
      [LAYER.eth, 0],
      ...tag,
      [LAYER.ethertype, network - 2],
      ...ip,
      [transport, network + (isIp6 ? IP6_BYTES : IP_BYTES)],
    ]
  },
)

/** Bits as of `PacketView.layers()`, by shape. */
export const SHAPE_MASKS = Int32Array.from(SHAPE_LAYERS, layers =>
  layers.reduce((mask, [layer]) => mask | (1 << layer), 0),
)

export class Shapes {
  /** The first byte that may not be read of the packet whose shape was found: its length field may tell. */
  end = 0

  /** The shape of an Ethernet frame from `start` to `end`, or NO_SHAPE. */
  of(view: DataView, start: number, end: number): number {
    if (end - start < BYTES_MIN) return NO_SHAPE
    const type = view.getUint16(start + 12)
    const at = start + ETHERNET_BYTES
    if (type === TYPE_IP) return this.#ip(view, at, end, 0)
    if (type === TYPE_IP6) return this.#ip6(view, at, end, 0)
    if (type !== TYPE_TAG) return NO_SHAPE
    const inner = view.getUint16(start + 16)
    if (inner === TYPE_IP) return this.#ip(view, at + TAG_BYTES, end, SHAPE_TAGGED)
    return inner === TYPE_IP6 ? this.#ip6(view, at + TAG_BYTES, end, SHAPE_TAGGED) : NO_SHAPE
  }

  #ip(view: DataView, at: number, end: number, shape: number): number {
    if (end - at < IP_BYTES) return NO_SHAPE
    const first = view.getUint32(at)
    const word = view.getUint32(at + 6)
    if (first >>> 24 !== IP_PLAIN || ((word >>> 16) & FRAGMENT) !== 0) return NO_SHAPE
    const total = first & 0xffff
    const least = total < IP_BYTES ? end : Math.min(end, at + total)
    return this.#ports(view, at + IP_BYTES, least, shape, word & 0xff)
  }

  #ip6(view: DataView, at: number, end: number, shape: number): number {
    if (end - at < IP6_BYTES || view.getUint8(at) >>> 4 !== 6) return NO_SHAPE
    const payload = view.getUint16(at + 4)
    const next = at + IP6_BYTES
    const least = payload === 0 ? end : Math.min(end, next + payload)
    return this.#ports(view, next, least, shape | SHAPE_IP6, view.getUint8(at + 6))
  }

  #ports(view: DataView, at: number, end: number, shape: number, protocol: number): number {
    this.end = end
    if (end - at < PORTS_BYTES) return NO_SHAPE
    if (protocol === TCP) return shape
    if (protocol !== UDP) return NO_SHAPE
    const ports = view.getUint32(at)
    return layerInUdp(ports >>> 16, ports & 0xffff) === NOTHING ? shape | SHAPE_UDP : NO_SHAPE
  }
}
