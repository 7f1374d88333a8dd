/**
 * The definitions that are on without any configuration. As series they carry no ephemeral port and
 * a small `n`; what needs whole conversations goes to events and `/api/v1/activeflows` only
 * (`series: false`). All together they hold at most SHIPPED_SERIES_MAX series at a time. Each is
 * switched off, or replaced, by its name.
 */

const SOURCE = 'or:ipsource:ip6source'
const VICTIM = 'or:ipdestination:ip6destination'

/** Ports of services that answer small questions with large answers, to whoever seems to ask. */
const REFLECTORS = [
  17, 19, 53, 69, 111, 123, 137, 161, 177, 389, 427, 520, 1194, 1434, 1900, 3283, 3389, 3478, 3702,
  5060, 5093, 5353, 5683, 10001, 10074, 11211, 20800, 27005, 27015, 30120, 32414, 37810,
]

/** What every attack has: the victim, how many packets, from how many sources. */
function attack(
  name: string,
  filter: string,
  keys: readonly string[] = [],
  labels: readonly string[] = [],
) {
  return {
    name: `attack_${name}`,
    keys: [VICTIM, ...keys],
    labels: ['victim', ...labels],
    value: 'bytes',
    values: [`sources=count:${SOURCE}`],
    filter,
    n: 10,
    max: 100,
    budget: 500,
  }
}

export const SHIPPED_FLOWS = [
  {
    name: 'talkers',
    keys: [SOURCE, VICTIM],
    labels: ['source', 'destination'],
    n: 10,
    max: 500,
    budget: 1000,
  },
  {
    name: 'protocols',
    keys: ['null:[or:ipprotocolname:ip6protocolname]:none'],
    labels: ['protocol'],
    n: 10,
    max: 1000,
    budget: 1000,
  },
  {
    name: 'applications',
    keys: ['or:ipprotocolname:ip6protocolname', 'serviceport'],
    labels: ['protocol', 'port'],
    n: 10,
    max: 1000,
    budget: 1000,
  },
  { name: 'vlans', keys: ['or:vlan:vlansource'], labels: ['vlan'], n: 10, max: 500, budget: 500 },
  { name: 'vnis', keys: ['vni'], n: 10, max: 500, budget: 500 },
  {
    name: 'dscp',
    keys: ['or:ipdscpname:ip6dscpname'],
    labels: ['dscp'],
    by: 'interface',
    n: 4,
    max: 1000,
    budget: 1000,
  },
  {
    name: 'containers',
    keys: ['entitysource', 'entitydestination'],
    labels: ['source', 'destination'],
    n: 20,
    max: 500,
    budget: 1000,
  },
  attack('reflection', `udpsourceport=${REFLECTORS.join(',')}`, ['udpsourceport'], ['port']),
  attack('syn', 'tcpflags~....0..1.'),
  attack('icmp', 'or:ipprotocol:ip6nexthdr=1,58'),
  attack('dns', 'udpdestinationport=53|udpsourceport=53'),
  attack('ntp', 'udpdestinationport=123|udpsourceport=123'),
  attack('fragments', 'ipfragment=true'),
  {
    name: 'discards',
    keys: ['reason'],
    filter: 'outputifindex=discard',
    by: 'interface',
    n: 5,
    max: 500,
    budget: 500,
  },
  { name: 'drops', keys: ['reason'], value: 'frames', dropped: true, n: 10, max: 500, budget: 500 },
  {
    name: 'conversations',
    keys: [
      SOURCE,
      VICTIM,
      'or:ipprotocol:ip6nexthdr',
      'null:[or:tcpsourceport:udpsourceport]:0',
      'null:[or:tcpdestinationport:udpdestinationport]:0',
    ],
    labels: ['source', 'destination', 'protocol', 'source_port', 'destination_port'],
    n: 20,
    series: false,
  },
  {
    // The large flows of the article that this project began with: TCP, as it enters, one second.
    name: 'elephants',
    keys: ['ipsource', 'ipdestination', 'tcpsourceport', 'tcpdestinationport'],
    filter: 'direction!=egress',
    t: 1,
    by: 'interface',
    n: 10,
    series: false,
  },
] as const

/** Sum of `max` over those that become series. */
export const SHIPPED_SERIES_MAX = SHIPPED_FLOWS.reduce(
  (sum, flow) => sum + ('max' in flow ? flow.max : 0),
  0,
)
