/**
 * `npm run fuzz [-- COUNT [SEED]]`: mutated datagrams against the whole engine, one million by
 * default. Exit status 1 if anything threw, grew or wrote a line that is none.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fuzz } from './support/fuzz-run.ts'

setFlagsFromString('--expose-gc')
globalThis.gc = runInNewContext('gc') as typeof globalThis.gc

const [count = '1000000', seed = '1'] = process.argv.slice(2)
const result = await fuzz(Number(count), Number(seed))
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
const bad = result.internal > 0 || result.pageFaults > 0 || result.rows > result.rowsMax
process.exitCode = bad || result.heapGrowthBytes > 64 * 1024 * 1024 ? 1 : 0
