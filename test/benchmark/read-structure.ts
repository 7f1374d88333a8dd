/**
 * ns to read one structure (if_counters, 88 bytes) into a row. With `--against=CHECKOUT`, the reader
 * of another checkout in turn with this one, and the ratio of the medians.
 * `node test/benchmark/read-structure.ts [--against=DIR]`
 */

import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { portDatagram } from '../support/datagrams.ts'
import { median } from './median.ts'

type ReadModule = typeof import('../../src/structures/read.ts')
type LayoutModule = typeof import('../../src/structures/layout.ts')
type IndexModule = typeof import('../../src/structures/index.ts')

const RECORDS = 2_000_000
const ROUNDS = 9
const GENERIC_INTERFACE = 1

const { values } = parseArgs({ options: { against: { type: 'string' } } })

/** A function that reads the record so many times, from one checkout's sources. */
async function readerOf(root: string): Promise<() => number> {
  const load = (file: string) => import(new URL(`src/structures/${file}`, root).href)
  const { readRecord, Reading } = (await load('read.ts')) as ReadModule
  const { layoutOf } = (await load('layout.ts')) as LayoutModule
  const { counterStructureByTag } = (await load('index.ts')) as IndexModule
  const structure = counterStructureByTag.get(GENERIC_INTERFACE)
  if (structure === undefined) throw new Error(`${root} has no structure 0:1`)
  const layout = layoutOf(structure.fields, structure.lengthMin)
  const reading = new Reading(64)
  const bytes = portDatagram({ sequence: 1, uptimeMs: 1 }, { name: '', ifInUcastPkts: 5 })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = bytes.length - 88
  return () => {
    const began = process.hrtime.bigint()
    for (let count = 0; count < RECORDS; count++) {
      if (readRecord(layout, view, start, bytes.length, reading) !== 0) throw new Error('not read')
    }
    return Number(process.hrtime.bigint() - began) / RECORDS
  }
}

const roots = [new URL('../../', import.meta.url).href]
if (values.against !== undefined) roots.push(pathToFileURL(`${values.against}/`).href)
const readers = await Promise.all(roots.map(readerOf))
const times = readers.map(() => [] as number[])
for (let round = 0; round <= ROUNDS; round++) {
  readers.forEach((read, index) => {
    const time = read()
    // The first round warms up.
    if (round > 0) times[index]?.push(time)
  })
}
const [own = Number.NaN, other] = times.map(median)
process.stdout.write(`this checkout   ${own.toFixed(1)} ns a structure (median of ${ROUNDS})\n`)
if (other !== undefined) {
  process.stdout.write(
    `the other one   ${other.toFixed(1)} ns a structure\nratio           ${(own / other).toFixed(2)}\n`,
  )
}
