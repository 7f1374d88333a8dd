import { readFileSync } from 'node:fs'
import test from 'ava'
import { placesOf } from '../../../src/acl/controller/placement.ts'
import { matches, parseMatcher, policyFor } from '../../../src/acl/controller/policy.ts'
import { TARGET_KEYS, targetOf } from '../../../src/acl/controller/target.ts'
import { controllerSchema } from '../../../src/config/controller.ts'
import { controllerSettings } from '../../../src/config/controller-settings.ts'

function policy(more: object = {}) {
  const section = { policies: [{ name: 'p', action: 'drop', ...more }] }
  return controllerSettings(controllerSchema.parse(section)).policies[0]!
}

type Labels = Readonly<Record<string, string>>
const DESTINATION = { ipdestination: '10.0.0.1' }

const GOOD: readonly [labels: Labels, match: object][] = [
  [
    { ...DESTINATION, ipprotocol: '17' },
    { destination: '10.0.0.1', protocol: 'udp' },
  ],
  [
    { ...DESTINATION, ipprotocol: 'UDP' },
    { destination: '10.0.0.1', protocol: 'udp' },
  ],
  [
    { ...DESTINATION, tcpdestinationport: '443' },
    { protocol: 'tcp', destinationPort: 443 },
  ],
  [
    { ...DESTINATION, udpsourceport: '0', ipprotocol: '17' },
    { protocol: 'udp', sourcePort: 0 },
  ],
  [
    { ...DESTINATION, icmptype: '8' },
    { protocol: 'icmp', icmpType: 8 },
  ],
  [
    { ip6destination: '2001:DB8::1', icmp6type: '128' },
    { destination: '2001:db8::1', protocol: 'icmpv6' },
  ],
  [
    { victim: '2001:db8::1', ip6nexthdr: '58' },
    { family: 'ipv6', destination: '2001:db8::1' },
  ],
  [
    { victim: '10.0.0.0/24', attacker: '192.0.2.1' },
    { destination: '10.0.0.0/24', source: '192.0.2.1' },
  ],
  [{ ...DESTINATION, ipsource: '192.0.2.1/32' }, { source: '192.0.2.1' }],
  [{ ...DESTINATION, ipprotocol: '6', ipdscp: '46' }, { dscp: 46 }],
  [{ ...DESTINATION, ipprotocol: '17', tcpsourceport: '' }, { protocol: 'udp' }],
  [
    { ...DESTINATION, ipprotocol: '47', source: '0:7', instance: 'bridge:16343' },
    { protocol: 'gre' },
  ],
]

for (const [labels, match] of GOOD) {
  test(`${JSON.stringify(labels)} is a target`, t => {
    const result = targetOf(labels, policy(), undefined)
    t.true(result.ok)
    if (result.ok) t.like(result.value, match)
  })
}

const BAD: readonly [labels: Labels, reason: string][] = [
  [{}, 'no_target'],
  [{ ipprotocol: '17' }, 'no_target'],
  [{ ipdestination: '' }, 'no_target'],
  [{ ipdestination: '10.0.0' }, 'bad_address'],
  [{ ipdestination: '10.0.0.01' }, 'bad_address'],
  [{ ipdestination: '10.0.0.1/24' }, 'bad_address'],
  [{ ipdestination: '0.0.0.0/0', ipprotocol: '17' }, 'no_target'],
  [{ ipdestination: '2001:db8::1' }, 'bad_address'],
  [{ ip6destination: '10.0.0.1' }, 'bad_address'],
  [{ victim: 'example.org' }, 'bad_address'],
  [{ ip6destination: '::ffff:10.0.0.1', ip6nexthdr: '17' }, 'bad_address'],
  [{ victim: '0:0:0:0:0:FFFF:0a00:0001', ip6nexthdr: '17' }, 'bad_address'],
  [{ ip6destination: '2001:db8::1', ip6source: '::ffff:a00:0/112' }, 'bad_address'],
  [{ ...DESTINATION, ip6source: '2001:db8::1' }, 'contradiction'],
  [{ ...DESTINATION, victim: '10.0.0.2' }, 'contradiction'],
  [{ ...DESTINATION, ipprotocol: '6', udpsourceport: '53' }, 'contradiction'],
  [{ ...DESTINATION, tcpsourceport: '1', udpdestinationport: '1' }, 'contradiction'],
  [{ ...DESTINATION, ipprotocol: '0' }, 'bad_protocol'],
  [{ ...DESTINATION, ipprotocol: '256' }, 'bad_protocol'],
  [{ ...DESTINATION, ipprotocol: '58' }, 'bad_protocol'],
  [{ ...DESTINATION, udpsourceport: '65536' }, 'bad_port'],
  [{ ...DESTINATION, udpsourceport: '-1' }, 'bad_port'],
  [{ ...DESTINATION, udpsourceport: '53.0' }, 'bad_port'],
  [{ ...DESTINATION, icmptype: '256' }, 'bad_value'],
  [{ ...DESTINATION, ipprotocol: '6', ipdscp: '64' }, 'bad_value'],
  [{ ...DESTINATION, ipprotocol: '17', macsource: '6c641a000459' }, 'unsupported_key'],
  [DESTINATION, 'blackhole'],
]

