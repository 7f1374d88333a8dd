/**
 * Weights on their way into a table, a row each: numbers that cross a call one by one would be made
 * objects of, two for each packet sample and definition.
 */
export class Additions {
  /** Where the words of a key stand: this times the words of a row, plus a place for each word. */
  readonly rows: Int32Array
  readonly hashes: Int32Array
  readonly checks: Int32Array
  readonly weights: Float64Array
  /** Set by the table: the entry of the key or -1, and its pin or -1. */
  readonly entries: Int32Array
  readonly pins: Int32Array
  /** Scratch space: lines that are not done yet, and those whose flow is known. */
  readonly some: Int32Array
  readonly known: Int32Array

  constructor(rows: number) {
    this.rows = new Int32Array(rows)
    this.hashes = new Int32Array(rows)
    this.checks = new Int32Array(rows)
    this.weights = new Float64Array(rows)
    this.entries = new Int32Array(rows)
    this.pins = new Int32Array(rows)
    this.some = new Int32Array(rows)
    this.known = new Int32Array(rows)
  }
}
