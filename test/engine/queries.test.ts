/** Answers to the JSON interface. */
import test from 'ava'
import { answer } from '../../src/engine/queries.ts'
import { feedCapture, testEngine } from '../support/engine.ts'

interface Row {
  readonly kind: string
  readonly source: string
}

for (const [capture, hosts, sources] of [
  ['hsflowd-host', ['2:1'], []],
  ['ovs', [], ['2:1000']],
] as const) {
  test(`${capture}: hosts are hosts, and whatever else is of their class is a source`, async t => {
    const engine = testEngine()
    engine.tick((await feedCapture(engine, capture)) + 31_000)
    const rows = (what: string) => answer(engine, what, {}) as readonly Row[]
    t.deepEqual(
      rows('hosts').map(row => row.source),
      hosts,
    )
    t.deepEqual(
      rows('sources').map(row => row.source),
      sources,
    )
    t.true(rows('hosts').every(row => row.kind === 'host'))
  })
}
