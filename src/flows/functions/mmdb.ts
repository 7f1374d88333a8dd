/**
 * Address databases in MaxMind's format: country, AS number. `mmdb-lib` reads the file and its
 * records; the walk down the tree is ours, because it runs for every sample and may make no text.
 * Records are shared by many networks: each becomes a text once.
 */
import { Reader, type Response } from 'mmdb-lib'
import { formatIp4, formatIp6 } from '../../packet/format.ts'
import { isMapped } from '../keys/kinds.ts'

function openReader(file: Buffer): Reader<Response> {
  try {
    return new Reader(file)
  } catch {
    throw new RangeError('is no database in the MaxMind format')
  }
}

/** No record: the address is in no network of the database. */
export const NO_RECORD = -1

export class AddressDatabase {
  readonly type: string
  readonly #reader: Reader<Response>
  readonly #tree: DataView
  readonly #nodeCount: number
  readonly #nodeBytes: number
  readonly #ip6: boolean
  readonly #ip4Root: number

  /** Throws a RangeError if the bytes are no such database. */
  constructor(file: Buffer) {
    this.#reader = openReader(file)
    const { nodeCount, nodeByteSize, searchTreeSize, ipVersion, databaseType } =
      this.#reader.metadata
    // A tree of other widths cannot be walked; one beyond the end of the file is another file's.
    if (![6, 7, 8].includes(nodeByteSize) || !(searchTreeSize < file.length)) {
      throw new RangeError('is no database in the MaxMind format')
    }
    this.type = databaseType
    this.#tree = new DataView(file.buffer, file.byteOffset, searchTreeSize)
    this.#nodeCount = nodeCount
    this.#nodeBytes = nodeByteSize
    this.#ip6 = ipVersion === 6
    let root = 0
    // An IPv6 tree holds the IPv4 networks under ::/96.
    if (this.#ip6)
      for (let bit = 0; bit < 96 && root < nodeCount; bit++) root = this.#child(root, 0)
    this.#ip4Root = root
  }

  /** A number that is the same for all addresses with the same record; NO_RECORD without one. */
  find(words: Int32Array, at: number, width: number): number {
    if (width === 1) return this.#walk(words, at, 1, this.#ip4Root)
    if (isMapped(words, at)) return this.#walk(words, at + 3, 1, this.#ip4Root)
    return this.#ip6 ? this.#walk(words, at, 4, 0) : NO_RECORD
  }

  /** The record of an address, as the database holds it. It makes objects: keep what comes out. */
  record(words: Int32Array, at: number, width: number): Response | undefined {
    const mapped = width === 4 && isMapped(words, at)
    const quad = width === 1 || mapped ? (words[mapped ? at + 3 : at] as number) : undefined
    try {
      return (
        this.#reader.get(quad === undefined ? formatIp6(words, at) : formatIp4(quad)) ?? undefined
      )
    } catch {
      // A damaged record is found out only when it is read: it is none.
      return undefined
    }
  }

  #walk(words: Int32Array, at: number, count: number, root: number): number {
    const bits = count * 32
    let node = root
    for (let bit = 0; bit < bits && node < this.#nodeCount; bit++) {
      const word = words[at + (bit >>> 5)] as number
      node = this.#child(node, (word >>> (31 - (bit & 31))) & 1)
    }
    return node > this.#nodeCount ? node : NO_RECORD
  }

  /** MaxMind DB file format 2.0, "Node Layout": two records of 24, 28 or 32 bits. */
  #child(node: number, side: number): number {
    const at = node * this.#nodeBytes
    const tree = this.#tree
    if (this.#nodeBytes === 8) return tree.getUint32(at + side * 4)
    if (this.#nodeBytes === 6) {
      const offset = at + side * 3
      return (tree.getUint16(offset) << 8) | tree.getUint8(offset + 2)
    }
    if (side === 0) return ((tree.getUint8(at + 3) >>> 4) << 24) | (tree.getUint32(at) >>> 8)
    return tree.getUint32(at + 3) & 0x0fffffff
  }
}
