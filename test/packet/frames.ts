// Frames for tests, as hexadecimal digits: layers that can be put one behind the other. Values differ
// in every field, so that a swap shows.

const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0')

export const eth = (type: number) => `0a0b0c0d0e0f 1a1b1c1d1e1f ${hex(type, 2)}`
export const innerEth = (type: number) => `2a2b2c2d2e2f 3a3b3c3d3e3f ${hex(type, 2)}`
export const vlan = (tci: number, type: number) => `${hex(tci, 2)} ${hex(type, 2)}`

/** An IPv4 header before `payload`; DSCP 46, ECN 1. */
export function ip(
  protocol: number,
  payload: string,
  options: { fragment?: number; at?: number } = {},
): string {
  const bytes = payload.replace(/\s/g, '').length / 2
  const source = options.at ?? 0x0a010203
  return [
    '45 b9',
    hex(20 + bytes, 2),
    '1234',
    hex(options.fragment ?? 0x4000, 2),
    '3f',
    hex(protocol, 1),
    '0000',
    hex(source, 4),
    hex(source + 0x01010101, 4),
    payload,
  ].join(' ')
}

/** An IPv6 header; traffic class 0xb9, flow label 0x54a53. */
export function ip6(next: number, payload: string): string {
  const bytes = payload.replace(/\s/g, '').length / 2
  return [
    '6b954a53',
    hex(bytes, 2),
    hex(next, 1),
    '3e',
    '20010db8000000000000000000000001',
    '20010db8000000000000000000000002',
    payload,
  ].join(' ')
}

export const tcp = 'c350 01bb 01020304 05060708 5012 1000 0000 0000'
export function udp(source: number, destination: number, payload = ''): string {
  const bytes = 8 + payload.replace(/\s/g, '').length / 2
  return `${hex(source, 2)} ${hex(destination, 2)} ${hex(bytes, 2)} 0000 ${payload}`
}
export const icmp = (type: number, code: number, rest: string) =>
  `${hex(type, 1)} ${hex(code, 1)} 0000 ${rest}`
export const vxlan = (vni: number) => `08000000 ${hex(vni, 3)}00`
export const geneve = (vni: number, type: number, options = '') =>
  `${hex(options.replace(/\s/g, '').length / 8, 1)}00 ${hex(type, 2)} ${hex(vni, 3)}00 ${options}`
export const mpls = (label: number, last: boolean) =>
  `${hex((label << 4) | (5 << 1) | (last ? 1 : 0), 3)}40`
