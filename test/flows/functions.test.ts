// Functions over keys, the table of texts behind them, and what changes under them.
import test from 'ava'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { Groups } from '../../src/flows/functions/groups.ts'
import { Lookups } from '../../src/flows/functions/lookups.ts'
import { Maps } from '../../src/flows/functions/maps.ts'
import { AddressDatabase } from '../../src/flows/functions/mmdb.ts'
import { OTHER_WORD, TEXT_BYTES_MAX, TextTable } from '../../src/flows/functions/texts.ts'
import { eth, ip, ip6, tcp, udp } from '../packet/frames.ts'
import { addressDatabase, bits4, textOf } from './functions-kit.ts'
import { header, viewOf } from './keys-views.ts'

const four = viewOf([header(eth(0x0800) + ip(6, tcp))])
const six = viewOf([header(eth(0x86dd) + ip6(17, udp(1000, 53)))])
const arp = viewOf([header(`${eth(0x0806)} 0001 0800 06 04 0001 1a1b1c1d1e1f 0a000001`)])

const context = new FlowContext({
  groups: new Groups({
    private: ['10.0.0.0/8', 'fc00::/7'],
    lab: ['10.1.0.0/16', '2001:db8::/32'],
    sites: { north: ['10.1.2.0/24'], all: ['0.0.0.0/0', '::/0'] },
  }),
  maps: new Maps({ services: { '443': 'web', '53': 'names' } }),
  lookups: new Lookups({ oui: new Map([['1A1B1C', 'Acme']]) }),
  names: {
    ifName: (_, ifIndex) => `swp${ifIndex}`,
    nodeName: () => 'leaf1',
    linkName: (_, ifIndex) => (ifIndex === 1 ? 'leaf1-spine1' : undefined),
    hostOfMac: (high, low, attribute) =>
      high === 0x1a1b && low === 0x1c1d1e1f ? `${attribute}-of-host` : undefined,
    dnsName: (words, at) => (words[at + 3] === 0x0a010203 ? 'client.example' : undefined),
  },
})

