/** The corpora: what is refused and what is taken, by agent (lines) and controller (intents). */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { formatRule, sectionOf } from '../../../src/acl/rule/format.ts'
import { validateIntent } from '../../../src/acl/rule/intent.ts'
import { parseLines, parseRuleLine } from '../../../src/acl/rule/parse.ts'
import { REFUSAL_REASONS } from '../../../src/acl/rule/refusal.ts'

const read = (name: string) =>
  readFileSync(new URL(`../corpus/${name}`, import.meta.url), 'utf8')
    .replace(/\n$/, '')
    .split('\n')

const injections = read('injection.txt').map(line => JSON.parse(line) as string)
const legitimate = sectioned(read('legitimate.txt'))

test('the corpora are as large as they are said to be', t => {
  t.true(injections.length >= 300)
  t.true(
    legitimate.filter(({ line }) => line.startsWith('-')).length >= 150,
    'rules, beside comments',
  )
  t.true(legitimate.some(({ line }) => line === '# mark Elephant'))
})

test('every injected line is refused, with a reason from the closed list', t => {
  const taken = injections.filter(line => {
    const result = parseLines(['[iptables]', line])
    if (!result.ok) t.true(REFUSAL_REASONS.includes(result.refusal.reason), line)
    return result.ok
  })
  t.deepEqual(taken, [])
})

test('an injected line as any text of an intent is refused', t => {
  // `COMMIT` might be the name of an interface or a policy, and means nothing else there.
  for (const line of injections.filter(text => !/^[A-Za-z0-9]+$/.test(text))) {
    for (const field of ['source', 'destination', 'protocol', 'inInterface', 'outInterface']) {
      const match = { family: 'ipv4', destination: '10.0.0.1', [field]: line }
      t.false(validateIntent({ action: { type: 'drop' }, match }).ok, `${field}: ${line}`)
    }
    const match = { family: 'ipv4', destination: '10.0.0.1' }
    for (const field of ['name', 'owner', 'policy']) {
      const intent = { action: { type: 'drop' }, match, [field]: line }
      t.false(validateIntent(intent).ok, `${field}: ${line}`)
    }
  }
})

test('every legitimate line is taken and given back unchanged', t => {
  for (const { section, line } of legitimate) {
    const result = parseLines([section, line])
    t.true(result.ok, `${line}: ${result.ok ? '' : result.refusal.message}`)
    if (result.ok) t.deepEqual(result.value.lines, [section, line])
  }
})

test('canonical text means the same rule, and is its own canonical text', t => {
  for (const { section, line } of legitimate) {
    const result = parseLines([section, line])
    if (!result.ok) continue
    for (const rule of result.value.rules) {
      const text = formatRule(rule)
      const again = parseLines([sectionOf(rule.family), text])
      t.true(again.ok, text)
      if (!again.ok) continue
      t.deepEqual(again.value.rules, [rule])
      t.is(formatRule(again.value.rules[0]!), text)
    }
  }
})

test('the lines of the article are canonical already', t => {
  for (const { line } of legitimate.slice(0, 4)) {
    const parsed = parseRuleLine(line)
    if (parsed.ok && parsed.value.kind === 'rule') t.is(formatRule(parsed.value.rule), line)
    else t.true(parsed.ok)
  }
})

function sectioned(lines: readonly string[]) {
  let section = ''
  return lines.map(line => {
    if (line.startsWith('[')) section = line
    return { section, line }
  })
}
