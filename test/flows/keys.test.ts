// Flow keys against the reference decoding of real agents' captures: for every sample and key.
import test from 'ava'
import type { FlowView } from '../../src/flows/flow-view.ts'
import { compileNode } from '../../src/flows/functions/compile.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { parseExpression } from '../../src/flows/functions/parse.ts'
import type { Expression } from '../../src/flows/keys/expression.ts'
import { FLOW_KEYS } from '../../src/flows/keys/table.ts'
import { parseIp6 } from '../../src/packet/format.ts'
import { eachFlowSample, FLOW_CAPTURES, type Reference } from './keys-views.ts'

const context = new FlowContext()

function reader(text: string): (view: FlowView) => string | undefined {
  const expression: Expression = compileNode(parseExpression(text).node, context)
  const words = new Int32Array(expression.kind.width)
  return view => (expression.read(view, words, 0) ? expression.kind.format(words, 0) : undefined)
}

/** Key → what the reference says of a sample, in the key's own form; undefined: it says nothing. */
const EXPECTED: Readonly<Record<string, (reference: Reference) => string | undefined>> = {
  bytes: ({ sampledPacketSize }) => sampledPacketSize,
  stripped: ({ strippedBytes }) => strippedBytes,
  samplingrate: ({ meanSkipCount }) => meanSkipCount,
  datasource: ({ sourceId }) => sourceId,
  macsource: ({ srcMAC }) => srcMAC?.toUpperCase(),
  macdestination: ({ dstMAC }) => dstMAC?.toUpperCase(),
  ethernetprotocol: ({ ethernet_type }) => ethernet_type,
  isbroadcast: ({ dstMAC }) => dstMAC && String(dstMAC === 'ffffffffffff'),
  ismulticast: ({ dstMAC }) =>
    dstMAC &&
    String(dstMAC !== 'ffffffffffff' && Number.parseInt(dstMAC.slice(0, 2), 16) % 2 === 1),
  isunicast: ({ dstMAC }) => dstMAC && String(Number.parseInt(dstMAC.slice(0, 2), 16) % 2 === 0),
  ipsource: ({ srcIP }) => srcIP,
  ipdestination: ({ dstIP }) => dstIP,
  ipprotocol: ({ srcIP, IPProtocol }) => srcIP && IPProtocol,
  iptos: ({ srcIP, IPTOS }) => srcIP && IPTOS,
  ipdscp: ({ srcIP, IPTOS }) => srcIP && String(Number(IPTOS) >> 2),
  ipecn: ({ srcIP, IPTOS }) => srcIP && String(Number(IPTOS) & 3),
  ipttl: ({ srcIP, IPTTL }) => srcIP && IPTTL,
  // sflowtool prints the identification in the byte order of its own host.
  ipid: ({ IPID }) => IPID && String(((Number(IPID) & 255) << 8) | (Number(IPID) >> 8)),
  ipbytes: ({ srcIP, IPSize }) => srcIP && IPSize,
  ip6source: ({ srcIP6 }) => srcIP6 && longIp6(srcIP6),
  ip6destination: ({ dstIP6 }) => dstIP6 && longIp6(dstIP6),
  ip6nexthdr: ({ srcIP6, IPProtocol }) => srcIP6 && IPProtocol,
  ip6tos: ({ srcIP6, IPTOS }) => srcIP6 && IPTOS,
  ip6ttl: ({ srcIP6, IPTTL }) => srcIP6 && IPTTL,
  ip6bytes: ({ srcIP6, IPSize }) => srcIP6 && IPSize,
  ip6flowlabel: ({ IP6_label }) => IP6_label && String(Number(IP6_label)),
  ip6extensions: ({ IP6HeaderExtension }) => IP6HeaderExtension,
  tcpsourceport: ({ TCPSrcPort }) => TCPSrcPort,
  tcpdestinationport: ({ TCPDstPort }) => TCPDstPort,
  tcpflags: ({ TCPFlags }) => TCPFlags && Number(TCPFlags).toString(2).padStart(9, '0'),
  udpsourceport: ({ UDPSrcPort }) => UDPSrcPort,
  udpdestinationport: ({ UDPDstPort }) => UDPDstPort,
  // The tool does not look into ICMPv6.
  icmptype: ({ ICMPType }) => ICMPType,
  icmpcode: ({ ICMPCode }) => ICMPCode,
  vlansource: ({ in_vlan }) => in_vlan,
  prioritysource: ({ in_priority }) => in_priority,
  vlandestination: ({ out_vlan }) => out_vlan,
  prioritydestination: ({ out_priority }) => out_priority,
  inputvni: ({ in_VNI }) => in_VNI,
  outputvni: ({ out_VNI }) => out_VNI,
  vni: ({ in_VNI, out_VNI }) => in_VNI ?? out_VNI,
  inputipsource: ({ tunnel_ipv4_in_srcIP }) => tunnel_ipv4_in_srcIP,
  inputipdestination: ({ tunnel_ipv4_in_dstIP }) => tunnel_ipv4_in_dstIP,
  inputipprotocol: ({ tunnel_ipv4_in_IPProtocol }) => tunnel_ipv4_in_IPProtocol,
  inputudpsourceport: ({ tunnel_ipv4_in_UDPSrcPort }) => tunnel_ipv4_in_UDPSrcPort,
  inputudpdestinationport: ({ tunnel_ipv4_in_UDPDstPort }) => vxlanPort(tunnel_ipv4_in_UDPDstPort),
  outputipsource: ({ tunnel_ipv4_out_srcIP }) => tunnel_ipv4_out_srcIP,
  outputipdestination: ({ tunnel_ipv4_out_dstIP }) => tunnel_ipv4_out_dstIP,
  outputudpdestinationport: ({ tunnel_ipv4_out_UDPDstPort }) =>
    vxlanPort(tunnel_ipv4_out_UDPDstPort),
  entitysourceindex: ({ entities_src_index }) => entities_src_index,
  entitydestinationindex: ({ entities_dst_index }) => entities_dst_index,
  tcprtt: ({ tcpinfo_rtt_uS }) => tcpinfo_rtt_uS,
  tcprttmin: ({ tcpinfo_rtt_uS_min }) => tcpinfo_rtt_uS_min,
  tcprttvar: ({ tcpinfo_rtt_uS_var }) => tcpinfo_rtt_uS_var,
  tcpsndmss: ({ tcpinfo_send_mss }) => tcpinfo_send_mss,
  tcprcvmss: ({ tcpinfo_receive_mss }) => tcpinfo_receive_mss,
  tcppmtu: ({ tcpinfo_path_mtu }) => tcpinfo_path_mtu,
  tcpcwnd: ({ tcpinfo_send_congestion_win }) => tcpinfo_send_congestion_win,
  tcplost: ({ tcpinfo_lost_pkts }) => tcpinfo_lost_pkts,
  tcpretrans: ({ tcpinfo_retrans_pkts }) => tcpinfo_retrans_pkts,
  tcpunacked: ({ tcpinfo_unacked_pkts }) => tcpinfo_unacked_pkts,
  tcpreordering: ({ tcpinfo_reordering }) => tcpinfo_reordering,
  tcpdirection: ({ tcpinfo_direction }) => tcpinfo_direction,
  application: ({ application }) => application,
  appoperation: ({ operation }) => operation,
  appattributes: ({ attributes }) => attributes || undefined,
  appstatusdescr: ({ status_descr }) => status_descr || undefined,
  appstatus: ({ status }) => status?.toLowerCase(),
  reqbytes: ({ request_bytes }) => request_bytes,
  respbytes: ({ response_bytes }) => response_bytes,
  duration: ({ duration_uS }) => duration_uS,
  appinitiator: ({ actor_initiator }) => actor_initiator,
  apptarget: ({ actor_target }) => actor_target,
  appparent: ({ server_context_application }) => server_context_application,
  appparentoperation: ({ server_context_operation }) => server_context_operation,
  appparentattributes: ({ server_context_attributes }) => server_context_attributes,
  socketlocal: ({ socket4_local_ip }) => socket4_local_ip,
  socketremote: ({ socket4_remote_ip }) => socket4_remote_ip,
  socketlocal6: ({ socket6_local_ip }) => socket6_local_ip && longIp6(socket6_local_ip),
  socketremote6: ({ socket6_remote_ip }) => socket6_remote_ip && longIp6(socket6_remote_ip),
  socketlocalport: ({ socket4_local_port, socket6_local_port }) =>
    socket4_local_port ?? socket6_local_port,
  socketremoteport: ({ socket4_remote_port, socket6_remote_port }) =>
    socket4_remote_port ?? socket6_remote_port,
  socketprotocol: ({ socket4_ip_protocol, socket6_ip_protocol }) =>
    socket4_ip_protocol ?? socket6_ip_protocol,
}

