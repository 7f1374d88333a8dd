/** The classic pcap file: one link type, a 16-byte header before each packet. draft-ietf-opsawg-pcap. */
import type { ByteWindow } from './byte-window.ts'
import type { CaptureFormat, Packet } from './capture.ts'

const MAGIC_MICROSECONDS = 0xa1b2c3d4
const MAGIC_NANOSECONDS = 0xa1b23c4d
const MAGIC_MICROSECONDS_LITTLE = 0xd4c3b2a1
const MAGIC_NANOSECONDS_LITTLE = 0x4d3cb2a1

const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
/** The upper bits tell about frame check sequences. */
const LINK_TYPE_MASK = 0x0fffffff

/** tcpdump's largest snapshot length; more in one record is damage. Packets on Linux are at most 64 KiB. */
export const PACKET_BYTES_MAX = 262_144

export class PcapFormat implements CaptureFormat {
  #littleEndian = false
  #fractionsPerMs = 1_000
  #linkType = -1

  static recognises(magic: number): boolean {
    return (
      magic === MAGIC_MICROSECONDS ||
      magic === MAGIC_NANOSECONDS ||
      magic === MAGIC_MICROSECONDS_LITTLE ||
      magic === MAGIC_NANOSECONDS_LITTLE
    )
  }

  next(window: ByteWindow, packet: Packet): 'packet' | 'other' | 'more' {
    if (this.#linkType < 0) return this.#fileHeader(window)
    if (window.length < RECORD_HEADER_BYTES) return 'more'
    const little = this.#littleEndian
    const length = window.uint32(8, little)
    if (length > PACKET_BYTES_MAX) throw new RangeError(`a packet of ${length} bytes`)
    if (window.length < RECORD_HEADER_BYTES + length) return 'more'
    packet.timeMs =
      window.uint32(0, little) * 1_000 + window.uint32(4, little) / this.#fractionsPerMs
    packet.linkType = this.#linkType
    packet.originalLength = window.uint32(12, little)
    packet.bytes = window.slice(RECORD_HEADER_BYTES, length)
    window.advance(RECORD_HEADER_BYTES + length)
    return 'packet'
  }

  #fileHeader(window: ByteWindow): 'other' | 'more' {
    if (window.length < FILE_HEADER_BYTES) return 'more'
    const magic = window.uint32(0, false)
    this.#littleEndian = magic === MAGIC_MICROSECONDS_LITTLE || magic === MAGIC_NANOSECONDS_LITTLE
    const nanoseconds = magic === MAGIC_NANOSECONDS || magic === MAGIC_NANOSECONDS_LITTLE
    this.#fractionsPerMs = nanoseconds ? 1_000_000 : 1_000
    this.#linkType = window.uint32(20, this.#littleEndian) & LINK_TYPE_MASK
    window.advance(FILE_HEADER_BYTES)
    return 'other'
  }
}
