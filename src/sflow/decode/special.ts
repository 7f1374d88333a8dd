/**
 * Records whose keys depend on their values, so that no declaration says them: headers as fields
 * (2 to 4 and the tunnels), adaptors, optical lanes, encrypted payloads.
 */
import type { Cursor } from './cursor.ts'
import { decodeHeader, type HeaderState } from './header.ts'
import { Fields, type Json, type JsonObject } from './json.ts'
import { hex, ipv4Text, ipv6Text } from './numbers.ts'

export type Reader = (cursor: Cursor, out: Fields, state: HeaderState) => void

const ICMP = 1
const TCP = 6
const UDP = 17

const ETHERNET_RECORD_BYTES = 24
/** The same with addresses of 6 bytes each, without padding. */
const ETHERNET_PACKED_BYTES = 20
const IPV4_RECORD_BYTES = 32
const IPV6_RECORD_BYTES = 56

/** Adaptors and addresses that are read; real hosts have some ten. */
const ADAPTERS_MAX = 256
const LANES_MAX = 16
const LANE_BYTES = 40

export const FLOW_READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [1, decodeHeader],
  [2, ethernet('')],
  [3, ipv4('')],
  [4, ipv6('')],
  [1013, payload],
  [1021, ethernet('tunnel_l2_out_')],
  [1022, ethernet('tunnel_l2_in_')],
  [1023, ipv4('tunnel_ipv4_out_')],
  [1024, ipv4('tunnel_ipv4_in_')],
  [1025, ipv6('tunnel_ipv6_out_')],
  [1026, ipv6('tunnel_ipv6_in_')],
])

export const COUNTER_READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [10, optics],
  [2001, adapters],
])

function ethernet(prefix: string): Reader {
  return (cursor, out) => {
    const padding = isPackedEthernet(cursor) ? 0 : 2
    const start = cursor.take(padding === 0 ? ETHERNET_PACKED_BYTES : ETHERNET_RECORD_BYTES)
    if (start < 0) return
    const { view } = cursor
    out.put('flowSampleType', `${prefix}ETHERNET`)
    const inner = out.under(prefix)
    inner.put('ethernet_type', view.getUint32(start + 16 + 2 * padding))
    inner.put('ethernet_len', view.getUint32(start))
    inner.put('ethernet_src', hex(view, start + 4, 6))
    inner.put('ethernet_dst', hex(view, start + 10 + padding, 6))
  }
}

/** Huawei announces 20 bytes. The type in the last word proves that it means them: it has 16 bits. */
function isPackedEthernet({ view, at, left }: Cursor): boolean {
  return left === ETHERNET_PACKED_BYTES && view.getUint16(at + 16) === 0
}

function ipv4(prefix: string): Reader {
  return (cursor, out) => {
    const start = cursor.take(IPV4_RECORD_BYTES)
    if (start < 0) return
    const { view } = cursor
    out.put('flowSampleType', `${prefix}IPV4`)
    const inner = out.under(prefix)
    putSizes(view, start, inner)
    inner.put('srcIP', ipv4Text(view, start + 8))
    inner.put('dstIP', ipv4Text(view, start + 12))
    inner.put('IPProtocol', view.getUint32(start + 4))
    inner.put('IPTOS', view.getUint32(start + 28))
    putPorts(view, start + 16, view.getUint32(start + 4), inner)
  }
}

function ipv6(prefix: string): Reader {
  return (cursor, out) => {
    const start = cursor.take(IPV6_RECORD_BYTES)
    if (start < 0) return
    const { view } = cursor
    out.put('flowSampleType', `${prefix}IPV6`)
    const inner = out.under(prefix)
    putSizes(view, start, inner)
    inner.put('srcIP6', ipv6Text(view, start + 8))
    inner.put('dstIP6', ipv6Text(view, start + 24))
    inner.put('IPProtocol', view.getUint32(start + 4))
    inner.put('priority', view.getUint32(start + 52))
    putPorts(view, start + 40, view.getUint32(start + 4), inner)
  }
}

function putSizes(view: DataView, start: number, out: Fields): void {
  out.put('sampledPacketSize', view.getUint32(start))
  out.put('IPSize', view.getUint32(start))
}

/** Source port, destination port, flags at `at`. Of ICMP the second is shown as its type. */
function putPorts(view: DataView, at: number, protocol: number, out: Fields): void {
  if (protocol === ICMP) out.put('ICMPType', view.getUint32(at + 4))
  if (protocol !== TCP && protocol !== UDP) return
  const name = protocol === TCP ? 'TCP' : 'UDP'
  out.put(`${name}SrcPort`, view.getUint32(at))
  out.put(`${name}DstPort`, view.getUint32(at + 4))
  if (protocol === TCP) out.put('TCPFlags', view.getUint32(at + 8))
}

/** The specification has bytes behind the cipher, the reference program a whole record 1: the length tells. */
function payload(cursor: Cursor, out: Fields, state: HeaderState): void {
  out.put('cipher_suite', cursor.u32())
  const { view, at } = cursor
  const asHeader = cursor.left >= 16 && 16 + view.getUint32(at + 12) <= cursor.left
  if (asHeader) {
    decodeHeader(cursor, out, state)
    return
  }
  const length = cursor.u32()
  const start = cursor.take(length)
  if (start >= 0) out.put('data', hex(view, start, Math.min(length, 682), '-').toUpperCase())
}

function adapters(cursor: Cursor, out: Fields): void {
  const count = Math.min(cursor.count(8), ADAPTERS_MAX)
  const list: Json[] = []
  for (let index = 0; index < count && !cursor.short; index++) {
    const adapter: JsonObject = {}
    const fields = new Fields(adapter)
    fields.put('ifIndex', cursor.u32())
    const macs = cursor.count(8)
    fields.put('MACs', macs)
    const addresses: string[] = []
    for (let each = 0; each < macs; each++) {
      addresses.push(hex(cursor.view, cursor.take(6), 6))
    }
    fields.put('mac_list', addresses)
    list.push(adapter)
  }
  out.put('adaptor_list', list)
}

/** As they are called there, with the "%u" that it never fills in. */
const LANE_KEYS = [
  'index',
  'tx_bias_current_uA',
  'tx_power_uW.%u',
  'tx_power_min_uW.%u',
  'tx_power_max_uW.%u',
  'tx_wavelength_nM.%u',
  'rx_power_uW.%u',
  'rx_power_min_uW.%u',
  'rx_power_max_uW.%u',
  'rx_wavelength_nM.%u',
] as const

function optics(cursor: Cursor, out: Fields): void {
  out.put('sfp_module_id', cursor.u32())
  out.put('sfp_module_total_lanes', cursor.u32())
  out.put('sfp_module_supply_voltage', cursor.u32())
  out.put('sfp_module_temperature', cursor.u32())
  const lanes = cursor.count(LANE_BYTES)
  out.put('sfp_module_active_lanes', lanes)
  const list: Json[] = []
  for (let lane = 0; lane < Math.min(lanes, LANES_MAX); lane++) {
    const fields = new Fields({})
    for (const key of LANE_KEYS) {
      const value = cursor.u32()
      fields.put(key, value)
      fields.put(`sfp_lane_${key}.${lane}`, value)
    }
    list.push(fields.object)
  }
  out.put('sfp_lanes', list)
}
