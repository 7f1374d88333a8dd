/** Active flows of several engines: combined by key, as those of one engine are. */
import test from 'ava'
import { type ActiveFlow, mergeActiveFlows } from '../../src/flows/queries.ts'

function flow(
  key: string,
  agent: string,
  value: number,
  more: Partial<ActiveFlow> = {},
): ActiveFlow {
  return {
    agent,
    dataSource: '',
    key,
    labels: { ipsource: key },
    sources: 1,
    exported: false,
    value,
    lowerBound: value * 0.8,
    upperBound: value * 1.2,
    errorRatio: 0.2,
    ...more,
  }
}

const ANSWERS = [
  [flow('x', 'a', 100, { sources: 2 }), flow('y', 'a', 50)],
  [flow('x', 'b', 60, { exported: true }), flow('z', 'b', 90)],
]
const brief = (flows: readonly ActiveFlow[]) =>
  flows.map(({ key, value, sources, exported }) => [key, value, sources, exported])

test('by default the largest of each key counts, and all its sources are told', t => {
  t.deepEqual(brief(mergeActiveFlows(ANSWERS, { max: 10, minValue: 0 })), [
    ['x', 100, 3, true],
    ['z', 90, 1, false],
    ['y', 50, 1, false],
  ])
})

test('sums are added up before they are ranked and cut', t => {
  const flows = mergeActiveFlows(ANSWERS, { max: 1, minValue: 0, combine: 'sum' })
  t.deepEqual(brief(flows), [['x', 160, 3, true]])
  t.is(flows[0]?.errorRatio, Math.hypot(20, 12) / 160)
})

test('none: each source stays apart, the largest first', t => {
  t.deepEqual(brief(mergeActiveFlows(ANSWERS, { max: 3, minValue: 0, combine: 'none' })), [
    ['x', 100, 2, false],
    ['z', 90, 1, false],
    ['x', 60, 1, true],
  ])
})
