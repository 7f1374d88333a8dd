/** What vendors do otherwise than published, as datagrams. */
import type { Structure } from '../../src/structures/define.ts'
import { COUNTER_STRUCTURES, FLOW_STRUCTURES } from '../../src/structures/index.ts'
import {
  counterDatagram,
  counterSample,
  datagram,
  discardSample,
  flowSample,
  headerRecord,
  type Recipe,
  record,
} from './golden-datagram.ts'
import { HEADERS } from './golden-headers.ts'
import { goldenNumbers, writeField, writeStructure } from './golden-values.ts'
import { XdrText } from './xdr.ts'

const PORT = { sourceClass: 0, sourceIndex: 21 }
const SPEC = 'sflow_version_5.txt'
const DROPS = 'sflow_drops.txt'
const RT = 'https://sflow-rt.com/custom_metrics.php'
const AGENTS = 'https://github.com/sflow/host-sflow'

function counter(name: string): Structure {
  return COUNTER_STRUCTURES.find(one => one.name === name) as Structure
}

function flow(name: string): Structure {
  return FLOW_STRUCTURES.find(one => one.name === name) as Structure
}

/** As generated, with some fields of another value. */
function changed(structure: Structure, values: Readonly<Record<string, number | bigint>>): XdrText {
  const numbers = goldenNumbers(structure, structure.fields)
  const text = new XdrText()
  structure.fields.forEach((field, index) => {
    const value = values[field.name]
    if (typeof value === 'bigint') text.u64(value, `${field.name}: ${value}`)
    else writeField(text, field, value ?? (numbers[index] as number))
  })
  return text
}

/** Without the fields that came later. */
function withoutTail(structure: Structure, tail: number): XdrText {
  return writeStructure({ ...structure, fields: structure.fields.slice(0, -tail) })
}

const TCP_HEADER = HEADERS.find(one => one.name === 'tcp')?.bytes ?? []

/** ICMP as hsflowd sends it after 260 echo requests and replies on a current kernel. */
const SHIFTED_ICMP = {
  ...Object.fromEntries(counter('mib2_icmp_group').fields.map(field => [field.name, 0])),
  icmpInMsgs: 520,
  icmpInTimestamps: 260,
  icmpOutDestUnreachs: 260,
  icmpOutAddrMasks: 260,
}

function discard(code: number, why: string): Recipe {
  return {
    name: `oddity-discard-${code}`,
    why,
    spec: DROPS,
    build: () => datagram([discardSample([headerRecord(1, TCP_HEADER)], code)]),
  }
}

/** 2001:db8::77:LAST. */
function ipv6(last: number): number[] {
  return [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77, 0, last]
}

const BELOW_ZERO = 2n ** 64n - 5_000_000_000n