/** The tool writes all groups; Node's URL knows the short form, independently of ours. */
function longIp6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

/** Open vSwitch swaps the bytes of this port; the keys put them right. */
function vxlanPort(text: string | undefined): string | undefined {
  return text === '46354' ? '4789' : text
}

for (const [name, count] of Object.entries(FLOW_CAPTURES)) {
  test(`${name}: every key of every sample equals the reference decoding`, async t => {
    const readers = Object.entries(EXPECTED).map(
      ([key, expected]) => [key, reader(key), expected] as const,
    )
    const different: string[] = []
    let samples = 0
    let values = 0
    await eachFlowSample(name, (view, reference) => {
      samples += 1
      for (const [key, read, expected] of readers) {
        const wanted = expected(reference) || undefined
        const found = read(view)
        if (wanted !== undefined) values += 1
        if (found !== wanted) different.push(`${samples} ${key}: ${found}, expected ${wanted}`)
      }
    })
    t.is(samples, count)
    t.true(values > count * 5)
    t.deepEqual(different.slice(0, 20), [])
  })
}

test('every key that is compared exists, and an unknown one is named', t => {
  for (const key of Object.keys(EXPECTED))
    t.true(
      FLOW_KEYS.some(({ name }) => name === key),
      key,
    )
  t.throws(() => reader('tcpflag'), { message: /did you mean tcpflags/ })
})

