/**
 * The keys that packets of one sort have, as a list of plain numbers: nearly each of them is some bits of
 * four bytes at a known place of a known layer. Of each sample those bytes are kept, several keys being of
 * the same; what is made of them, words and hashes, is made key by key for many samples together. So
 * within the loop over samples there is neither call nor choice, and what tells the key stays in registers. A
 * key that stands nowhere for sure is asked of its expression.
 */
import { ROWS_MAX } from './additions.ts'
import { FIELD_BYTES, fieldAt, fieldWord } from './field-words.ts'
import type { FlowView } from './flow-view.ts'
import { HASH_WORDS, hashPart, MULTIPLIERS } from './key-hash.ts'
import type { Place } from './keys/field.ts'
import { lowerPort } from './keys/wire.ts'
import type { SharedKey } from './shared-keys.ts'

/** Where the rows hold a key: `words[at + row]` is its first word. */
export interface Slot extends SharedKey {
  readonly number: number
  /** Its words, and behind them its hash and check, each ROWS_MAX behind the one before it. */
  readonly at: number
  readonly multipliers: Int32Array
}

/** What stands before an IPv4 address among addresses of both versions: keys/kinds.ts. */
const MAPPED = Int32Array.of(0, 0, 0xffff, 0)

/** One key: which of the kept bytes it is of, and what is made of them. */
interface Line {
  readonly field: number
  readonly shift: number
  readonly mask: number
  /** Two ports, of which the lower is meant. */
  readonly lowerPort: boolean
  /** Where the rows hold its last word. */
  readonly to: number
  /** Where they hold the words before an IPv4 address; -1: it is none. */
  readonly mappedTo: number
  readonly hash: HashLine
  readonly check: HashLine
}

/** The hash of the words before the last, and the multipliers of both halves of that. */
interface HashLine {
  readonly before: number
  readonly low: number
  readonly high: number
}

export class KeyReads {
  readonly slots: readonly Slot[]
  readonly #lines: readonly Line[]
  /** In pairs: the layer of a field and its place there. */
  readonly #fields: Int32Array
  /** The fields, each of as many rows as there are. */
  readonly #kept: Int32Array
  /** In pairs: a layer, and how many of its bytes are read. */
  readonly #layers: Int32Array
  /** Some are not in the records 2, 3 and 4. */
  readonly #wireOnly: boolean
  /** Those that only their expressions can find, and what these need. */
  readonly #unplaced: readonly Slot[]
  readonly #single: Int32Array
  /** The rows whose fields are kept. */
  readonly #rows = new Int32Array(ROWS_MAX)
  #count = 0

