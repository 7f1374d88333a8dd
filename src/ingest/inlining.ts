/**
 * The way of a sample leads through many small functions: readable, and more than V8 puts into one piece
 * of machine code by default, so that a sample paid for a dozen calls. With room for them a datagram
 * costs 75 to 90 % without flows and 94 to 98 % with the shipped ones: `--inlining=off|on` of
 * test/benchmark/engine.ts. The limits only guide the optimiser, which reads them whenever it compiles;
 * a V8 that no longer knows one says so on stderr and goes on with its own.
 */
import { setFlagsFromString } from 'node:v8'

/** In bytes of bytecode: of all that goes into one function, and of each of those. V8's own: 920 and 460. */
const LIMITS = ['--max-inlined-bytecode-size-cumulative=4000', '--max-inlined-bytecode-size=1000']

/** For this process: to be called before the hot path runs. */
export function inlineMore(): void {
  for (const limit of LIMITS) setFlagsFromString(limit)
}
