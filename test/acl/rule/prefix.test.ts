/** Prefixes: strict reading, canonical text, overlap. */
import test from 'ava'
import {
  formatPrefix,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from '../../../src/acl/rule/prefix.ts'

const canonical = (text: string) => {
  const prefix = parsePrefix(text)
  return prefix.ok ? formatPrefix(prefix.value) : prefix.refusal.reason
}
const prefix = (text: string) => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

for (const [text, expected] of [
  ['10.0.0.1', '10.0.0.1'],
  ['10.0.0.1/32', '10.0.0.1'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['::', '::'],
  ['::/0', '::/0'],
  ['1::2:0:0:3', '1::2:0:0:3'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
] as const) {
  test(`${text} is ${expected}`, t => t.is(canonical(text), expected))
}

for (const text of [
  '10.0.0.1/24',
  '10.0.0.0/33',
  '10.0.0',
  '010.0.0.1',
  '10.0.0.1/08',
  '2001:db8::1/64',
  'fe80::1%1',
  '',
]) {
  test(`"${text}" is no prefix`, t => t.is(canonical(text), 'address'))
}

test('prefixes overlap if either contains the other, never across families', t => {
  t.true(prefixesOverlap(prefix('10.0.0.0/8'), prefix('10.1.2.3')))
  t.true(prefixesOverlap(prefix('10.1.2.3'), prefix('10.0.0.0/8')))
  t.true(prefixesOverlap(prefix('10.1.2.0/23'), prefix('10.1.3.0/24')))
  t.false(prefixesOverlap(prefix('10.1.2.0/23'), prefix('10.1.4.0/24')))
  t.false(prefixesOverlap(prefix('0.0.0.0/0'), prefix('::/0')))
  t.true(prefixContains(prefix('10.0.0.0/8'), prefix('10.1.0.0/16')))
  t.false(prefixContains(prefix('10.1.0.0/16'), prefix('10.0.0.0/8')))
})