export const ODDITIES: readonly Recipe[] = [
  {
    name: 'oddity-host_cpu-short',
    why: 'Before December 2014 the record ended 12 bytes earlier: no steal, guest and guest_nice.',
    spec: 'sflow_host.txt',
    build: () => counterDatagram(counter('host_cpu'), withoutTail(counter('host_cpu'), 3)),
  },
  {
    name: 'oddity-jvm_statistics-short',
    why: 'Old agents leave out the two numbers of open files.',
    spec: 'sflow_jvm.txt',
    build: () =>
      counterDatagram(counter('jvm_statistics'), withoutTail(counter('jvm_statistics'), 2)),
  },
  {
    name: 'oddity-host_disk-underflow',
    why: 'Free space below 0 comes as a number near 2^64: no reading.',
    spec: AGENTS,
    build: () =>
      counterDatagram(
        counter('host_disk_io'),
        changed(counter('host_disk_io'), { disk_free: BELOW_ZERO }),
      ),
  },
  {
    name: 'oddity-virtual_disk-underflow',
    why: 'The space available to a virtual disk below 0, as Host sFlow with KVM sends it: no reading.',
    spec: AGENTS,
    build: () =>
      counterDatagram(
        counter('virt_disk_io'),
        changed(counter('virt_disk_io'), { physical: BELOW_ZERO }),
      ),
  },
  {
    name: 'oddity-icmp-shifted',
    why: 'Host sFlow fills the group by position; current Linux kernels have moved the columns.',
    spec: AGENTS,
    build: () =>
      counterDatagram(
        counter('mib2_icmp_group'),
        changed(counter('mib2_icmp_group'), SHIFTED_ICMP),
      ),
  },
  {
    name: 'oddity-openvswitch-tunnel',
    why: 'Open vSwitch swaps the bytes of the outer port (4789 shows as 46354) and sends a length of 0.',
    spec: 'https://github.com/openvswitch/ovs',
    build: () => {
      const structure = flow('extended_ipv4_tunnel_egress')
      const body = changed(structure, { length: 0, protocol: 17, dst_port: 46_354, tcp_flags: 0 })
      return datagram([
        flowSample([headerRecord(1, TCP_HEADER), record(structure, body)], PORT, 0x80000001),
      ])
    },
  },
  {
    name: 'oddity-openvswitch-drop',
    why: 'Open vSwitch marks a packet that a rule dropped as output 0x40000100: discarded, reason 256.',
    spec: 'https://github.com/openvswitch/ovs',
    build: () => datagram([flowSample([headerRecord(1, TCP_HEADER)], PORT, 0x40000100)]),
  },
  {
    name: 'oddity-longer-record',
    why: 'A record longer than its structure: the rest is passed over, and the next record is read.',
    spec: SPEC,
    build: () => {
      const body = writeStructure(flow('extended_router')).u32(0, 'more').u32(0, 'more')
      const records = [record(flow('extended_router'), body), record(flow('extended_switch'))]
      return datagram([flowSample(records, PORT)])
    },
  },
  {
    name: 'oddity-huawei-ethernet',
    why: 'Huawei announces 20 bytes for record 2, not 24: addresses without their padding.',
    spec: 'https://github.com/phaag/nfdump/issues/210',
    build: () => {
      const addresses = [2, 0x42, 0xac, 0x11, 0, 2, 2, 0x42, 0xac, 0x11, 0, 3]
      const body = new XdrText()
        .u32(1_480, 'length: 1480')
        .raw(addresses, 'src_mac, dst_mac')
        .u32(0x0800, 'type: 2048')
      const records = [record(flow('sampled_ethernet'), body), record(flow('extended_switch'))]
      return datagram([flowSample(records, PORT)])
    },
  },
  {
    name: 'oddity-huawei-three-records',
    why: 'Huawei sends records 1, 2 and 3 for one packet: it counts once, by the first.',
    spec: 'https://github.com/pavel-odintsov/fastnetmon/issues/990',
    build: () => {
      const records = [
        headerRecord(1, TCP_HEADER),
        record(flow('sampled_ethernet')),
        record(flow('sampled_ipv4')),
      ]
      return datagram([flowSample(records, PORT)])
    },
  },
  discard(33, 'dev_hdr as the published list has it, a digit short.'),
  discard(332, 'dev_hdr as it was meant; the reference program knows no name for it.'),
  discard(36, 'tc_egress as the published list has it, a digit short.'),
  discard(366, 'tc_egress as it was meant; the reference program knows no name for it.'),
  {
    name: 'oddity-discard-records',
    why: 'A discard sample with what Host sFlow tells about it: function, trap, reason, rule.',
    spec: DROPS,
    build: () => {
      const names = [
        'extended_function',
        'extended_hw_trap',
        'extended_linux_drop_reason',
        'extended_acl',
      ]
      const records = names.map(name => record(flow(name)))
      return datagram([discardSample([headerRecord(1, TCP_HEADER), ...records], 258)])
    },
  },
  {
    name: 'oddity-brocade-padding',
    why: 'Brocade pads a sample with 4 bytes behind its last record; the next sample begins after them.',
    spec: 'https://github.com/sflow/sflowtool/issues/8',
    build: () => {
      const sample = flowSample([headerRecord(1, TCP_HEADER)], PORT)
      const body = new XdrText()
      body.lines.push(...sample.lines.slice(2))
      body.u32(0, 'padding')
      const padded = new XdrText().framed(0, 1, body, 'flow sample')
      return datagram([padded, counterSample([record(counter('if_counters'))], PORT)])
    },
  },
  {
    name: 'oddity-brocade-wrapper',
    why: 'Brocade wraps a sample with the group of an access list; the sample inside is an ordinary one.',
    spec: 'https://github.com/pmacct/pmacct',
    build: () => {
      const body = new XdrText().u32(12, 'length of the wrapper').u32(1, 'flags').u32(77, 'group')
      body.add(flowSample([headerRecord(1, TCP_HEADER)], PORT))
      const wrapped = new XdrText().framed(1991, 1, body, 'wrapper')
      return datagram([wrapped, counterSample([record(counter('if_counters'))], PORT)])
    },
  },
  {
    name: 'oddity-expanded-port',
    why: 'An interface index beyond 24 bits, and an output of unknown number, in expanded samples.',
    spec: SPEC,
    build: () => {
      const place = { sourceClass: 0, sourceIndex: 369_098_810, expanded: true }
      return datagram([
        flowSample([headerRecord(1, TCP_HEADER)], place, 0x80000000),
        counterSample([record(counter('if_counters'))], place),
      ])
    },
  },
  {
    name: 'oddity-ipv6',
    why: 'An agent, next hops and translated addresses of IPv6.',
    spec: SPEC,
    build: () => {
      const router = new XdrText().u32(2, 'nexthop: IPv6').raw(ipv6(1), 'nexthop')
      router.u32(64, 'src_mask_len').u32(48, 'dst_mask_len')
      const nat = new XdrText().u32(2, 'src_address: IPv6').raw(ipv6(2), 'src_address')
      nat.u32(2, 'dst_address: IPv6').raw(ipv6(3), 'dst_address')
      const records = [record(flow('extended_router'), router), record(flow('extended_nat'), nat)]
      const sample = flowSample(records, PORT)
      const plain = datagram([sample])
      const text = new XdrText().u32(5, 'version').u32(2, 'agent: IPv6').raw(ipv6(9), 'agent')
      text.lines.push(...plain.lines.slice(3))
      return text
    },
  },
  {
    name: 'oddity-rtmetric',
    why: 'Metrics that a program names itself, one of each type.',
    spec: RT,
    build: () => {
      const body = new XdrText().text('lab-app-1', 'data source').u32(7, 'metrics')
      body.text('release', 'name').u32(0, 'string').text('v1.2.3', 'value')
      body.text('requests1', 'name').u32(1, 'counter32').u32(4_242, 'value: 4242')
      body.text('octets.in', 'name').u32(2, 'counter64').u64(9_876_543_210n, 'value: 9876543210')
      body.text('queue', 'name').u32(3, 'gauge32').u32(17, 'value: 17')
      body.text('heaps', 'name').u32(4, 'gauge64').u64(5_368_709_123n, 'value: 5368709123')
      body.text('load1', 'name').u32(5, 'float').f32(0.0625, 'value: 0.0625')
      body.text('ratio', 'name').u32(6, 'double').f64(-2.5625, 'value: -2.5625')
      return datagram([new XdrText().framed(4300, 1002, body, 'rtmetric')])
    },
  },
  {
    name: 'oddity-rtflow',
    why: 'A flow whose fields a program names itself, one of each type.',
    spec: RT,
    build: () => {
      const body = new XdrText().text('lab-app-2', 'data source')
      body.u32(64, 'sampling rate').u32(640, 'sample pool').u32(8, 'fields')
      body.text('url', 'name').u32(0, 'string').text('/index', 'value')
      body.text('station', 'name').u32(1, 'mac').raw([2, 0x42, 0xac, 0x11, 0, 9], 'value')
      body.text('client', 'name').u32(2, 'ipv4').raw([192, 0, 2, 33], 'value')
      body.text('server', 'name').u32(3, 'ipv6')
      body.raw([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x51], 'value')
      body.text('bytes', 'name').u32(4, 'int32').u32(1_234, 'value: 1234')
      body.text('total', 'name').u32(5, 'int64').u64(8_589_934_597n, 'value: 8589934597')
      body.text('score', 'name').u32(6, 'float').f32(1.8125, 'value: 1.8125')
      body.text('exact', 'name').u32(7, 'double').f64(0.4375, 'value: 0.4375')
      return datagram([new XdrText().framed(4300, 1003, body, 'rtflow')])
    },
  },
]
