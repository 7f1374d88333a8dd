import test from 'ava'
import { goldenFiles, runGolden } from './support/golden.ts'

for (const name of goldenFiles()) {
  test(`alerts/${name}`, async t => {
    const { why, is, was } = await runGolden(name)
    t.regex(why, /\.$/, 'why is a sentence')
    t.is(is, was)
  })
}
