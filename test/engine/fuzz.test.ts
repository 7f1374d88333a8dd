/** The short form of `npm run fuzz`: the long one takes a million. */
import test from 'ava'
import { fuzz } from '../support/fuzz-run.ts'

test('40,000 mutated datagrams throw nothing, grow nothing, and leave a page that can be parsed', async t => {
  const result = await fuzz(40_000, 20_261_123)
  t.log(result)
  t.is(result.internal, 0)
  t.is(result.pageFaults, 0)
  t.true(result.rows <= result.rowsMax)
  t.true(result.refused > 0 && result.refused < result.datagrams)
})