const VALUES: readonly (readonly [text: string, view: typeof four, value: string | undefined])[] = [
  ['or:ipsource:ip6source', four, '10.1.2.3'],
  ['or:ipsource:ip6source', six, '2001:db8::1'],
  ['or:ipsource:ip6source', arp, undefined],
  ['or:udpsourceport:tcpsourceport:icmptype', four, '50000'],
  ['or:ipsource:macsource', arp, '1A1B1C1D1E1F'],
  ['or:ipsource:macsource', four, '10.1.2.3'],
  ['or:[map:tcpdestinationport:services]:tcpdestinationport', four, 'web'],
  ['null:vlan:untagged', four, 'untagged'],
  ['null:vlan', four, ''],
  ['null:ipsource:none', arp, 'none'],
  ['null:ipsource:none', four, '10.1.2.3'],
  ['null:[or:ipsource:ip6source]:none', arp, 'none'],
  ['null:[or:ipsource:ip6source]:none', six, '2001:db8::1'],
  ['eq:tcpsourceport:tcpdestinationport', four, 'false'],
  ['eq:ipsource:ipsource', four, 'true'],
  ['eq:ipsource:macsource', four, 'false'],
  ['eq:ipsource:ip6source', four, undefined],
  ['if:[first:stack:.:ip:ip6]:ip:ipsource:ip6source', four, '10.1.2.3'],
  ['if:[first:stack:.:ip:ip6]:ip:ipsource:ip6source', six, '2001:db8::1'],
  ['first:stack:.:ip6:ip', four, 'ip'],
  ['first:stack:.:arp', four, undefined],
  ['range:tcpdestinationport:0:1023', four, 'true'],
  ['range:tcpdestinationport:444', four, 'false'],
  ['range:tcpdestinationport:443:443', four, 'true'],
  ['range:bytes:0:63:small', four, 'small'],
  ['or:[range:bytes:0:9:tiny]:[range:bytes:10:99:small]:[range:bytes:100::large]', four, 'small'],
  ['prefix:stack:.:2', four, 'eth.ip'],
  ['suffix:stack:.:1', four, 'tcp'],
  ['suffix:stack:.:9', four, 'eth.ip.tcp'],
  ['concat:\\::ipsource:tcpsourceport', four, '10.1.2.3:50000'],
  ['concat:-:ip6source:ip6destination', six, '2001:db8::1-2001:db8::2'],
  ['prefix:[concat:-:ipsource:ipdestination]:-:1', four, '10.1.2.3'],
  ['map:tcpdestinationport:services', four, 'web'],
  ['map:tcpsourceport:services', four, undefined],
  ['mask:ipsource:8', four, '10.0.0.0/8'],
  ['mask:ip6source:32', six, '2001:db8::/32'],
  ['mask:[or:ipsource:ip6source]:24:48', four, '10.1.2.0/24'],
  ['mask:[or:ipsource:ip6source]:24:48', six, '2001:db8::/48'],
  ['group:ipsource:private', four, 'private'],
  ['group:ipdestination:private', four, undefined],
  ['group:ipsource:lab:private', four, 'lab'],
  ['group:ipsource:private:lab', four, 'private'],
  ['group:ipsource:sites', four, 'north'],
  ['group:ip6source:sites', six, 'all'],
  ['group:ipsource', four, 'north'],
  ['group:[or:ipsource:ip6source]:lab', six, 'lab'],
  ['oui:macsource', four, '1A1B1C'],
  ['oui:macsource:name', four, 'Acme'],
  ['oui:macdestination:name', four, undefined],
  ['host:macsource:vir_host_name', four, 'vir_host_name-of-host'],
  ['host:macdestination:vir_host_name', four, undefined],
  ['dns:ipsource', four, 'client.example'],
  ['or:[dns:ipdestination]:ipdestination', four, '11.2.3.4'],
  ['ifname:inputifindex', four, 'swp1'],
  ['node:inputifindex', four, 'leaf1'],
  ['link:inputifindex', four, 'leaf1-spine1'],
  ['link:outputifindex', four, undefined],
]

for (const [text, view, value] of VALUES) {
  test(`${text} is ${value ?? 'nothing'} (${view === four ? 'IPv4' : view === six ? 'IPv6' : 'ARP'})`, t => {
    t.is(textOf(text, view, context), value)
  })
}

const URL_RECORD = (url: string): [number, string] => {
  const padded = Buffer.concat([Buffer.from(url), Buffer.alloc((4 - (url.length & 3)) & 3)])
  const text = url.length.toString(16).padStart(8, '0') + padded.toString('hex')
  return [
    2206,
    `00000002 000003e9 ${text} ${'00000000'.repeat(6)} ${'00'.repeat(16)} 000004d2 000000c8`,
  ]
}

test('parts of a URL', t => {
  const view = viewOf([URL_RECORD('http://user@localhost:8008/metrics/a.json?x=1#y')])
  const parts = ['protocol', 'host', 'port', 'path', 'file', 'extension', 'query', 'fragment']
  t.deepEqual(
    parts.map(part => textOf(`uri:httpurl:${part}`, view)),
    ['http', 'localhost', '8008', '/metrics/a.json', 'a.json', 'json', 'x=1', 'y'],
  )
  t.is(textOf('uripath', view), '/metrics/a.json')
  t.is(textOf('prefix:[uri:httpurl:path]:/:2', view), '/metrics')
  t.is(textOf('httpmethod', view), 'GET')
  t.is(textOf('httpversion', view), '1.1')
  t.is(textOf('httpstatus', view), '200')
  t.is(textOf('duration', view), '1234')
  t.is(textOf('uripath', viewOf([URL_RECORD('/only/path?q')])), '/only/path')
  t.is(textOf('uri:httpurl:host', viewOf([URL_RECORD('/only/path')])), undefined)
})

