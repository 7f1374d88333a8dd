/**
 * Values for a structure's fields that tell them apart: every number differs, texts are no multiple
 * of four long, one counter is all ones. Where a field only takes certain values, it has one here.
 */
import type { Field, Structure } from '../../src/structures/define.ts'
import { XdrText } from './xdr.ts'

const ALL_ONES = 0xffffffff

const CHOSEN: Readonly<Record<string, number>> = {
  'if_counters.ifType': 6,
  'if_counters.ifDirection': 1,
  'if_counters.ifStatus': 3,
  'if_counters.ifPromiscuousMode': 0,
  'lag_port_stats.dot3adAggPortState': 0x053d073f,
  'host_descr.machine_type': 3,
  'host_descr.os_name': 2,
  'host_parent.container_type': 2,
  'host_parent.container_index': 1,
  'mib2_ip_group.ipForwarding': 1,
  'virt_cpu.state': 3,
  'memcached_counters.accepting_conns': 1,
  'energy.power_factor': 9_875,
  'temperature.minimum': -35,
  'temperature.maximum': 712,
  'humidity.relative': 47,
  'sfp.module_temperature': 31_250,
  'extended_tcp_info.dir': 2,
  'app_operation.status': 9,
  'sampled_ipv4.protocol': 6,
  'sampled_ipv6.protocol': 17,
  'extended_ipv4_tunnel_egress.protocol': 17,
  'extended_ipv4_tunnel_ingress.protocol': 6,
  'extended_ipv6_tunnel_egress.protocol': 1,
  'extended_ipv6_tunnel_ingress.protocol': 6,
}

export interface FieldValue {
  readonly field: Field
  readonly value: number
}

/** One number for each numeric field, by place; the last but one of several counters is all ones. */
export function goldenNumbers(structure: Structure, fields: readonly Field[], from = 0): number[] {
  const counters = fields.filter(field => field.counter && field.kind === 'u32')
  const unavailable = counters.length > 2 ? counters.at(-2) : undefined
  return fields.map((field, index) => {
    if (field === unavailable) return ALL_ONES
    return CHOSEN[`${structure.name}.${field.name}`] ?? 1_009 * (from + index + 1) + 7
  })
}

/** Writes one field. `number` tells it from its siblings. */
export function writeField(text: XdrText, field: Field, number: number): void {
  const { name } = field
  switch (field.kind) {
    case 'u32':
    case 'i32':
    case 'bytes4':
      text.u32(number, number === ALL_ONES ? `${name}: not available` : `${name}: ${number}`)
      return
    case 'u64': {
      const value = (BigInt(number) << 32n) + BigInt(number + 1)
      text.u64(value, `${name}: ${value}`)
      return
    }
    case 'f32':
      text.f32(number / 1_024, `${name}: ${number / 1_024}`)
      return
    case 'mac':
      text.raw(bytesOf(number, 6), name)
      return
    case 'uuid':
    case 'ipv6':
      text.raw(bytesOf(number, 16), name)
      return
    case 'ipv4':
      text.raw(bytesOf(number, 4), name)
      return
    case 'address':
      text.u32(1, `${name}: IPv4`).raw(bytesOf(number, 4), name)
      return
    case 'text':
      text.text(goldenText(name, number), name)
      return
    case 'opaque':
      text.opaque(bytesOf(number, 5), name)
      return
    case 'u32list':
      text.list([number, number + 1, number + 2], name)
      return
    case 'maclist':
      text
        .u32(2, `${name}: count`)
        .raw(bytesOf(number, 6), name)
        .raw(bytesOf(number + 1, 6), name)
      return
    case 'aspath':
      text.u32(2, `${name}: segments`).u32(2, 'a sequence').list([64_501, 64_502], 'system')
      text.u32(1, 'a set').list([64_511, 64_512, 64_513], 'system')
      return
    case 'rest':
      throw new Error(`${name} has a writer of its own`)
  }
}

/** Short enough for every limit, and no multiple of four long. */
export function goldenText(name: string, number: number): string {
  const text = `${name.slice(0, 9)}-${number}`
  return text.length % 4 === 0 ? `${text}x` : text
}

function bytesOf(number: number, count: number): number[] {
  return Array.from({ length: count }, (_, byte) => (number * 7 + byte * 13 + 2) & 255)
}

/** The body of a record as declared, its group with two elements. */
export function writeStructure(structure: Structure, into = new XdrText()): XdrText {
  const numbers = goldenNumbers(structure, structure.fields)
  const { group } = structure
  structure.fields.forEach((field, index) => {
    const counts = group !== undefined && field.name === group.countField
    if (counts) into.u32(2, `${field.name}: 2`)
    else writeField(into, field, numbers[index] as number)
  })
  if (group === undefined) return into
  if (group.columnwise) {
    const values = goldenNumbers(structure, group.fields, structure.fields.length)
    for (const [index, field] of group.fields.entries()) {
      const first = values[index] as number
      into.list([first, first + 11, first + 22].slice(0, 3 - index), field.name)
    }
    return into
  }
  const elements = group.countField === undefined ? 1 : 2
  for (let element = 0; element < elements; element++) {
    const from = structure.fields.length + element * group.fields.length
    const values = goldenNumbers(structure, group.fields, from)
    group.fields.forEach((field, index) => {
      const key = field.name === group.keyField
      writeField(into, field, key ? element + 1 : (values[index] as number))
    })
  }
  return into
}
