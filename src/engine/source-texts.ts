/**
 * What descriptive records tell about their data source: names, kinds, parents. Texts are decoded only
 * when the fingerprint of their bytes has changed.
 */
import type { Pool } from '../state/pool.ts'
import type { Source } from '../state/source.ts'
import { readText } from '../state/text.ts'
import type { Reading } from '../structures/read.ts'
import type { HostIndex } from './host-index.ts'

export type TextReader = (
  source: Source,
  reading: Reading,
  view: DataView,
  pool: Pool,
  row: number,
  end: number,
) => boolean
export type TextReaders = ReadonlyMap<number, TextReader>

/** What descriptive records tell about their source, by tag. Texts are decoded only when they change. */
export function textReaders(bytesMax: number, hosts: HostIndex): TextReaders {
  const changed = (reading: Reading, pool: Pool, row: number, column: number) =>
    !Object.is(reading.values[column], pool.data[row * pool.stride + column])
  const textOf = (reading: Reading, view: DataView, column: number) =>
    readText(view, reading.starts[column] as number, reading.lengths[column] as number, bytesMax)

  const readers = new Map<number, TextReader>()
  readers.set(1, (source, reading, _view, pool, row) => {
    if (!changed(reading, pool, row, 1) && !changed(reading, pool, row, 2)) return false
    const speed = reading.values[2] as number
    const ifType = reading.values[1] as number
    source.speed = Number.isNaN(speed) ? 0 : speed
    if (Number.isNaN(ifType) || source.texts.ifType === ifType) return false
    source.texts.ifType = ifType
    return true
  })
  readers.set(1005, (source, reading, view, pool, row) => {
    if (!changed(reading, pool, row, 0)) return false
    source.texts.ifName = textOf(reading, view, 0)
    return true
  })
  readers.set(2000, (source, reading, view, pool, row) => {
    const columns = [0, 1, 2, 3, 4].some(column => changed(reading, pool, row, column))
    if (!columns) return false
    source.texts.hostname = textOf(reading, view, 0)
    source.texts.uuid = hex(view, reading.starts[1] as number, 16)
    source.texts.machineType = reading.values[2] as number
    source.texts.osName = reading.values[3] as number
    source.texts.osRelease = textOf(reading, view, 4)
    hosts.describe(source)
    return true
  })
  readers.set(2001, (source, reading, view, _pool, _row, end) => {
    hosts.adapters(source, reading.values[0] as number, view, reading.end, end)
    return false
  })
  readers.set(2002, (source, reading) => {
    source.texts.parentClass = reading.values[0] as number
    source.texts.parentIndex = reading.values[1] as number
    return false
  })
  readers.set(2105, (source, reading, view, pool, row) => {
    if (![0, 1, 2].some(column => changed(reading, pool, row, column))) return false
    source.texts.jvmName = textOf(reading, view, 0)
    source.texts.jvmVendor = textOf(reading, view, 1)
    source.texts.jvmVersion = textOf(reading, view, 2)
    return true
  })
  readers.set(2202, (source, reading, view, pool, row) => {
    if (!changed(reading, pool, row, 0)) return false
    source.texts.application = textOf(reading, view, 0)
    return true
  })
  return readers
}

function hex(view: DataView, start: number, length: number): string {
  let text = ''
  for (let at = start; at < start + length; at++)
    text += view.getUint8(at).toString(16).padStart(2, '0')
  return text
}
