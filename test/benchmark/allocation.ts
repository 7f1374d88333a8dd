/**
 * Bytes that the engine allocates for a datagram, calm and spoofed, with and without the shipped flow
 * definitions: growth of the heap over many datagrams, in a young generation so large that nothing is
 * collected meanwhile. `node --expose-gc --max-semi-space-size=1024 test/benchmark/allocation.ts`
 */
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { Load } from '../../src/simulate/load.ts'
import { engineRun } from '../support/engine-run.ts'
import { median } from './median.ts'

const DATAGRAMS = 20_000
const ROUNDS = 3

const names = SHIPPED_FLOWS.map(({ name }) => name)
for (const spoofed of [false, true]) {
  for (const flows of [undefined, [], names]) {
    const load = new Load({ spoofed })
    const run = engineRun(flows ?? [])
    const growths: number[] = []
    let made = 0
    for (let round = 0; round <= ROUNDS; round++) {
      globalThis.gc?.()
      const before = process.memoryUsage()
      for (let count = 0; count < DATAGRAMS; count++) {
        const bytes = load.next(made)
        if (flows !== undefined) run.receive(bytes, Math.floor(made / 100))
        made += 1
      }
      const after = process.memoryUsage()
      const growth = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
      // The first fills tables and is compiled.
      if (round > 0 && growth >= 0) growths.push(growth / DATAGRAMS)
    }
    const engine = flows === undefined ? 'the load alone' : `${flows.length} definitions`
    const what = `${spoofed ? 'spoofed' : 'calm'}, ${engine}`
    process.stdout.write(
      `${what.padEnd(30)} ${median(growths).toFixed(1).padStart(8)} bytes a datagram\n`,
    )
  }
}
