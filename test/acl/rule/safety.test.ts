/** What a well-formed rule must not do. Lines and intents are asked the same. */
import test from 'ava'
import { type Intent, validateIntent } from '../../../src/acl/rule/intent.ts'
import { parseLines, parseRuleLine } from '../../../src/acl/rule/parse.ts'
import { parsePrefix } from '../../../src/acl/rule/prefix.ts'
import { ruleOfIntent } from '../../../src/acl/rule/rule.ts'
import {
  checkIntent,
  checkRule,
  SAFETY_DEFAULT,
  type SafetyPolicy,
} from '../../../src/acl/rule/safety.ts'

const policy = {
  ...SAFETY_DEFAULT,
  protectedPrefixes: ['10.0.0.53', '192.168.0.0/16', '2001:db8:1::/48'].flatMap(text => {
    const prefix = parsePrefix(text)
    return prefix.ok ? [prefix.value] : []
  }),
}

const verdict = (line: string, accept = false) => {
  const section = line.includes('2001:') ? '[ip6tables]' : '[iptables]'
  const parsed = parseLines([section, line])
  if (!parsed.ok) throw new Error(parsed.refusal.message)
  const rule = parsed.value.rules[0]!
  return checkRule(rule, { ...policy, acceptAllowed: accept })?.reason
}

for (const [line, expected] of [
  ['-A FORWARD -d 10.1.2.3 -j DROP', undefined],
  ['-A FORWARD -j DROP', 'destination_missing'],
  ['-A FORWARD -d 0.0.0.0/0 -j DROP', 'destination_missing'],
  ['-A FORWARD -s 10.9.9.9 -j DROP', 'destination_missing'],
  ['-A FORWARD -d 10.0.0.0/8 -j DROP', 'prefix_too_wide'],
  ['-A FORWARD -d 10.16.0.0/16 -j DROP', undefined],
  ['-A FORWARD -d 2001:db8::/31 -j DROP', 'prefix_too_wide'],
  ['-A FORWARD -d 10.0.0.53 -j DROP', 'protected_prefix'],
  ['-A FORWARD -d 10.0.0.0/16 -j DROP', 'protected_prefix'],
  ['-A FORWARD -d 192.168.7.0/24 -j DROP', 'protected_prefix'],
  ['-A FORWARD -s 192.168.0.1 -d 10.1.2.3 -j DROP', 'protected_prefix'],
  ['-A FORWARD -d 2001:db8:1:2::/64 -j DROP', 'protected_prefix'],
  ['-A FORWARD -d 10.1.2.3 -p udp --sport 53 -j DROP', undefined],
  ['-A FORWARD -p icmp -j POLICE --set-mode pkt --set-rate 1 --set-burst 1', 'protected_prefix'],
  ['-t mangle -A FORWARD -p tcp --dport 80 -j SETQOS --set-dscp 10', undefined],
  ['-t mangle -A FORWARD -d 10.0.0.53 -j SETQOS --set-dscp 10', 'protected_prefix'],
  ['-A FORWARD -d 10.1.2.3 -j ACCEPT', 'accept_not_allowed'],
] as const) {
  test(`${line}: ${expected ?? 'allowed'}`, t => t.is(verdict(line), expected))
}

test('ACCEPT, once allowed, has the bounds of DROP', t => {
  t.is(verdict('-A FORWARD -d 10.1.2.3 -j ACCEPT', true), undefined)
  t.is(verdict('-A FORWARD -j ACCEPT', true), 'destination_missing')
})

test('an intent and the rule that it means get one verdict', t => {
  for (const action of [
    { type: 'drop' },
    { type: 'mark', dscp: 1 },
    { type: 'limit', packetsPerSecond: 1, burst: 1 },
  ]) {
    for (const destination of [undefined, '10.1.2.3', '10.0.0.0/8', '10.0.0.53']) {
      const validated = validateIntent({ action, match: { family: 'ipv4', destination } })
      const intent = (validated as { value: Intent }).value
      const ofIntent = checkIntent(intent, policy)?.reason
      t.is(ofIntent, checkRule(ruleOfIntent(intent, 'forward'), policy)?.reason)
    }
  }
})

test('a limit for everybody is taken of what is forwarded, unless somebody is protected', t => {
  const of = (line: string, forwardedPrefixes: SafetyPolicy['protectedPrefixes']) => {
    const parsed = parseRuleLine(line)
    const rule = parsed.ok && parsed.value.kind === 'rule' ? parsed.value.rule : undefined
    return rule && checkRule(rule, { ...policy, forwardedPrefixes })?.reason
  }
  const limit = '-p icmp -j POLICE --set-mode pkt --set-rate 1 --set-burst 1'
  t.is(of(`-A FORWARD ${limit}`, []), undefined)
  t.is(of(`-A FORWARD ${limit}`, policy.protectedPrefixes), 'protected_prefix')
  t.is(of(`-A INPUT ${limit}`, []), 'protected_prefix')
  t.is(of(`-t mangle -A PREROUTING ${limit}`, []), 'protected_prefix')
})
