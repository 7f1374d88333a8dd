/**
 * The layers that a sampled packet can hold: a small number each (a bit of a mask, a column of the
 * offsets) and the word that the key `stack` shows. Hidden ones mark a field of variable place. A
 * literal, so that the engine takes the numbers for constants: made from a list, each use of one in
 * the hot path was a look-up by its name.
 */
export const LAYER = {
  eth: 0,
  vlan: 1,
  llc: 2,
  mpls: 3,
  pppoe: 4,
  arp: 5,
  ip: 6,
  ip6: 7,
  tcp: 8,
  udp: 9,
  icmp: 10,
  icmp6: 11,
  sctp: 12,
  gre: 13,
  nvgre: 14,
  vxlan: 15,
  geneve: 16,
  gtpu: 17,
  erspan: 18,
  ibbt: 19,
  dns: 20,
  esp: 21,
  wlan: 22,
  ppp: 23,
  'gre-key': 24, // hidden: the key word of a GRE header, behind its optional checksum
  'ip6-fragment': 25, // hidden: the fragment header behind an IPv6 header
  'ip6-next': 26, // hidden: the byte that names the protocol behind all IPv6 extension headers
  ethertype: 27, // hidden: the last type word of an Ethernet header, behind its tags
  'ibbt-aeth': 28, // hidden: the acknowledge header behind a BTH
  'ibbt-reth': 29, // hidden: the RDMA header behind a BTH
  'ip-fragment': 30, // hidden: an IPv4 header again, if it is that of a fragment
} as const

export type LayerName = keyof typeof LAYER

/** Number → name. */
export const LAYER_NAMES = Object.keys(LAYER) as readonly LayerName[]

/** Layers from here on are not part of `stack`. */
export const FIRST_HIDDEN = LAYER['gre-key']

/** A key reads the first, second (`.1`) or third (`.2`) appearance of its layer; deeper ones only count. */
export const DEPTHS = 3

/** More layers than this in one packet are not looked at. */
export const LAYERS_MAX = 24

/** What a layer's reader answers where nothing known follows. */
export const NOTHING = -1
