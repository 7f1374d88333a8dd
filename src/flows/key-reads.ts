/**
 * The keys that packets of one sort have, as a list of plain numbers: for nearly each of them one word
 * at a known place of a known layer. Read in one straight loop, word and hash in one go; a key that
 * stands nowhere for sure is asked of its expression.
 */
import type { FlowView } from './compiled.ts'
import { HASH_WORDS, hashPart, MULTIPLIERS } from './key-hash.ts'
import type { Place } from './keys/field.ts'
import { lowerPort, readWord } from './keys/wire.ts'
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

/** Of a line of `code`. */
const LAYER = 0
const OFFSET = 1
const BYTES = 2
const SHIFT = 3
const MASK = 4
const FLAGS = 5
const TO = 6
/** Multipliers of the two halves of the last word, and the hash of the words before it. */
const LOW = 7
const HIGH = 8
const BEFORE = 9
/** The same for the check. */
const CHECK_LOW = 10
const CHECK_HIGH = 11
const CHECK_BEFORE = 12
const LINE = 13

const IS_MAPPED = 1
const IS_WIRE_ONLY = 2
const IS_LOWER_PORT = 4
/** In place of a layer: the expression knows. */
const NOWHERE = -1

export class KeyReads {
  readonly slots: readonly Slot[]
  readonly #code: Int32Array

  /** For packets that have just these layers: bits as of `PacketView.layers()`. */
  constructor(slots: readonly Slot[], layers: number) {
    this.slots = slots
    this.#code = Int32Array.from(slots.flatMap(slot => lineOf(slot, layers)))
  }

  /**
   * Reads the keys into the row at `base`, each with its hash. False: the sample lacks one of them, or
   * more; those are marked in `lacks`, by number of slot.
   */
  read(view: FlowView, words: Int32Array, base: number, lacks: Uint8Array): boolean {
    const code = this.#code
    const { packet } = view
    const bytes = packet.view
    const { end, offsets, synthetic } = packet
    let hasAll = true
    for (let line = 0; line < code.length; line += LINE) {
      const layer = code[line + LAYER] as number
      const flags = code[line + FLAGS] as number
      const width = code[line + BYTES] as number
      if (layer >= 0 && !(synthetic && (flags & IS_WIRE_ONLY) !== 0)) {
        const offset = (offsets[layer] as number) + (code[line + OFFSET] as number)
        if (offset + width <= end) {
          let word =
            width === 4
              ? bytes.getInt32(offset)
              : width === 2
                ? bytes.getUint16(offset)
                : readWord(bytes, offset, width as Place['bytes'])
          if ((flags & IS_LOWER_PORT) !== 0) word = lowerPort(word)
          word = (word >>> (code[line + SHIFT] as number)) & (code[line + MASK] as number)
          let to = base + (code[line + TO] as number)
          if ((flags & IS_MAPPED) !== 0) {
            words[to] = 0
            words[to + 1] = 0
            words[to + 2] = 0xffff
            to += 3
          }
          words[to] = word
          const low = word & 0xffff
          const high = word >>> 16
          words[to + 1] =
            (code[line + BEFORE] as number) +
            Math.imul(low, code[line + LOW] as number) +
            Math.imul(high, code[line + HIGH] as number)
          words[to + 2] =
            (code[line + CHECK_BEFORE] as number) +
            Math.imul(low, code[line + CHECK_LOW] as number) +
            Math.imul(high, code[line + CHECK_HIGH] as number)
          continue
        }
      }
      if (!readSlot(this.slots[line / LINE] as Slot, view, words, base, lacks)) hasAll = false
    }
    return hasAll
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

function lineOf({ expression, width, multipliers, at }: Slot, layers: number): number[] {
  const sure = expression.placeIn?.(layers)
  const line = new Array<number>(LINE).fill(0)
  line[LAYER] = NOWHERE
  if (sure === undefined || sure.bytes > 4) return line
  const last = MULTIPLIERS * (width - 1)
  line[LAYER] = sure.slot
  line[OFFSET] = sure.offset
  line[BYTES] = sure.bytes
  line[SHIFT] = sure.shift
  line[MASK] = sure.mask
  line[FLAGS] =
    (sure.mapped ? IS_MAPPED : 0) |
    (sure.wireOnly ? IS_WIRE_ONLY : 0) |
    (sure.lowerPort ? IS_LOWER_PORT : 0)
  line[TO] = at
  line[LOW] = multipliers[last] as number
  line[HIGH] = multipliers[last + 1] as number
  line[CHECK_LOW] = multipliers[last + 2] as number
  line[CHECK_HIGH] = multipliers[last + 3] as number
  if (sure.mapped) {
    const before = new Int32Array(HASH_WORDS)
    hashPart(MAPPED, 0, MAPPED.length - 1, multipliers, before, 0)
    line[BEFORE] = before[0] as number
    line[CHECK_BEFORE] = before[1] as number
  }
  return line
}
