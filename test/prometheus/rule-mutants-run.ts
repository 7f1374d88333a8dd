/** Runs the unit tests against each mutant and says which ones no test notices. `node test/prometheus/rule-mutants-run.ts [FILE…]`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { part } from '../support/parts.ts'
import { OPTIONAL_FILES, ROOT, RULE_FILES, RULE_TESTS, type Rule, rulesOf } from './rule-files.ts'
import { mutantsOf } from './rule-mutants.ts'

interface RuleTest {
  readonly alert_rule_test?: readonly { readonly alertname: string }[]
  readonly promql_expr_test?: readonly { readonly expr: string }[]
}
interface TestFile {
  readonly rule_files: readonly string[]
  readonly tests: readonly RuleTest[]
}

const TESTS = RULE_TESTS.map(file => parse(readFileSync(`${ROOT}/${file}`, 'utf8')) as TestFile)

const nameOf = (rule: Rule) => rule.record ?? rule.alert ?? ''
const names = (text: string) => new Set(text.match(/[a-zA-Z_][a-zA-Z0-9_:]*/g))

/** Every rule that the rule needs, and every rule that needs it, as far as it goes. */
function relatives(rules: readonly Rule[], start: Rule, up: boolean): Set<Rule> {
  const found = new Set([start])
  for (const rule of found) {
    for (const other of rules) {
      const [user, used] = up ? [other, rule] : [rule, other]
      const words = names(user.expr + JSON.stringify(user.annotations ?? {}))
      if (words.has(nameOf(used))) found.add(other)
    }
  }
  return found
}

export function unnoticed(files: readonly string[], tell: (line: string) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rule-mutants-'))
  const missed: string[] = []
  let count = 0
  for (const file of files) {
    const about = TESTS.filter(one =>
      one.rule_files.some(name => basename(name) === basename(file)),
    )
    const loaded = new Set(about.flatMap(one => one.rule_files.map(name => basename(name))))
    const all = rulesOf(
      [...RULE_FILES, ...OPTIONAL_FILES].filter(name => loaded.has(basename(name))),
    )
    for (const rule of rulesOf([file])) {
      const self = all.find(one => one.file === rule.file && nameOf(one) === nameOf(rule)) as Rule
      const users = relatives(all, self, true)
      const needed = new Set([...users].flatMap(user => [...relatives(all, user, false)]))
      const concerned = new Set([...users].map(nameOf))
      for (const mutant of mutantsOf(rule)) {
        count += 1
        const rules = all.flatMap(one =>
          one === self
            ? mutant.rule === undefined
              ? []
              : [mutant.rule]
            : needed.has(one)
              ? [one]
              : [],
        )
        if (!about.some(tests => fails(folder, tests, rules, concerned))) {
          missed.push(mutant.what)
          tell(`unnoticed: ${mutant.what}`)
        }
      }
    }
  }
  rmSync(folder, { recursive: true })
  tell(`${count} mutants, ${missed.length} unnoticed`)
  return missed
}

function fails(
  folder: string,
  file: TestFile,
  rules: readonly Rule[],
  concerned: ReadonlySet<string>,
): boolean {
  const tests = file.tests.flatMap(one => {
    const alert_rule_test = (one.alert_rule_test ?? []).filter(({ alertname }) =>
      concerned.has(alertname),
    )
    const promql_expr_test = (one.promql_expr_test ?? []).filter(({ expr }) =>
      [...names(expr)].some(name => concerned.has(name)),
    )
    return alert_rule_test.length + promql_expr_test.length === 0
      ? []
      : [{ ...one, alert_rule_test, promql_expr_test }]
  })
  if (tests.length === 0) return false
  mkdirSync(folder, { recursive: true })
  const written = rules.map(({ file: _, ...rule }) => rule)
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'all', rules: written }] }))
  writeFileSync(join(folder, 'tests.yml'), stringify({ ...file, rule_files: ['rules.yml'], tests }))
  try {
    execFileSync(part('promtool'), ['test', 'rules', join(folder, 'tests.yml')], { stdio: 'pipe' })
    return false
  } catch {
    return true
  }
}

if (import.meta.main) {
  const asked = process.argv.slice(2)
  const files = asked.length === 0 ? [...RULE_FILES, ...OPTIONAL_FILES] : asked
  process.exitCode = unnoticed(files, line => console.log(line)).length === 0 ? 0 : 1
}