for (const [labels, reason] of BAD) {
  test(`${JSON.stringify(labels)} is refused: ${reason}`, t => {
    t.deepEqual(targetOf(labels, policy(), undefined), { ok: false, reason: reason as never })
  })
}

test('a policy may leave a key out, and may drop all to a victim, if it says so', t => {
  const wider = policy({ ignore_keys: ['macsource'], blackhole: true })
  t.true(targetOf({ ...DESTINATION, macsource: '6c641a000459' }, wider, undefined).ok)
})

/** What shells, option parsers, terminals and other parsers fall for. */
const SNIPPETS: readonly string[] = [
  '; reboot',
  '$(reboot)',
  '`reboot`',
  '| nc 10.0.0.9 1',
  '&& true',
  '\n-A FORWARD -j DROP',
  '\r\nX: y',
  '\u0000',
  ' -j ACCEPT',
  '--jump ACCEPT',
  "' OR 1=1 --",
  '"',
  '\\',
  '\t',
  '\u202e1.0.0.01',
  '\uff11\uff10.0.0.1',
  '١٠.0.0.1',
  '%00',
  '$PATH',
  '../../etc/passwd',
  '<script>',
  '!10.0.0.1',
  '10.0.0.1,10.0.0.2',
  '10.0.0.1-10.0.0.9',
  '0x0a000001',
  '012.0.0.1',
  '1e3',
  '+5',
  ' 5',
  '5 ',
  '٥',
  'x'.repeat(500),
]

const POSITIONS = [
  (text: string) => text,
  (text: string) => `10.0.0.1${text}`,
  (text: string) => `${text}10.0.0.1`,
  (text: string) => `53${text}`,
]

test('nothing that smells of injection passes, in no key and no position', t => {
  const plain = TARGET_KEYS.filter(key => key !== 'source' && key !== 'destination')
  let tried = 0
  for (const key of [...plain, 'victim', 'attacker']) {
    for (const snippet of SNIPPETS) {
      for (const position of POSITIONS) {
        const labels = { ...DESTINATION, ipprotocol: '17', [key]: position(snippet) }
        const result = targetOf(labels, policy(), undefined)
        t.false(result.ok, `${key}=${JSON.stringify(position(snippet))}`)
        tried += 1
      }
    }
  }
  t.true(tried > 1_500)
})

test('no line of the injection corpus passes as a value of any key', t => {
  const file = new URL('../corpus/injection.txt', import.meta.url)
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => String(JSON.parse(line)))
  t.true(lines.length >= 300)
  const keys = [
    'ipdestination',
    'victim',
    'ipprotocol',
    'udpsourceport',
    'tcpdestinationport',
    'icmptype',
  ]
  const passed = lines.flatMap(line =>
    keys
      .filter(
        key => line !== '' && targetOf({ ...DESTINATION, [key]: line }, policy(), undefined).ok,
      )
      .map(key => `${key}=${line}`),
  )
  t.deepEqual(passed, [])
})

test('an interface name is taken from the configuration, or from a label that is one', t => {
  const agents = (interfaces: Labels = {}) =>
    controllerSettings(
      controllerSchema.parse({
        agents: [
          { name: 'a', endpoint: 'http://127.0.0.1:1', guards: [{ agent: '*', interfaces }] },
        ],
      }),
    ).agents
  const port = policy({ placement: 'port' })
  const ifname = (name: string) => placesOf({ ifindex: '7', ifname: name }, port, agents())
  t.deepEqual(placesOf({ ifindex: '7', ifname: 'x' }, port, agents({ 7: 'swp7' })), {
    ok: true,
    value: [{ aclAgent: 'a', inInterface: 'swp7' }],
  })
  t.true(ifname('swp7').ok)
  for (const bad of ['', 'swp+', 'swp7 -j', '-swp', 'a'.repeat(16), 'swp\n7', 'swp;']) {
    t.deepEqual(ifname(bad), { ok: false, reason: 'no_interface' }, bad)
  }
})

test('matchers read as Alertmanager’s do: anchored, and absent is empty', t => {
  const cases: readonly [text: string, value: string, is: boolean][] = [
    ['a="x"', 'x', true],
    ['a=x', 'x', true],
    ['a!="x"', '', true],
    ['a=~"x|y"', 'y', true],
    ['a=~"x"', 'xx', false],
    ['a!~"x.*"', 'xx', false],
  ]
  for (const [text, value, is] of cases) {
    const matcher = parseMatcher(text)
    t.is(matcher && matches(matcher, value), is, text)
  }
  for (const bad of ['', 'a', '=x', 'a=="x"y', 'a=~"("', '1a="x"'])
    t.is(parseMatcher(bad), undefined, bad)
})

test('the first policy of the action whose matchers hold is taken', t => {
  const section = {
    policies: [
      { name: 'dns', action: 'drop', match: ['alertname="Dns"'] },
      { name: 'any', action: 'drop' },
      { name: 'mark', action: 'mark' },
    ],
  }
  const { policies } = controllerSettings(controllerSchema.parse(section))
  const name = (labels: Labels) => policyFor(policies, labels)?.name
  t.is(name({ acl_action: 'drop', alertname: 'Dns' }), 'dns')
  t.is(name({ acl_action: 'drop', alertname: 'Ntp' }), 'any')
  t.is(name({ acl_action: 'mark' }), 'mark')
  t.is(name({ acl_action: 'limit' }), undefined)
})