const GATEWAY = [
  '00000001 0a0000fe', // next hop
  '0000fde9 00000000 0000fdea', // own AS, source AS (its own: 0), source peer
  '00000002 00000002 00000002 0000fdeb 0000fdec 00000001 00000002 0000fded 0000fdee',
  '00000002 fde90064 fde900c8 00000096',
].join(' ')

test('the gateway record: path, communities and numbers', t => {
  const view = viewOf([[1003, GATEWAY]])
  t.is(textOf('bgpdestinationaspath', view), '65003-65004-{65005,65006}')
  t.is(textOf('bgpcommunities', view), '65001:100-65001:200')
  t.is(textOf('bgpnexthop', view), '10.0.0.254')
  t.is(textOf('bgpas', view), '65001')
  t.is(textOf('bgpsourceas', view), '65001')
  t.is(textOf('bgpsourcepeeras', view), '65002')
  t.is(textOf('bgpdestinationas', view), '65006')
  t.is(textOf('bgpdestinationpeeras', view), '65003')
  t.is(textOf('bgplocalpref', view), '150')
  t.is(textOf('eq:bgpsourceas:bgpas', view), 'true')
})

test('a gateway record that is cut anywhere shows nothing that is not there', t => {
  const digits = GATEWAY.replace(/\s/g, '')
  for (let length = 0; length < digits.length; length += 8) {
    const view = viewOf([
      [1003, digits.slice(0, length)],
      [9999, 'ff'.repeat(64)],
    ])
    for (const key of [
      'bgpdestinationaspath',
      'bgpcommunities',
      'bgplocalpref',
      'bgpdestinationas',
    ]) {
      t.false(textOf(key, view)?.includes('4294967295') ?? false, `${key} at ${length / 2}`)
    }
    t.is(textOf('bgplocalpref', view), undefined)
  }
})

test('records 2, 3 and 4 are read where there is no header, and only then', t => {
  const ethernet: [number, string] = [2, '000005ee 1a1b1c1d1e1f 0000 0a0b0c0d0e0f 0000 00000800']
  const ipv4: [number, string] = [
    3,
    '000005d8 00000006 0a010203 0b020304 0000c350 000001bb 00000012 000000b9',
  ]
  const ipv6: [number, string] = [
    4,
    `00000100 00000011 ${'20010db8'.padEnd(32, '1')} ${'20010db8'.padEnd(32, '2')} 000003e8 00000035 00000000 000000b9`,
  ]
  const both = viewOf([ipv4, ethernet])
  t.is(both.frameLength, 0x5ee)
  t.is(textOf('macsource', both), '1A1B1C1D1E1F')
  t.is(textOf('ipsource', both), '10.1.2.3')
  t.is(textOf('ipdscp', both), '46')
  t.is(textOf('tcpdestinationport', both), '443')
  t.is(textOf('tcpflags', both), '000010010')
  for (const lacking of [
    'ipttl',
    'ipid',
    'ipflags',
    'tcpwindow',
    'ip_offset',
    'stripped',
    'ipfragment',
  ]) {
    t.is(textOf(lacking, both), undefined, lacking)
  }
  const alone = viewOf([ipv6])
  t.is(alone.frameLength, 256)
  t.is(textOf('udpdestinationport', alone), '53')
  t.is(textOf('ip6bytes', alone), '256')
  t.is(textOf('stack', alone), 'ip6.udp')
  const withHeader = viewOf([ipv4, ethernet, header(eth(0x0800) + ip(6, tcp, { at: 0x0c000001 }))])
  t.is(textOf('ipsource', withHeader), '12.0.0.1')
  t.is(withHeader.frameLength, 58)
})

