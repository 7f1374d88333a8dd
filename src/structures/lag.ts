/** Link aggregation: one port of a bundle, its state and what the protocol sent. */
import { bytes4, counter, defineCounters, gauge, type Metric, mac, u32 } from './define.ts'

/** Bits of a port's state byte, from the lowest: IEEE 802.1AX, "Actor_State". */
const STATE_BITS = [
  ['active', 'is active rather than passive in the protocol'],
  ['short_timeout', 'uses the short timeout'],
  ['aggregatable', 'may be aggregated'],
  ['synchronized', 'is in the right aggregate'],
  ['collecting', 'takes frames from the link'],
  ['distributing', 'puts frames on the link'],
  ['defaulted', 'uses defaults because the other side is silent'],
  ['expired', 'has not heard the other side in time'],
] as const

/** The operational states are the second and the fourth byte of the word. */
const ACTOR_OPER_BIT = 16
const PARTNER_OPER_BIT = 0

export const lagPort = defineCounters({
  name: 'lag_port_stats',
  format: 7,
  spec: 'sflow_lag.txt',
  subject: 'interface',
  about: 'One port of a link aggregate: partners, protocol state, protocol frames.',
  agents: 'switches, Host sFlow with bonding, Open vSwitch with LACP',
  fields: [
    mac('dot3adAggPortActorSystemID', { tool: 'actorSystemID' }),
    mac('dot3adAggPortPartnerOperSystemID', { tool: 'partnerSystemID' }),
    u32(
      'dot3adAggPortAttachedAggID',
      gauge(
        'sflow_interface_lag_attached_ifindex',
        'Interface index of the aggregate that the port is attached to; 0 if to none.',
      ),
      { tool: 'attachedAggID' },
    ),
    bytes4(
      'dot3adAggPortState',
      ...operState('actor', 'this side', ACTOR_OPER_BIT),
      ...operState('partner', 'the other side', PARTNER_OPER_BIT),
      {
        toolParts: [
          'actorAdminPortState',
          'actorOperPortState',
          'partnerAdminPortState',
          'partnerOperPortState',
        ],
      },
    ),
    pdus('LACPDUsRx', 'receive', 'lacp'),
    pdus('MarkerPDUsRx', 'receive', 'marker'),
    pdus('MarkerResponsePDUsRx', 'receive', 'marker_response'),
    pdus('UnknownRx', 'receive', 'unknown'),
    pdus('IllegalRx', 'receive', 'illegal'),
    pdus('LACPDUsTx', 'transmit', 'lacp'),
    pdus('MarkerPDUsTx', 'transmit', 'marker'),
    pdus('MarkerResponsePDUsTx', 'transmit', 'marker_response'),
  ],
})

function operState(side: string, words: string, lowest: number): Metric[] {
  return STATE_BITS.map(([state, meaning], bit) =>
    gauge(
      `sflow_interface_lag_${side}_${state}`,
      `Whether ${words} of the link ${meaning} (1) or not (0).`.replace(/^./, w => w.toUpperCase()),
      { bit: lowest + bit },
    ),
  )
}

function pdus(name: string, direction: 'receive' | 'transmit', pdu: string) {
  const done = direction === 'receive' ? 'received' : 'transmitted'
  return u32(
    `dot3adAggPortStats${name}`,
    counter(`sflow_interface_lag_${direction}_pdus_total`, `Protocol frames ${done}, by kind.`, {
      labels: { pdu },
    }),
    { tool: name.replace(/^Marker/, 'marker').replace(/^(Unknown|Illegal)/, w => w.toLowerCase()) },
  )
}