test('ports are named where they are no ifIndex, as in the captures', async t => {
  const [input, output] = [reader('inputifindex'), reader('outputifindex')]
  const seen = new Map<string, number>()
  const count = (word: string) => seen.set(word, (seen.get(word) ?? 0) + 1)
  await eachFlowSample('ovs3-vxlan', (view, { inputPort, outputPort }) => {
    const format = outputPort?.startsWith('multiple') ? 'multiple' : outputPort
    t.is(output(view), format)
    t.is(input(view), inputPort === '0' ? 'unknown' : inputPort)
    count(output(view) as string)
  })
  await eachFlowSample('hsflowd-docker', (view, { outputPort }) => {
    const port = outputPort === '0' ? 'unknown' : outputPort
    t.is(output(view), outputPort === '1073741823' ? 'internal' : port)
    count(output(view) as string)
  })
  t.true((seen.get('multiple') ?? 0) > 0)
  t.true((seen.get('internal') ?? 0) > 0)
})

test('addresses are read in all spellings and refused where they are none', t => {
  t.deepEqual(parseIp6('fe80::1'), [-25165824, 0, 0, 1])
  t.deepEqual(parseIp6('::ffff:10.0.0.1'), [0, 0, 0xffff, 0x0a000001])
  t.deepEqual(parseIp6('1:2:3:4:5:6:7:8'), [0x10002, 0x30004, 0x50006, 0x70008])
  for (const bad of [
    '1:2:3',
    '::1::',
    '1:2:3:4:5:6:7:8:9',
    '10000::',
    '::1.2.3.400',
    ':::',
    '1::2:3:4:5:6:7:8',
  ]) {
    t.is(parseIp6(bad), undefined, bad)
  }
})
