/** Builds captures in every form that the reader takes, out of plain values. */
import { Readable } from 'node:stream'

export interface PlainPacket {
  readonly timeMs: number
  readonly bytes: Uint8Array
  readonly originalLength?: number
  readonly interfaceIndex?: number
}

export function pcapFile(
  packets: readonly PlainPacket[],
  { little = true, nanoseconds = false, linkType = 1 } = {},
): Buffer {
  const header = Buffer.alloc(24)
  const view = new DataView(header.buffer, header.byteOffset, header.length)
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, little)
  view.setUint32(20, linkType, little)
  const records = packets.map(({ timeMs, bytes, originalLength = bytes.length }) => {
    const record = Buffer.alloc(16 + bytes.length)
    const words = new DataView(record.buffer, record.byteOffset, record.length)
    words.setUint32(0, Math.floor(timeMs / 1_000), little)
    words.setUint32(4, Math.round((timeMs % 1_000) * (nanoseconds ? 1e6 : 1e3)), little)
    words.setUint32(8, bytes.length, little)
    words.setUint32(12, originalLength, little)
    record.set(bytes, 16)
    return record
  })
  return Buffer.concat([header, ...records])
}

type Words = readonly (number | Uint8Array)[]

/** A pcapng block: numbers become words, bytes are padded. */
export function block(type: number, words: Words, little = true): Buffer {
  const body = Buffer.concat(
    words.map(word => {
      if (typeof word !== 'number') return Buffer.concat([word, Buffer.alloc(-word.length & 3)])
      const bytes = Buffer.alloc(4)
      if (little) bytes.writeUInt32LE(word >>> 0)
      else bytes.writeUInt32BE(word >>> 0)
      return bytes
    }),
  )
  const frame = Buffer.alloc(8)
  const length = Buffer.alloc(4)
  const total = 12 + body.length
  if (little) {
    frame.writeUInt32LE(type)
    frame.writeUInt32LE(total, 4)
    length.writeUInt32LE(total)
  } else {
    frame.writeUInt32BE(type)
    frame.writeUInt32BE(total, 4)
    length.writeUInt32BE(total)
  }
  return Buffer.concat([frame, body, length])
}

export function section(little = true): Buffer {
  return block(0x0a0d0d0a, [0x1a2b3c4d, little ? 1 : 0x10000, -1, -1], little)
}

/** The option words are as they stand in the file. */
export function describeInterface(
  linkType: number,
  { little = true, snapshotLength = 0, options = [] as Words } = {},
): Buffer {
  return block(1, [little ? linkType : linkType * 65_536, snapshotLength, ...options], little)
}

export function enhancedPacket(packet: PlainPacket, units: bigint, little = true): Buffer {
  const { bytes, interfaceIndex = 0, originalLength = bytes.length } = packet
  const high = Number(units >> 32n)
  const low = Number(units & 0xffffffffn)
  return block(6, [interfaceIndex, high, low, bytes.length, originalLength, bytes], little)
}

/** As a file or a pipe delivers it: cut anywhere. */
export function inChunks(bytes: Uint8Array, chunkBytes: number): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes))
  }
  return Readable.from(chunks)
}
