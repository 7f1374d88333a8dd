/**
 * Weights on their way into a table, a line each. Scratch space of the thread: a table fills it, uses it and
 * is done before the next begins. All tables share these few arrays, so that they stay near to the
 * processor; and being constants, the compiler knows where they are and how long, and takes most checks
 * out of the loops: test/benchmark/flow-table.ts. A module has them as constants of its own, since the compiler
 * does not look through an import.
 */

/** Behind this many samples, some twenty datagrams of the usual 1,400 bytes, the tables count first. */
export const ROWS_MAX = 128

export const ADDITIONS = {
  /** Which row of the samples a line is of: where the words of its key stand. */
  rows: new Int32Array(ROWS_MAX),
  hashes: new Int32Array(ROWS_MAX),
  checks: new Int32Array(ROWS_MAX),
  weights: new Float64Array(ROWS_MAX),
  /** Set by the table: the entry of the key or -1, and its pin or -1. */
  entries: new Int32Array(ROWS_MAX),
  pins: new Int32Array(ROWS_MAX),
  /** Lines that are not done yet, and those whose flow is known. */
  some: new Int32Array(ROWS_MAX),
  known: new Int32Array(ROWS_MAX),
  /** Rows whose flow is not counted by itself. */
  left: new Int32Array(ROWS_MAX),
} as const
