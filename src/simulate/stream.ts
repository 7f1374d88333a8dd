/**
 * One direction of a conversation: packets of one shape that move along one path. A flood is one
 * stream whose packets differ in the fields that the attacker varies.
 */

import type { Fabric, Host, Port } from './fabric.ts'
import type { FrameShape } from './frames.ts'
import type { Guest } from './guests.ts'
import type { Random } from './random.ts'

/** Where packets come from or go to. Without a host: the outside world. */
export interface Endpoint {
  readonly host: Host | undefined
  readonly guest: Guest | undefined
  readonly mac: Uint8Array
  readonly address: Uint8Array
}

/** A device on the way: where packets come in and where they leave. */
export interface Hop {
  readonly input: Port | undefined
  /** Undefined where the packets end: at their receiver, or where no port leads on. */
  readonly output: Port | undefined
  /** The device itself sends or receives them. */
  readonly local?: boolean
}

export interface StreamOptions {
  readonly label: string
  readonly from: Endpoint
  readonly to: Endpoint
  readonly shape: FrameShape
  readonly bytesPerSecond: number
  readonly startMs: number
  readonly endMs: number
  readonly multicast?: boolean
  /** Makes the shape of one packet, where packets differ. */
  readonly vary?: (shape: FrameShape, random: Random) => FrameShape
  /** The port at which it comes in from outside; absent: one of them. */
  readonly entry?: Port
  /** The first switch has a rule against it. */
  readonly filtered?: boolean
  /** Neighbours that talk over one wire. */
  readonly hops?: readonly Hop[]
}

export class Stream {
  readonly id: number
  readonly options: StreamOptions
  readonly random: Random
  hops: readonly Hop[] = []
  /** What entered the network, and what arrived. */
  packets = 0
  bytes = 0
  packetsDelivered = 0
  /** To the samplers on its way, to each of them those that came so far. */
  packetsOffered = 0
  #carry = 0

  constructor(id: number, options: StreamOptions, random: Random) {
    this.id = id
    this.options = options
    this.random = random
  }

  /** How many packets enter the network in a step; what is less than one is carried on. */
  packetsIn(stepMs: number): number {
    const { bytesPerSecond, shape } = this.options
    const wanted = (bytesPerSecond * stepMs) / 1_000 / shape.frameBytes + this.#carry
    const packets = Math.floor(wanted)
    this.#carry = wanted - packets
    return packets
  }

  /** The shape of one of its packets. */
  packetShape(): FrameShape {
    const { shape, vary } = this.options
    return vary ? vary(shape, this.random) : shape
  }
}

/** The way through the fabric as it stands; equal streams take equal ways while nothing changes. */
export function route(fabric: Fabric, stream: Stream): readonly Hop[] {
  const { from, to, hops } = stream.options
  if (hops) return hops
  if (from.host && from.host === to.host) {
    const { bridge } = from.host
    return bridge ? [{ input: bridge, output: undefined, local: true }] : []
  }
  const way: Hop[] = []
  if (from.host) way.push({ input: undefined, output: from.host.nic, local: true })
  way.push(...throughSwitches(fabric, stream))
  if (to.host && way.at(-1)?.output === to.host.leafPort) {
    way.push({ input: to.host.nic, output: undefined, local: true })
  }
  return way
}

function throughSwitches(fabric: Fabric, stream: Stream): Hop[] {
  const { from, to, entry = chosen(fabric.outside, stream.id) } = stream.options
  const input = from.host ? from.host.leafPort : entry
  const output = to.host ? to.host.leafPort : chosen(fabric.outside, stream.id)
  if (!input.up) return []
  const leaf = fabric.leaves.indexOf(input.device)
  const lastLeaf = fabric.leaves.indexOf(output.device)
  const last = output.up ? output : undefined
  if (leaf === lastLeaf) return [{ input, output: last }]
  const wires = fabric.spines.flatMap((_, spine) => {
    const first = fabric.uplinks[leaf]?.[spine]
    const second = fabric.uplinks[lastLeaf]?.[spine]
    return first?.lower.up && second?.lower.up ? [{ first, second }] : []
  })
  if (wires.length === 0) return [{ input, output: undefined }]
  const { first, second } = chosen(wires, stream.id)
  return [
    { input, output: first.lower },
    { input: first.upper, output: second.upper },
    { input: second.lower, output: last },
  ]
}

/** As a switch hashes a flow onto one of several ways. */
function chosen<T>(ways: readonly T[], streamId: number): T {
  return ways[(Math.imul(streamId, 0x9e3779b1) >>> 16) % ways.length] as T
}