  /** For packets that have just these layers: bits as of `PacketView.layers()`. */
  constructor(slots: readonly Slot[], layers: number) {
    const placed = slots.flatMap(slot => {
      const place = slot.expression.placeIn?.(layers)
      return place !== undefined && place.bytes <= FIELD_BYTES ? [{ slot, place }] : []
    })
    const names = [...new Set(placed.map(({ place }) => fieldName(place)))]
    const fields = names.map(name => placed.find(({ place }) => fieldName(place) === name))
    this.slots = slots
    this.#lines = placed.map(({ slot, place }) =>
      lineOf(slot, place, names.indexOf(fieldName(place))),
    )
    this.#fields = Int32Array.from(
      fields.flatMap(field => (field ? [field.place.slot, fieldAt(field.place)] : [])),
    )
    this.#kept = new Int32Array(names.length * ROWS_MAX)
    this.#layers = layersOf(this.#fields)
    this.#wireOnly = placed.some(({ place }) => place.wireOnly)
    this.#unplaced = slots.filter(slot => placed.every(known => known.slot !== slot))
    this.#single = new Int32Array(HASH_WORDS + Math.max(0, ...slots.map(({ width }) => width)))
  }

  /** Rows that `settle` has to fill. */
  get pending(): number {
    return this.#count
  }

  /**
   * Takes the keys of the sample for row `row`, whose words are there after `settle`. False: the sample lacks
   * one of them, or more; those are marked in `lacks`, by number of slot.
   */
  read(view: FlowView, words: Int32Array, row: number, lacks: Uint8Array): boolean {
    const { packet } = view
    let asked = this.slots
    if (!(packet.synthetic && this.#wireOnly) && this.#isWithin(packet.offsets, packet.end)) {
      this.#keep(packet.view, packet.offsets, row)
      asked = this.#unplaced
    }
    let hasAll = true
    for (let index = 0; index < asked.length; index++) {
      if (!this.#readSlot(asked[index] as Slot, view, words, row, lacks)) hasAll = false
    }
    return hasAll
  }

  /**
   * Where the keys' bytes stand in packets whose layers begin at `offsets`, by layer, counted from their first
   * byte; undefined: not all keys can be found so.
   */
  placesIn(offsets: ReadonlyMap<number, number>): Int32Array | undefined {
    if (this.#unplaced.length > 0) return undefined
    const places: number[] = []
    for (let at = 0; at < this.#fields.length; at += 2) {
      const layer = offsets.get(this.#fields[at] as number)
      if (layer === undefined) return undefined
      places.push(layer + (this.#fields[at + 1] as number))
    }
    return Int32Array.from(places)
  }

  /** As `read`, of a packet from `start` on that has them all, at these places. */
  take(bytes: DataView, start: number, places: Int32Array, row: number): void {
    const kept = this.#kept
    let to = row
    for (let index = 0; index < places.length; index++) {
      kept[to] = bytes.getInt32(start + (places[index] as number))
      to += ROWS_MAX
    }
    this.#rows[this.#count++] = row
  }

  /** Makes words and hashes of what was taken. */
  settle(words: Int32Array): void {
    const lines = this.#lines
    for (let index = 0; index < lines.length; index++) this.#fill(lines[index] as Line, words)
    this.#count = 0
  }

  /** Is all there that is kept? */
  #isWithin(offsets: Int32Array, end: number): boolean {
    const layers = this.#layers
    let isWithin = true
    for (let at = 0; at < layers.length; at += 2) {
      const layerEnd = (offsets[layers[at] as number] as number) + (layers[at + 1] as number)
      if (layerEnd > end) isWithin = false
    }
    return isWithin
  }

  #keep(bytes: DataView, offsets: Int32Array, row: number): void {
    const fields = this.#fields
    const kept = this.#kept
    let to = row
    for (let at = 0; at < fields.length; at += 2) {
      const layer = offsets[fields[at] as number] as number
      kept[to] = bytes.getInt32(layer + (fields[at + 1] as number))
      to += ROWS_MAX
    }
    this.#rows[this.#count++] = row
  }

  #fill(line: Line, words: Int32Array): void {
    const { field, shift, mask, to, hash, check } = line
    const kept = this.#kept
    const rows = this.#rows
    const count = this.#count
    const from = field * ROWS_MAX
    const hashTo = to + ROWS_MAX
    const checkTo = hashTo + ROWS_MAX
    const { before, low, high } = hash
    const { before: checkBefore, low: checkLow, high: checkHigh } = check
    if (line.lowerPort) this.#choosePorts(from)
    for (let index = 0; index < count; index++) {
      const row = rows[index] as number
      const word = ((kept[from + row] as number) >>> shift) & mask
      const lower = word & 0xffff
      const upper = word >>> 16
      words[to + row] = word
      words[hashTo + row] = before + Math.imul(lower, low) + Math.imul(upper, high)
      words[checkTo + row] = checkBefore + Math.imul(lower, checkLow) + Math.imul(upper, checkHigh)
    }
    if (line.mappedTo >= 0) this.#fillMapped(line.mappedTo, words)
  }

  /** In place of both ports the lower. Nobody else has the field: `fieldName`. */
  #choosePorts(from: number): void {
    const kept = this.#kept
    const rows = this.#rows
    const count = this.#count
    for (let index = 0; index < count; index++) {
      const at = from + (rows[index] as number)
      kept[at] = lowerPort(kept[at] as number)
    }
  }

  #fillMapped(to: number, words: Int32Array): void {
    const rows = this.#rows
    const count = this.#count
    for (let index = 0; index < count; index++) {
      const at = to + (rows[index] as number)
      words[at] = 0
      words[at + ROWS_MAX] = 0
      words[at + 2 * ROWS_MAX] = 0xffff
    }
  }

  #readSlot(
    { expression, number, at, width, multipliers }: Slot,
    view: FlowView,
    words: Int32Array,
    row: number,
    lacks: Uint8Array,
  ): boolean {
    const single = this.#single
    if (!expression.read(view, single, 0)) {
      lacks[number] = 1
      return false
    }
    hashPart(single, 0, width, multipliers, single, width)
    for (let word = 0; word < width + HASH_WORDS; word++) {
      words[at + word * ROWS_MAX + row] = single[word] as number
    }
    return true
  }
}

/** Keys of one name are made of the same bytes; what is the lower of two ports has them for itself. */
function fieldName(place: Place): string {
  return `${place.slot} ${fieldAt(place)} ${place.lowerPort}`
}

function lineOf({ width, multipliers, at }: Slot, place: Place, field: number): Line {
  const { mapped } = place
  const last = MULTIPLIERS * (width - 1)
  const before = new Int32Array(HASH_WORDS)
  if (mapped) hashPart(MAPPED, 0, MAPPED.length - 1, multipliers, before, 0)
  const part = (word: number): HashLine => ({
    before: before[word] as number,
    low: multipliers[last + 2 * word] as number,
    high: multipliers[last + 2 * word + 1] as number,
  })
  return {
    field,
    ...fieldWord(place),
    lowerPort: place.lowerPort,
    to: at + (width - 1) * ROWS_MAX,
    mappedTo: mapped ? at : -1,
    hash: part(0),
    check: part(1),
  }
}

function layersOf(fields: Int32Array): Int32Array {
  const ends = new Map<number, number>()
  for (let at = 0; at < fields.length; at += 2) {
    const layer = fields[at] as number
    ends.set(layer, Math.max(ends.get(layer) ?? 0, (fields[at + 1] as number) + FIELD_BYTES))
  }
  return Int32Array.from([...ends].flat())
}
