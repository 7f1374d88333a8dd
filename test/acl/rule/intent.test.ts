/** Intents: normal form, refusals, deterministic names, and their text for other servers. */
import test from 'ava'
import { formatIntent } from '../../../src/acl/rule/format.ts'
import { intentName, validateIntent } from '../../../src/acl/rule/intent.ts'

const drop = { action: { type: 'drop' }, match: { family: 'ipv4', destination: '10.0.0.1' } }
const normal = (input: unknown) => {
  const result = validateIntent(input)
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const reason = (input: unknown) => {
  const result = validateIntent(input)
  return result.ok ? 'taken' : result.refusal.reason
}

test('the normal form has canonical addresses, names of protocols and no empty match', t => {
  const { match } = normal({
    ...drop,
    match: {
      ...{ family: 'ipv6', source: '::/0', destination: '2001:DB8::0:1/128', protocol: '17' },
      ...{ sourcePort: { from: 53, to: 53 }, destinationPort: { from: 1, to: 2 } },
    },
  })
  t.deepEqual(match, {
    ...{ family: 'ipv6', destination: '2001:db8::1', protocol: 'udp', sourcePort: 53 },
    destinationPort: { from: 1, to: 2 },
  })
})

for (const [what, match, expected] of [
  ['a port without a protocol that has ports', { destinationPort: 53 }, 'port'],
  ['a port range from high to low', { protocol: 'udp', sourcePort: { from: 2, to: 1 } }, 'port'],
  ['an address of the other family', { source: '2001:db8::1' }, 'address'],
  ['flags of UDP', { protocol: 'udp', tcpFlags: { mask: ['SYN'], set: ['SYN'] } }, 'protocol'],
  [
    'flags that are not asked about',
    { protocol: 'tcp', tcpFlags: { mask: ['SYN'], set: ['ACK'] } },
    'value',
  ],
  ['ports in further fragments', { protocol: 'udp', sourcePort: 1, fragment: true }, 'value'],
  ['an interface wildcard that is too wide', { inInterface: 'e+' }, 'interface'],
  ['ICMPv6 over IPv4', { protocol: 'icmpv6' }, 'protocol'],
  ['a DSCP beyond six bits', { dscp: 64 }, 'intent_shape'],
  ['an unknown key', { sourcePrefix: '10.0.0.0/8' }, 'intent_shape'],
] as const) {
  test(`${what} is refused`, t => {
    t.is(reason({ ...drop, match: { ...drop.match, ...match } }), expected)
  })
}

for (const action of [
  { type: 'limit', burst: 1 },
  { type: 'limit', burst: 1, packetsPerSecond: 1, bitsPerSecond: 8_000 },
]) {
  test(`a limit with ${Object.keys(action).length - 2} rates is refused`, t => {
    t.is(reason({ ...drop, action }), 'value')
  })
}

for (const input of [
  undefined,
  null,
  7,
  'drop',
  [],
  {},
  { ...drop, ttlSeconds: 0 },
  { ...drop, reason: 'a\nb' },
]) {
  test(`${JSON.stringify(input)} is no intent`, t => t.is(reason(input), 'intent_shape'))
}

test('a name follows from policy, match and action, not from what is said around them', t => {
  const name = (extra: object) => intentName(normal({ ...drop, ...extra }))
  t.regex(name({}), /^drop_[0-9a-f]{20}$/)
  t.is(name({ reason: 'one', cause: 'x', ttlSeconds: 5 }), name({ reason: 'other' }))
  t.not(name({ policy: 'one' }), name({ policy: 'other' }))
  t.not(name({}), name({ match: { family: 'ipv4', destination: '10.0.0.2' } }))
  t.is(name({ name: 'mine' }), 'mine')
})

test("the seed's elephant, as an intent, is the article's rule", t => {
  const intent = normal({
    action: { type: 'mark', dscp: 10, cos: 5 },
    match: {
      ...{ family: 'ipv4', source: '10.100.10.151', destination: '10.100.20.150' },
      ...{ protocol: 'tcp', sourcePort: 39_533, destinationPort: 5_001 },
    },
    policy: 'mark',
    reason: 'Elephant `rm -rf`',
  })
  t.deepEqual(formatIntent(intent), [
    '[iptables]',
    '# mark: Elephant _rm -rf_',
    '-t mangle -A FORWARD --in-interface swp+ -s 10.100.10.151 -d 10.100.20.150 -p tcp --sport 39533 --dport 5001 -j SETQOS --set-dscp 10 --set-cos 5',
  ])
})
