/** The IP stack of a server: sflow_host_ip.txt, groups of MIB-II (RFC 1213, RFC 2011 to 2013). */
import { counter, defineCounters, gauge, u32 } from './define.ts'

const SPEC = 'sflow_host_ip.txt'
const AGENTS = 'Host sFlow'

export const hostIp = defineCounters({
  name: 'mib2_ip_group',
  format: 2007,
  spec: SPEC,
  subject: 'host',
  about: 'The IP group of MIB-II.',
  agents: AGENTS,
  fields: [
    u32(
      'ipForwarding',
      gauge('sflow_host_ip_forwarding', 'Whether the host forwards packets (1) or not (0).', {
        equals: 1,
        unknown: [0],
      }),
    ),
    u32('ipDefaultTTL', gauge('sflow_host_ip_default_ttl', 'Time to live of packets sent.')),
    ip('ipInReceives', 'receive_packets', 'Packets received, those with errors included.'),
    ip('ipInHdrErrors', 'receive_header_errors', 'Packets discarded for an error in their header.'),
    ip(
      'ipInAddrErrors',
      'receive_address_errors',
      'Packets discarded for their destination address.',
    ),
    ip('ipForwDatagrams', 'forwarded_packets', 'Packets forwarded.'),
    ip('ipInUnknownProtos', 'receive_unknown_protocols', 'Packets discarded for their protocol.'),
    ip('ipInDiscards', 'receive_discards', 'Packets received and discarded without an error.'),
    ip('ipInDelivers', 'delivered_packets', 'Packets delivered to a protocol of the host.'),
    ip('ipOutRequests', 'transmit_packets', 'Packets that the host itself sent.'),
    ip(
      'ipOutDiscards',
      'transmit_discards',
      'Packets discarded instead of sent, without an error.',
    ),
    ip('ipOutNoRoutes', 'transmit_no_routes', 'Packets discarded for want of a route.'),
    u32('ipReasmTimeout', {
      noMetric: 'seconds in the specification, a count of timeouts in Linux: no one meaning',
    }),
    ip('ipReasmReqds', 'reassembly_fragments', 'Fragments received that needed reassembly.'),
    ip('ipReasmOKs', 'reassembled_packets', 'Packets put together from fragments.'),
    ip('ipReasmFails', 'reassembly_failures', 'Reassemblies that failed.'),
    ip('ipFragOKs', 'fragmented_packets', 'Packets cut into fragments.'),
    ip(
      'ipFragFails',
      'fragmentation_failures',
      'Packets that needed fragments and must not have them.',
    ),
    ip('ipFragCreates', 'fragments_created', 'Fragments made.'),
  ],
})

