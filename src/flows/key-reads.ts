/**
 * The keys that packets of one sort have, as a list of plain numbers: nearly each of them is some bits of
 * a word at a known place of a known layer. All are read alike in one straight loop, word and hash in one go:
 * without a call or a choice within, so the compiler takes the checks of the arrays out of it. A key that stands
 * nowhere for sure is asked of its expression.
 */
import type { FlowView } from './compiled.ts'
import { HASH_WORDS, hashPart, MULTIPLIERS } from './key-hash.ts'
import type { Place } from './keys/field.ts'
import { lowerPort } from './keys/wire.ts'
import type { SharedKey } from './shared-keys.ts'

/** Where a row holds a key. */
export interface Slot extends SharedKey {
  readonly number: number
  /** Its words, and behind them its hash and check. */
  readonly at: number
  readonly multipliers: Int32Array
}

/** What stands before an IPv4 address among addresses of both versions: keys/kinds.ts. */
const MAPPED = Int32Array.of(0, 0, 0xffff, 0)

/** Of a line of the code: the layer, the place of four bytes in it, and the bits of them that are the word. */
const LAYER = 0
const OFFSET = 1
const SHIFT = 2
const MASK = 3
/** Where the row holds the word; hash and check are behind it. */
const TO = 4
/** Multipliers of the two halves of the word, and the hash of the words before it. */
const LOW = 5
const HIGH = 6
const BEFORE = 7
/** The same for the check. */
const CHECK_LOW = 8
const CHECK_HIGH = 9
const CHECK_BEFORE = 10
const LINE = 11

const WORD_BYTES = 4

export class KeyReads {
  readonly slots: readonly Slot[]
  readonly #code: Int32Array
  /** In pairs: a layer, and how many of its bytes the code reads. */
  readonly #layers: Int32Array
  /** Lines whose word is two ports, of which the lower is meant; where rows hold addresses of IPv4. */
  readonly #portLines: readonly number[]
  readonly #mapped: readonly number[]
  /** Some are not in the records 2, 3 and 4. */
  readonly #wireOnly: boolean
  /** Those that the code does not read. */
  readonly #unplaced: readonly Slot[]

  /** For packets that have just these layers: bits as of `PacketView.layers()`. */
  constructor(slots: readonly Slot[], layers: number) {
    const placed = slots.flatMap(slot => {
      const place = slot.expression.placeIn?.(layers)
      return place !== undefined && place.bytes <= WORD_BYTES ? [{ slot, place }] : []
    })
    this.slots = slots
    this.#code = Int32Array.from(placed.flatMap(({ slot, place }) => lineOf(slot, place)))
    this.#layers = layersOf(this.#code)
    this.#portLines = placed.flatMap(({ place }, line) => (place.lowerPort ? [line * LINE] : []))
    this.#mapped = placed.flatMap(({ slot, place }) => (place.mapped ? [slot.at] : []))
    this.#wireOnly = placed.some(({ place }) => place.wireOnly)
    this.#unplaced = slots.filter(slot => placed.every(known => known.slot !== slot))
  }

  /**
   * Reads the keys into the row at `base`, each with its hash. False: the sample lacks one of them, or
   * more; those are marked in `lacks`, by number of slot.
   */
  read(view: FlowView, words: Int32Array, base: number, lacks: Uint8Array): boolean {
    const { packet } = view
    let asked = this.slots
    if (!(packet.synthetic && this.#wireOnly) && this.#isWithin(packet.offsets, packet.end)) {
      this.#readPlaced(packet.view, packet.offsets, words, base)
      asked = this.#unplaced
    }
    let hasAll = true
    for (let index = 0; index < asked.length; index++) {
      if (!readSlot(asked[index] as Slot, view, words, base, lacks)) hasAll = false
    }
    return hasAll
  }

  /** Is all there that the code reads? */
  #isWithin(offsets: Int32Array, end: number): boolean {
    const layers = this.#layers
    let isWithin = true
    for (let at = 0; at < layers.length; at += 2) {
      const layerEnd = (offsets[layers[at] as number] as number) + (layers[at + 1] as number)
      if (layerEnd > end) isWithin = false
    }
    return isWithin
  }

