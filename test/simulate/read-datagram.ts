/** Reads datagrams back for the tests of the simulator, in words of its own. Throws on any slip. */
import assert from 'node:assert/strict'

export class ReadRecord {
  readonly tag: number
  readonly #sample: DataView
  readonly #at: number
  readonly #length: number

  constructor(tag: number, sample: DataView, at: number, length: number) {
    this.tag = tag
    this.#sample = sample
    this.#at = at
    this.#length = length
  }

  /** Made when it is asked for: a long simulation has millions. */
  get view(): DataView {
    const { buffer, byteOffset } = this.#sample
    return new DataView(buffer, byteOffset + this.#at, this.#length)
  }
}

export interface ReadSample {
  /** 1 flow, 2 counters, 5 discarded packet; compact and expanded alike. */
  readonly kind: number
  readonly sequence: number
  readonly source: string
  /** Rate, pool, drops, input, output; or drops, input, output, reason. */
  readonly words: readonly number[]
  readonly records: readonly ReadRecord[]
}

export interface ReadDatagram {
  readonly agent: string
  readonly subAgent: number
  readonly sequence: number
  readonly uptimeMs: number
  readonly samples: readonly ReadSample[]
}

class Reader {
  readonly #view: DataView
  #at = 0

  constructor(view: DataView) {
    this.#view = view
  }

  word(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4)
  }

  words(count: number): number[] {
    return Array.from({ length: count }, () => this.word())
  }

  /** Tells where it stood before. */
  skip(bytes: number): number {
    assert.equal(bytes % 4, 0)
    this.#at += bytes
    return this.#at - bytes
  }

  part(bytes: number): DataView {
    const { buffer, byteOffset } = this.#view
    return new DataView(buffer, byteOffset + this.skip(bytes), bytes)
  }

  end(): void {
    assert.equal(this.#at, this.#view.byteLength)
  }
}

export function readDatagram(bytes: Uint8Array): ReadDatagram {
  const reader = new Reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  assert.equal(reader.word(), 5)
  const address = reader.part(reader.word() === 1 ? 4 : 16)
  const agent = Array.from({ length: address.byteLength }, (_, at) => address.getUint8(at)).join(
    '.',
  )
  const [subAgent = 0, sequence = 0, uptimeMs = 0, count = 0] = reader.words(4)
  const samples = Array.from({ length: count }, () => {
    const tag = reader.word()
    return readSample(tag, reader.part(reader.word()))
  })
  reader.end()
  return { agent, subAgent, sequence, uptimeMs, samples }
}

function readSample(tag: number, view: DataView): ReadSample {
  const reader = new Reader(view)
  const sequence = reader.word()
  const expanded = tag >= 3
  const [word = 0, index = word % 2 ** 24] = reader.words(expanded ? 2 : 1)
  const source = `${expanded ? word : word >>> 24}:${index}`
  const lengths: Readonly<Record<number, number>> = { 1: 5, 2: 0, 3: 7, 4: 0, 5: 4 }
  const words = reader.words(lengths[tag] as number)
  const records = Array.from({ length: reader.word() }, () => {
    const recordTag = reader.word()
    const length = reader.word()
    return new ReadRecord(recordTag, view, reader.skip(length), length)
  })
  reader.end()
  const kind = tag === 3 ? 1 : tag === 4 ? 2 : tag
  return { kind, sequence, source, words, records }
}

export function uint64(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)
}

/** The text that a record begins with. */
export function leadingText(view: DataView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + 4, view.getUint32(0))
  return Buffer.from(bytes).toString()
}
