/** The MIB-II groups of a simulated host, from the packets of its network card. */
import { MIB2_ICMP, MIB2_IP, MIB2_TCP, MIB2_UDP } from './host-layouts.ts'
import { type RecordData, record } from './layout.ts'

export interface HostTraffic {
  /** Packets since the simulation began. */
  readonly received: number
  readonly sent: number
  /** Of those received, lost because no program read them in time. */
  readonly lost: number
  /** How busy the network is, 0 to 1. */
  readonly load: number
}

export function protocolRecords({ received, sent, lost, load }: HostTraffic): RecordData[] {
  const tcp = Math.floor(received * 0.85)
  const opens = Math.floor(received / 900)
  return [
    record(MIB2_IP, {
      ...zeros(MIB2_IP),
      forwarding: 1,
      defaultTtl: 64,
      inReceives: received,
      inDelivers: received,
      outRequests: sent,
    }),
    record(MIB2_ICMP, {
      ...zeros(MIB2_ICMP),
      inMessages: Math.floor(received / 10_000),
      outMessages: Math.floor(sent / 10_000),
    }),
    record(MIB2_TCP, {
      ...zeros(MIB2_TCP),
      rtoAlgorithm: 1,
      rtoMin: 200,
      rtoMax: 120_000,
      maxConnections: 0xffffffff,
      activeOpens: opens,
      passiveOpens: opens * 2,
      currentlyEstablished: 40 + Math.floor(60 * load),
      inSegments: tcp,
      outSegments: Math.floor(sent * 0.85),
      retransmittedSegments: Math.floor(sent / 4_000) + lost,
    }),
    record(MIB2_UDP, {
      ...zeros(MIB2_UDP),
      inDatagrams: received - tcp,
      inErrors: Math.floor(lost / 3),
      outDatagrams: Math.floor(sent * 0.15),
      receiveBufferErrors: Math.floor(lost / 3),
    }),
  ]
}

function zeros<F extends Readonly<Record<string, 'u32'>>>(of: { readonly fields: F }) {
  return Object.fromEntries(Object.keys(of.fields).map(name => [name, 0])) as {
    [N in keyof F]: number
  }
}