for (const bits of [24, 28, 32] as const) {
  for (const version of [4, 6] as const) {
    test(`an address database of ${bits} bits for IPv${version}: country and asn`, t => {
      const database = addressDatabase(
        [
          [
            bits4('10.0.0.0', 8, version),
            { country: { iso_code: 'CH', names: { en: 'Switzerland' } } },
          ],
          [
            bits4('11.2.3.4', 32, version),
            { autonomous_system_number: 65001, autonomous_system_organization: 'Example' },
          ],
        ],
        bits,
        version,
      )
      const file = new AddressDatabase(database)
      const found = new FlowContext({ lookups: new Lookups({ country: file, asn: file }) })
      t.is(textOf('country:ipsource', four, found), 'CH')
      t.is(textOf('country:ipsource:both', four, found), 'CH Switzerland')
      t.is(textOf('country:ipdestination', four, found), undefined)
      t.is(textOf('asn:ipdestination', four, found), '65001')
      t.is(textOf('asn:ipdestination:description', four, found), 'Example')
      t.is(textOf('asn:[or:ipdestination:ip6destination]:both', four, found), '65001 Example')
      t.is(textOf('null:[country:ip6source]:unknown', six, found), 'unknown')
    })
  }
}

test('a changed group or map is seen at once, a deleted one matches nothing', t => {
  const groups = new Groups({ lab: ['10.0.0.0/8'] })
  const maps = new Maps({ names: { '443': 'web' } })
  const own = new FlowContext({ groups, maps })
  t.is(textOf('group:ipsource:lab', four, own), 'lab')
  groups.set('lab', { one: ['10.1.0.0/16'], two: ['10.0.0.0/8'] })
  t.is(textOf('group:ipsource:lab', four, own), 'one')
  t.throws(() => groups.set('lab', ['10.0.0.0/33']), { message: '10.0.0.0/33 is no address range' })
  t.is(textOf('group:ipsource:lab', four, own), 'one')
  t.true(groups.delete('lab'))
  t.throws(() => textOf('group:ipsource:lab', four, own), { message: 'no group is called lab' })
  maps.set('names', { '443': 'secure' })
  t.is(textOf('map:tcpdestinationport:names', four, own), 'secure')
})

test('texts: bounded, forgotten by age, and an old word never shows a new text', t => {
  const texts = new TextTable({ slotsMax: 4, ageMs: 60_000, crowdedAgeMs: 30_000 })
  texts.sweep(0)
  const kept = texts.ofText('kept', true)
  const a = texts.ofText('a')
  const b = texts.ofText('b')
  t.is(texts.ofText('c'), OTHER_WORD)
  t.is(texts.refused, 1)
  t.is(texts.text(OTHER_WORD), 'other')
  t.is(texts.ofText('a'), a)
  texts.sweep(20_000)
  t.true(texts.live(b))
  texts.sweep(45_000)
  t.false(texts.live(a))
  t.is(texts.text(a), 'expired')
  t.is(texts.text(b), 'b')
  t.is(texts.text(kept), 'kept')
  const c = texts.ofText('c')
  t.not(c, a)
  t.is(texts.text(c), 'c')
  t.is(texts.text(a), 'expired')
  t.deepEqual([texts.used, texts.evicted], [4, 1])
  texts.sweep(1_000_000)
  t.is(texts.text(kept), 'kept')
  t.is(texts.used, 2)
})

test('texts from the wire are cut, and shown without controls', t => {
  const texts = new TextTable()
  const bytes = Buffer.from(`Zürich\u0000\u0007${'x'.repeat(300)}`)
  const word = texts.ofBytes(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length)
  const text = texts.text(word)
  t.true(text.startsWith('Zürich  xxx'))
  t.is(Buffer.byteLength(text), TEXT_BYTES_MAX)
  t.is(texts.ofText('Zürich'), texts.ofText('Zürich'))
  t.is(texts.ofBytes(new DataView(bytes.buffer, bytes.byteOffset), 0, 7), texts.ofText('Zürich'))
})