  #readPlaced(bytes: DataView, offsets: Int32Array, words: Int32Array, base: number): void {
    const code = this.#code
    for (let line = 0; line < code.length; line += LINE) {
      const offset =
        (offsets[code[line + LAYER] as number] as number) + (code[line + OFFSET] as number)
      const field = bytes.getInt32(offset)
      const word = (field >>> (code[line + SHIFT] as number)) & (code[line + MASK] as number)
      const to = base + (code[line + TO] as number)
      const low = word & 0xffff
      const high = word >>> 16
      words[to] = word
      words[to + 1] =
        (code[line + BEFORE] as number) +
        Math.imul(low, code[line + LOW] as number) +
        Math.imul(high, code[line + HIGH] as number)
      words[to + 2] =
        (code[line + CHECK_BEFORE] as number) +
        Math.imul(low, code[line + CHECK_LOW] as number) +
        Math.imul(high, code[line + CHECK_HIGH] as number)
    }
    const portLines = this.#portLines
    for (let index = 0; index < portLines.length; index++) {
      this.#choosePort(portLines[index] as number, words, base)
    }
    const mapped = this.#mapped
    for (let index = 0; index < mapped.length; index++) {
      const to = base + (mapped[index] as number)
      words[to] = 0
      words[to + 1] = 0
      words[to + 2] = 0xffff
    }
  }

  #choosePort(line: number, words: Int32Array, base: number): void {
    const code = this.#code
    const to = base + (code[line + TO] as number)
    const port = lowerPort(words[to] as number)
    words[to] = port
    words[to + 1] = Math.imul(port, code[line + LOW] as number)
    words[to + 2] = Math.imul(port, code[line + CHECK_LOW] as number)
  }
}

function readSlot(
  slot: Slot,
  view: FlowView,
  words: Int32Array,
  base: number,
  lacks: Uint8Array,
): boolean {
  const to = base + slot.at
  if (!slot.expression.read(view, words, to)) {
    lacks[slot.number] = 1
    return false
  }
  hashPart(words, to, slot.width, slot.multipliers, words, to + slot.width)
  return true
}

function lineOf({ width, multipliers, at }: Slot, place: Place): number[] {
  const { slot, offset, bytes, shift, mask, mapped } = place
  // Four bytes that end with the field, or the first four of the layer.
  const from = Math.max(0, offset + bytes - WORD_BYTES)
  const behind = 8 * (from + WORD_BYTES - offset - bytes)
  const own = bytes === WORD_BYTES ? -1 : 2 ** (8 * bytes) - 1
  const last = MULTIPLIERS * (width - 1)
  const before = new Int32Array(HASH_WORDS)
  if (mapped) hashPart(MAPPED, 0, MAPPED.length - 1, multipliers, before, 0)
  const line = new Array<number>(LINE)
  line[LAYER] = slot
  line[OFFSET] = from
  line[SHIFT] = behind + shift
  line[MASK] = (own >>> shift) & mask
  line[TO] = at + width - 1
  line[LOW] = multipliers[last] as number
  line[HIGH] = multipliers[last + 1] as number
  line[BEFORE] = before[0] as number
  line[CHECK_LOW] = multipliers[last + 2] as number
  line[CHECK_HIGH] = multipliers[last + 3] as number
  line[CHECK_BEFORE] = before[1] as number
  return line
}

function layersOf(code: Int32Array): Int32Array {
  const ends = new Map<number, number>()
  for (let line = 0; line < code.length; line += LINE) {
    const layer = code[line + LAYER] as number
    const end = (code[line + OFFSET] as number) + WORD_BYTES
    ends.set(layer, Math.max(ends.get(layer) ?? 0, end))
  }
  return Int32Array.from([...ends].flat())
}