function ip(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_host_ip_${quantity}_total`, help))
}

/** hsflowd fills this group by position from /proc/net/snmp, whose columns have moved since. */
const SHIFTED = 'shifted by the agent on current Linux kernels'

export const hostIcmp = defineCounters({
  name: 'mib2_icmp_group',
  format: 2008,
  spec: SPEC,
  subject: 'host',
  about:
    'The ICMP group of MIB-II. Only the first two numbers are sure to be what they are called.',
  agents: AGENTS,
  fields: [
    u32('icmpInMsgs', counter('sflow_host_icmp_receive_messages_total', 'ICMP messages received.')),
    u32(
      'icmpInErrors',
      counter('sflow_host_icmp_receive_errors_total', 'ICMP messages received with errors.'),
    ),
    shifted('icmpInDestUnreachs'),
    shifted('icmpInTimeExcds'),
    shifted('icmpInParamProbs'),
    shifted('icmpInSrcQuenchs'),
    shifted('icmpInRedirects'),
    shifted('icmpInEchos'),
    shifted('icmpInEchoReps'),
    shifted('icmpInTimestamps'),
    shifted('icmpInAddrMasks'),
    shifted('icmpInAddrMaskReps'),
    shifted('icmpOutMsgs'),
    shifted('icmpOutErrors'),
    shifted('icmpOutDestUnreachs'),
    shifted('icmpOutTimeExcds'),
    shifted('icmpOutParamProbs'),
    shifted('icmpOutSrcQuenchs'),
    shifted('icmpOutRedirects'),
    shifted('icmpOutEchos'),
    shifted('icmpOutEchoReps'),
    shifted('icmpOutTimestamps'),
    shifted('icmpOutTimestampReps'),
    shifted('icmpOutAddrMasks'),
    shifted('icmpOutAddrMaskReps'),
  ],
})

function shifted(name: string) {
  return u32(name, { counter: true, noMetric: SHIFTED })
}

export const hostTcp = defineCounters({
  name: 'mib2_tcp_group',
  format: 2009,
  spec: SPEC,
  subject: 'host',
  about: 'The TCP group of MIB-II.',
  agents: AGENTS,
  fields: [
    u32('tcpRtoAlgorithm', { noMetric: 'a code for the algorithm, the same on every host' }),
    rto('tcpRtoMin', 'min', 'Shortest'),
    rto('tcpRtoMax', 'max', 'Longest'),
    u32(
      'tcpMaxConn',
      gauge('sflow_host_tcp_connections_max', 'Connections that the host can have, if limited.'),
    ),
    tcp('tcpActiveOpens', 'active_opens', 'Connections that the host opened.'),
    tcp('tcpPassiveOpens', 'passive_opens', 'Connections that the host accepted.'),
    tcp('tcpAttemptFails', 'attempt_failures', 'Connections that were never established.'),
    tcp('tcpEstabResets', 'established_resets', 'Established connections that were reset.'),
    u32('tcpCurrEstab', gauge('sflow_host_tcp_connections', 'Connections that are established.')),
    tcp('tcpInSegs', 'receive_segments', 'Segments received, those with errors included.'),
    tcp('tcpOutSegs', 'transmit_segments', 'Segments sent, without retransmitted ones.'),
    tcp('tcpRetransSegs', 'retransmitted_segments', 'Segments sent again.'),
    tcp('tcpInErrs', 'receive_errors', 'Segments received with errors.'),
    tcp('tcpOutRsts', 'transmit_resets', 'Segments sent with the reset flag.'),
    u32(
      'tcpInCsumErrs',
      counter(
        'sflow_host_tcp_receive_checksum_errors_total',
        'Segments received with a wrong checksum.',
      ),
      { tool: 'tcpInCsumErrors' },
    ),
  ],
})

function rto(name: string, which: string, words: string) {
  const help = `${words} retransmission timeout.`
  return u32(
    name,
    gauge(`sflow_host_tcp_retransmission_timeout_${which}_seconds`, help, { divisor: 1_000 }),
    { unit: 'ms' },
  )
}

function tcp(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_host_tcp_${quantity}_total`, help))
}

export const hostUdp = defineCounters({
  name: 'mib2_udp_group',
  format: 2010,
  spec: SPEC,
  subject: 'host',
  about: 'The UDP group of MIB-II.',
  agents: AGENTS,
  fields: [
    udp('udpInDatagrams', 'receive_datagrams', 'Datagrams delivered to programs.'),
    udp('udpNoPorts', 'no_ports', 'Datagrams received that no program listened for.'),
    udp('udpInErrors', 'receive_errors', 'Datagrams not delivered for another reason.'),
    udp('udpOutDatagrams', 'transmit_datagrams', 'Datagrams sent.'),
    udp(
      'udpRcvbufErrors',
      'receive_buffer_errors',
      'Datagrams lost because a receive buffer was full.',
    ),
    udp(
      'udpSndbufErrors',
      'transmit_buffer_errors',
      'Datagrams lost because a send buffer was full.',
    ),
    udp('udpInCsumErrors', 'receive_checksum_errors', 'Datagrams received with a wrong checksum.'),
  ],
})

function udp(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_host_udp_${quantity}_total`, help))
}
