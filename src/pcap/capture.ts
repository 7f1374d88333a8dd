/**
 * Packets of a capture, in constant memory: pcap of both byte orders with micro- and nanoseconds,
 * and pcapng. The packet handed out is one object, filled anew each time; its bytes are valid until
 * the next one is asked for. A tail that was cut off is counted; what cannot be a capture throws.
 */
import { UsageError } from '../usage-error.ts'
import { ByteWindow } from './byte-window.ts'
import { PcapFormat } from './pcap-format.ts'
import { PcapngFormat } from './pcapng-format.ts'

/** No capture, a damaged one, or one that cannot be opened. Its text is meant for the user. */
export class CaptureError extends UsageError {}

export interface Packet {
  timeMs: number
  /** As registered at tcpdump.org/linktypes.html. */
  linkType: number
  bytes: Uint8Array
  /** On the wire; more than the bytes at hand when the capture cut them. */
  originalLength: number
}

/** Filled while a capture is read. */
export interface CaptureCounts {
  packets: number
  /** Bytes of a last record that is not whole. */
  tailBytes: number
}

/** A kind of capture file. It reads one record at a time out of the window. */
export interface CaptureFormat {
  /**
   * Takes the next record: 'packet' when it filled `packet`, 'other' when it moved on without one,
   * 'more' when the window does not hold all of it yet. Throws RangeError with what is wrong.
   */
  next(window: ByteWindow, packet: Packet): 'packet' | 'other' | 'more'
}

const FORMATS = [PcapFormat, PcapngFormat] as const
const MAGIC_BYTES = 4
const GZIP_MAGIC = 0x1f8b

/** `name` is for messages. Throws CaptureError. */
export async function* readPackets(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  counts: CaptureCounts,
): AsyncGenerator<Packet, void, void> {
  const window = new ByteWindow()
  const packet: Packet = { timeMs: 0, linkType: 0, bytes: new Uint8Array(0), originalLength: 0 }
  let format: CaptureFormat | undefined
  for await (const chunk of chunks) {
    window.append(chunk)
    if (window.toSkip > 0) continue
    format ??= detect(window, name)
    if (format === undefined) continue
    for (;;) {
      const found = take(format, window, packet, name)
      if (found === 'more') break
      if (found === 'other') continue
      counts.packets += 1
      yield packet
    }
  }
  if (window.position === 0) {
    throw new CaptureError(window.length ? notACapture(name) : `${name} is empty, not a capture`)
  }
  counts.tailBytes = window.length + window.toSkip
}

function take(format: CaptureFormat, window: ByteWindow, packet: Packet, name: string) {
  try {
    return format.next(window, packet)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CaptureError(`${name} is damaged at byte ${window.position}: ${error.message}`)
  }
}

function detect(window: ByteWindow, name: string): CaptureFormat | undefined {
  if (window.length < MAGIC_BYTES) return undefined
  const magic = window.uint32(0, false)
  const Format = FORMATS.find(format => format.recognises(magic))
  if (Format !== undefined) return new Format()
  if (magic >>> 16 !== GZIP_MAGIC) throw new CaptureError(notACapture(name))
  throw new CaptureError(`${name} is compressed: unpack it first, or pipe \`zcat FILE\` into \`-\``)
}

function notACapture(name: string): string {
  return `${name} is not a capture (pcap or pcapng)`
}
