/**
 * Reads a capture of the benchmarks so many times into an engine, as `decode` and tests do, and
 * prints the CPU seconds of the whole process.
 * `node test/benchmark/engine-over-capture.ts CAPTURE TIMES on|off`
 */
import { readFileSync } from 'node:fs'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { engineRun } from '../support/engine-run.ts'

const [path = '', times = '1', flows = 'on'] = process.argv.slice(2)
const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
/** Ethernet, IPv4 without options, UDP: `writeCapture` makes no other. */
const HEADERS_BYTES = 42
/** Samples take effect behind so many datagrams, as a worker's do at the end of a turn. */
const BURST = 32
/** Datagrams a second of virtual time, so that ticks are as often as they would be. */
const RATE = 100_000

const bytes = readFileSync(path)
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const waiting: (() => void)[] = []
const names = flows === 'on' ? SHIPPED_FLOWS.map(({ name }) => name) : []
const run = engineRun(names, settle => waiting.push(settle))
let count = 0
for (let time = 0; time < Number(times); time++) {
  let at = FILE_HEADER_BYTES
  while (at < bytes.length) {
    const length = view.getUint32(at + 8, true)
    const start = at + RECORD_HEADER_BYTES
    run.receiveAt(
      view,
      start + HEADERS_BYTES,
      length - HEADERS_BYTES,
      Math.floor((count * 1_000) / RATE),
    )
    count += 1
    if (count % BURST === 0) waiting.pop()?.()
    at = start + length
  }
}
const { user, system } = process.cpuUsage()
process.stdout.write(`${(user + system) / 1e6}\n`)
