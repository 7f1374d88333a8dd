/**
 * UDP datagrams of a capture: what `decode` reads and `replay` sends. The datagram handed out is
 * one object, filled anew each time; it and its bytes are valid until the next one is asked for.
 */
import { formatIp4, formatIp6 } from '../packet/format.ts'
import { type CaptureCounts, readPackets } from './capture.ts'
import { findUdp, OTHER_PACKETS, type OtherPacket, type UdpPlace } from './udp.ts'

export const SFLOW_PORT = 6343

export interface CapturedDatagram {
  readonly bytes: Uint8Array
  readonly timeMs: number
  /** Made when it is asked for. */
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationPort: number
  /** The capture holds only the first bytes of it. */
  readonly cut: boolean
}

export interface DatagramCounts extends CaptureCounts {
  datagrams: number
  cut: number
  otherPort: number
  /** Packets that are no whole UDP datagram, by what they are. */
  readonly other: Record<OtherPacket, number>
}

export function newDatagramCounts(): DatagramCounts {
  const other = Object.fromEntries(OTHER_PACKETS.map(reason => [reason, 0]))
  return {
    packets: 0,
    tailBytes: 0,
    datagrams: 0,
    cut: 0,
    otherPort: 0,
    other: other as Record<OtherPacket, number>,
  }
}

export interface DatagramOptions {
  /** For messages: the name of the file. */
  readonly name: string
  /** Only datagrams to this port; undefined takes all. */
  readonly port: number | undefined
  readonly counts: DatagramCounts
}

/** Throws CaptureError. */
export async function* readDatagrams(
  chunks: AsyncIterable<Uint8Array>,
  { name, port, counts }: DatagramOptions,
): AsyncGenerator<CapturedDatagram, void, void> {
  const datagram = new Datagram()
  for await (const packet of readPackets(chunks, name, counts)) {
    const other = findUdp(packet.bytes, packet.linkType, datagram.place)
    if (other !== undefined) {
      counts.other[other] += 1
    } else if (port !== undefined && datagram.destinationPort !== port) {
      counts.otherPort += 1
    } else {
      datagram.fill(packet.bytes, packet.timeMs)
      counts.datagrams += 1
      if (datagram.cut) counts.cut += 1
      yield datagram
    }
  }
}

class Datagram implements CapturedDatagram {
  bytes: Uint8Array = new Uint8Array(0)
  timeMs = 0
  readonly place: UdpPlace = {
    sourceOffset: 0,
    addressBytes: 4,
    sourcePort: 0,
    destinationPort: 0,
    payloadOffset: 0,
    payloadLength: 0,
    cut: false,
  }
  #packet = this.bytes

  fill(packet: Uint8Array, timeMs: number): void {
    const { payloadOffset, payloadLength } = this.place
    this.#packet = packet
    this.bytes = packet.subarray(payloadOffset, payloadOffset + payloadLength)
    this.timeMs = timeMs
  }

  get sourceAddress(): string {
    const { sourceOffset, addressBytes } = this.place
    return addressText(this.#packet.subarray(sourceOffset, sourceOffset + addressBytes))
  }

  get sourcePort(): number {
    return this.place.sourcePort
  }

  get destinationPort(): number {
    return this.place.destinationPort
  }

  get cut(): boolean {
    return this.place.cut
  }
}

function addressText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 4) return formatIp4(view.getUint32(0))
  return formatIp6(Int32Array.of(...[0, 4, 8, 12].map(at => view.getInt32(at))), 0)
}
