/** Rules name what exists: declared metrics with the labels that they have, and recorded series. */
import test from 'ava'
import { declaredMetrics, recordedBy } from './declared.ts'
import { parsePromql } from './promql.ts'
import { OPTIONAL_FILES, RULE_FILES, rulesOf } from './rule-files.ts'

const RULES = rulesOf(RULE_FILES)
const declared = declaredMetrics()
const recorded = recordedBy([...RULES, ...rulesOf(OPTIONAL_FILES)])

test('every metric in a rule is declared, or recorded by another rule', t => {
  for (const rule of RULES) {
    for (const { metric } of parsePromql(rule.expr).selectors) {
      t.true(
        declared.has(metric) || recorded.has(metric),
        `${rule.record ?? rule.alert}: ${metric}`,
      )
    }
  }
})

test('a rule takes rates of counters, and of nothing else', t => {
  for (const rule of RULES) {
    for (const { metric, within, range } of parsePromql(rule.expr).selectors) {
      const type = declared.get(metric)
      if (type === undefined || range === undefined) continue
      const isRate = within.some(name => name === 'rate' || name === 'increase' || name === 'irate')
      t.is(
        isRate,
        type === 'counter',
        `${rule.record ?? rule.alert}: ${within.join(' ')} of ${metric}`,
      )
    }
  }
})
