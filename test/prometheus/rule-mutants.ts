/**
 * Rules with one thing wrong each: a limit moved, a comparison turned round, `max` for `min`, a label matcher
 * inverted, a wait taken away, a severity changed, a rule left out. The unit tests of the rules have to notice every one.
 */
import type { Rule } from './rule-files.ts'

export interface Mutant {
  readonly what: string
  /** Absent: the rule is left out. */
  readonly rule: Rule | undefined
}

/** A pattern, and what stands in its place; `undefined` leaves a match as it is. */
type Change = readonly [what: string, pattern: RegExp, put: (match: string) => string | undefined]

const swap = (pairs: Readonly<Record<string, string>>) => (match: string) => pairs[match]

/** Over the text of an expression, with strings and windows hidden where a change is not about them. */
const CHANGES: readonly Change[] = [
  ['limit higher', /(?<![\w.:[{"$])\d+(?:\.\d+)?(?:e\d+)?(?![\w.:\]])/g, text => number(text, 1.5)],
  ['limit lower', /(?<![\w.:[{"$])\d+(?:\.\d+)?(?:e\d+)?(?![\w.:\]])/g, text => number(text, 0.6)],
  [
    'comparison',
    / (?:>=|<=|==|>|<)(?= )/g,
    swap({ ' >': ' <', ' <': ' >', ' >=': ' <', ' <=': ' >', ' ==': ' !=' }),
  ],
  ['arithmetic', / [-+*/](?= )/g, swap({ ' -': ' +', ' +': ' -', ' *': ' /', ' /': ' *' })],
  ['set operator', /\b(?:and|or|unless)\b/g, swap({ and: 'unless', or: 'and', unless: 'and' })],
  [
    'aggregation',
    /\b(?:max|sum|count|topk|bottomk)\b(?= by| without|\()/g,
    swap({ max: 'min', sum: 'max', count: 'sum', topk: 'bottomk' }),
  ],
  ['doubled', /\bmax(?= by| without|\()/g, () => 'sum'],
  ['labels kept', /without \(instance, job\)/g, () => 'without (job)'],
  ['job kept', /without \(instance, job\)/g, () => 'without (instance)'],
  ['matcher', /(?:=~|!~|=)(?=")/g, swap({ '=~': '!~', '!~': '=~', '=': '!=' })],
  [
    'direction',
    /_(?:receive|transmit)_/g,
    swap({ _receive_: '_transmit_', _transmit_: '_receive_' }),
  ],
  ['window', /\[\d+[smh]\]/g, swap({ '[5m]': '[20m]', '[15m]': '[5m]', '[1h]': '[5m]' })],
  [
    'function',
    /\b(?:rate|increase|changes|absent|last_over_time)\(/g,
    swap({
      'rate(': 'increase(',
      'increase(': 'rate(',
      'changes(': 'count_over_time(',
      'absent(': '(',
      'last_over_time(': 'min_over_time(',
    }),
  ],
]

export function mutantsOf(rule: Rule): Mutant[] {
  const name = rule.record ?? rule.alert ?? ''
  const found: Mutant[] = [{ what: `${name}: left out`, rule: undefined }]
  const add = (what: string, changed: Partial<Rule>) =>
    found.push({ what: `${name}: ${what}`, rule: { ...rule, ...changed } })
  for (const [what, pattern, put] of CHANGES) {
    for (const match of rule.expr.matchAll(pattern)) {
      const text = put(match[0])
      if (text === undefined || isInString(rule.expr, match.index, what)) continue
      const before = rule.expr.slice(0, match.index)
      const after = rule.expr.slice(match.index + match[0].length)
      const near = `${before.slice(-30)}>>>${text}<<<${after.slice(0, 20)}`.replaceAll(/\s+/g, ' ')
      add(`${what}, ${near}`, { expr: before + text + after })
    }
  }
  if (rule.alert === undefined) return found
  add('does not wait, or waits', { for: rule.for === '0s' ? '1m' : '0s' })
  add('waits twice as long', { for: longer(rule.for ?? '1m') })
  add('does not stay', { keep_firing_for: '0s' })
  add('stays three times as long', { keep_firing_for: longer(rule.keep_firing_for ?? '1m', 3) })
  for (const label of Object.keys(rule.labels ?? {})) {
    add(`another ${label}`, { labels: { ...rule.labels, [label]: 'other' } })
  }
  for (const annotation of Object.keys(rule.annotations ?? {})) {
    add(`another ${annotation}`, { annotations: { ...rule.annotations, [annotation]: 'other' } })
  }
  return found
}

function number(text: string, factor: number): string {
  return text === '0' ? (factor > 1 ? '1' : '-1') : `${Number(text) * factor}`
}

function longer(duration: string, factor = 2): string {
  const [, count = '0', unit = 's'] = /^(\d+)([smh])$/.exec(duration) ?? []
  return count === '0' ? '1m' : `${Number(count) * factor}${unit}`
}

/** Matchers stand before a string, everything else must not be within one. */
function isInString(expression: string, index: number, what: string): boolean {
  if (what === 'matcher') return false
  return (expression.slice(0, index).split('"').length - 1) % 2 === 1
}
