/**
 * The layers that a sampled packet can hold: a small number each (a bit of a mask, a column of the
 * offsets) and the word that the key `stack` shows. Hidden ones mark a field of variable place.
 */
export const LAYER_NAMES = [
  'eth',
  'vlan',
  'llc',
  'mpls',
  'pppoe',
  'arp',
  'ip',
  'ip6',
  'tcp',
  'udp',
  'icmp',
  'icmp6',
  'sctp',
  'gre',
  'nvgre',
  'vxlan',
  'geneve',
  'gtpu',
  'erspan',
  'ibbt',
  'dns',
  'esp',
  'wlan',
  'ppp',
  'gre-key', // hidden: the key word of a GRE header, behind its optional checksum
  'ip6-fragment', // hidden: the fragment header behind an IPv6 header
  'ip6-next', // hidden: the byte that names the protocol behind all IPv6 extension headers
  'ethertype', // hidden: the last type word of an Ethernet header, behind its tags
  'ibbt-aeth', // hidden: the acknowledge header behind a BTH
  'ibbt-reth', // hidden: the RDMA header behind a BTH
] as const

export type LayerName = (typeof LAYER_NAMES)[number]

/** Name → number. */
export const LAYER = Object.fromEntries(
  LAYER_NAMES.map((name, layer) => [name, layer]),
) as Readonly<Record<LayerName, number>>

/** Layers from here on are not part of `stack`. */
export const FIRST_HIDDEN = LAYER['gre-key']

/** A key reads the first, second (`.1`) or third (`.2`) appearance of its layer; deeper ones only count. */
export const DEPTHS = 3

/** More layers than this in one packet are not looked at. */
export const LAYERS_MAX = 24

/** What a layer's reader answers where nothing known follows. */
export const NOTHING = -1
