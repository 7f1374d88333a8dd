/**
 * pcapng: sections of blocks, several interfaces with link type and clock of their own. Packets come
 * from enhanced, simple and the obsolete packet blocks; other blocks are skipped by their length,
 * however long they are. draft-ietf-opsawg-pcapng.
 */
import type { ByteWindow } from './byte-window.ts'
import type { CaptureFormat, Packet } from './capture.ts'
import { PACKET_BYTES_MAX } from './pcap-format.ts'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const PACKET_OBSOLETE = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const OPTION_END = 0
const OPTION_TIME_RESOLUTION = 9
const OPTION_TIME_OFFSET = 14

/** Type, length, and the length once more at the end. */
const BLOCK_FRAME_BYTES = 12
const INTERFACES_MAX = 4_096
/** The packet, and options after it. */
const BLOCK_BYTES_MAX = PACKET_BYTES_MAX + 65_536

interface Interface {
  readonly linkType: number
  readonly snapshotLength: number
  readonly unitsPerSecond: number
  readonly offsetSeconds: number
}

type Layout = Readonly<{
  interfaceOffset?: number
  interfaceBits?: 16 | 32
  timeOffset?: number
  lengthOffset?: number
  originalLengthOffset: number
  dataOffset: number
}>

/** Where a packet block keeps its parts, counted from its start. */
const LAYOUTS: Readonly<Record<number, Layout>> = {
  [ENHANCED_PACKET]: {
    interfaceOffset: 8,
    interfaceBits: 32,
    timeOffset: 12,
    lengthOffset: 20,
    originalLengthOffset: 24,
    dataOffset: 28,
  },
  [PACKET_OBSOLETE]: {
    interfaceOffset: 8,
    interfaceBits: 16,
    timeOffset: 12,
    lengthOffset: 20,
    originalLengthOffset: 24,
    dataOffset: 28,
  },
  [SIMPLE_PACKET]: { originalLengthOffset: 8, dataOffset: 12 },
}

export class PcapngFormat implements CaptureFormat {
  #little = false
  #interfaces: Interface[] = []

  static recognises(magic: number): boolean {
    return magic === SECTION_HEADER
  }

  next(window: ByteWindow, packet: Packet): 'packet' | 'other' | 'more' {
    if (window.length < BLOCK_FRAME_BYTES) return 'more'
    const type = window.uint32(0, this.#little)
    if (type === SECTION_HEADER) this.#startSection(window)
    const length = window.uint32(4, this.#little)
    if (length < BLOCK_FRAME_BYTES || length % 4 !== 0) {
      throw new RangeError(`a block of ${length} bytes`)
    }
    const layout = LAYOUTS[type]
    if (layout === undefined && type !== INTERFACE_DESCRIPTION) {
      window.advance(length)
      return 'other'
    }
    if (length > BLOCK_BYTES_MAX) throw new RangeError(`a packet block of ${length} bytes`)
    if (window.length < length) return 'more'
    if (layout === undefined) this.#addInterface(window, length)
    else this.#packet(window, length, layout, packet)
    window.advance(length)
    return layout === undefined ? 'other' : 'packet'
  }

  /** The magic tells the byte order of the section, the length before it included. */
  #startSection(window: ByteWindow): void {
    this.#little = window.uint32(8, true) === BYTE_ORDER_MAGIC
    if (!this.#little && window.uint32(8, false) !== BYTE_ORDER_MAGIC) {
      throw new RangeError('a section without byte order')
    }
    this.#interfaces = []
  }

  #addInterface(window: ByteWindow, length: number): void {
    if (length < 20) throw new RangeError(`an interface description of ${length} bytes`)
    if (this.#interfaces.length >= INTERFACES_MAX) throw new RangeError('too many interfaces')
    const little = this.#little
    let unitsPerSecond = 1_000_000
    let offsetSeconds = 0
    const end = length - 4
    for (let at = 16; at + 4 <= end; ) {
      const option = window.uint16(at, little)
      const bytes = window.uint16(at + 2, little)
      if (option === OPTION_END || at + 4 + bytes > end) break
      if (option === OPTION_TIME_RESOLUTION && bytes >= 1) {
        unitsPerSecond = resolution(window.slice(at + 4, 1)[0] as number)
      }
      if (option === OPTION_TIME_OFFSET && bytes >= 8) {
        offsetSeconds = this.#integer64(window, at + 4, little ? at + 8 : at + 4)
      }
      at += 4 + bytes + ((4 - (bytes % 4)) % 4)
    }
    this.#interfaces.push({
      linkType: window.uint16(8, little),
      snapshotLength: window.uint32(12, little),
      unitsPerSecond,
      offsetSeconds,
    })
  }

  /** Exact up to 2^53: enough for seconds. `highAt` is where the upper half lies. */
  #integer64(window: ByteWindow, at: number, highAt: number): number {
    const lowAt = highAt === at ? at + 4 : at
    return (window.uint32(highAt, this.#little) | 0) * 2 ** 32 + window.uint32(lowAt, this.#little)
  }

  #packet(window: ByteWindow, length: number, layout: Layout, packet: Packet): void {
    const little = this.#little
    if (length < layout.dataOffset + 4) throw new RangeError(`a packet block of ${length} bytes`)
    const { interfaceOffset = 0, timeOffset, lengthOffset } = layout
    let index = 0
    if (layout.interfaceBits === 32) index = window.uint32(interfaceOffset, little)
    if (layout.interfaceBits === 16) index = window.uint16(interfaceOffset, little)
    const from = this.#interfaces[index]
    if (from === undefined) throw new RangeError(`a packet of interface ${index}, never described`)
    packet.originalLength = window.uint32(layout.originalLengthOffset, little)
    const room = length - layout.dataOffset - 4
    let bytes = Math.min(packet.originalLength, from.snapshotLength || packet.originalLength, room)
    if (lengthOffset !== undefined) bytes = window.uint32(lengthOffset, little)
    if (bytes > room) throw new RangeError(`a packet of ${bytes} bytes in a block of ${length}`)
    // A simple packet carries no time: it keeps that of the packet before.
    if (timeOffset !== undefined) {
      const units =
        window.uint32(timeOffset, little) * 2 ** 32 + window.uint32(timeOffset + 4, little)
      packet.timeMs = units / (from.unitsPerSecond / 1_000) + from.offsetSeconds * 1_000
    }
    packet.linkType = from.linkType
    packet.bytes = window.slice(layout.dataOffset, bytes)
  }
}

/** The upper bit tells whether the rest is a negative power of 2 or of 10. */
function resolution(value: number): number {
  return value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value
}
