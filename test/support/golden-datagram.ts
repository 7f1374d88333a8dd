/** Samples and datagrams around a record, each word with its remark. */
import type { Structure } from '../../src/structures/define.ts'
import { counterStructureByTag } from '../../src/structures/index.ts'
import { writeStructure } from './golden-values.ts'
import { XdrText } from './xdr.ts'

export interface Recipe {
  /** File name without its ending. */
  readonly name: string
  readonly why: string
  /** The document by its URL or name. */
  readonly spec: string
  build(): XdrText
}

export interface Place {
  readonly sourceClass: number
  readonly sourceIndex: number
  readonly expanded?: boolean
}

export function datagram(samples: readonly XdrText[]): XdrText {
  const text = new XdrText()
    .u32(5, 'version')
    .u32(1, 'agent: IPv4')
    .raw([10, 77, 0, 1], 'agent 10.77.0.1')
    .u32(7, 'sub-agent')
    .u32(4_711, 'sequence')
    .u32(7_200_000, 'uptime: 2 hours')
    .u32(samples.length, 'samples')
  for (const sample of samples) text.add(sample)
  return text
}

export function counterSample(records: readonly XdrText[], place: Place): XdrText {
  const body = new XdrText().u32(93, 'sequence')
  putSource(body, place)
  body.u32(records.length, 'records')
  for (const one of records) body.add(one)
  return new XdrText().framed(0, place.expanded ? 4 : 2, body, 'counter sample')
}

export function flowSample(records: readonly XdrText[], place: Place, output = 22): XdrText {
  const body = new XdrText().u32(94, 'sequence')
  putSource(body, place)
  body.u32(400, 'sampling rate').u32(38_000, 'sample pool').u32(3, 'drops')
  if (place.expanded) {
    body
      .u32(0, 'input: single')
      .u32(21, 'input')
      .u32(output >>> 30, 'output: format')
    body.u32(output & 0x3fffffff, 'output')
  } else {
    body.u32(21, 'input').u32(output, 'output')
  }
  body.u32(records.length, 'records')
  for (const one of records) body.add(one)
  return new XdrText().framed(0, place.expanded ? 3 : 1, body, 'flow sample')
}

export function discardSample(records: readonly XdrText[], reason: number): XdrText {
  const body = new XdrText()
    .u32(95, 'sequence')
    .u32(0, 'source class')
    .u32(21, 'source index')
    .u32(4, 'drops')
    .u32(21, 'input')
    .u32(0, 'output')
    .u32(reason, `reason ${reason}`)
    .u32(records.length, 'records')
  for (const one of records) body.add(one)
  return new XdrText().framed(0, 5, body, 'discard sample')
}

function putSource(body: XdrText, { sourceClass, sourceIndex, expanded }: Place): void {
  if (expanded) body.u32(sourceClass, 'source class').u32(sourceIndex, 'source index')
  else body.u32(sourceClass * 2 ** 24 + sourceIndex, `source ${sourceClass}:${sourceIndex}`)
}

export function record(structure: Structure, body = writeStructure(structure)): XdrText {
  return new XdrText().framed(structure.enterprise, structure.format, body, structure.name)
}

const HOST: Place = { sourceClass: 2, sourceIndex: 1 }
const GUEST: Place = { sourceClass: 3, sourceIndex: 100_077 }

/** A counter record where its subject is told: beside the host's description, in a guest of a host. */
export function counterDatagram(structure: Structure, body?: XdrText): XdrText {
  const own = record(structure, body)
  if (structure.format === 2000 || structure.format === 2001 || structure.format === 2002) {
    return datagram([counterSample([own], HOST)])
  }
  if (structure.subject === 'host')
    return datagram([counterSample([description('lab-1'), own], HOST)])
  if (structure.subject === 'virtual') {
    const parent = record(counterStructureByTag.get(2002) as Structure)
    return datagram([
      counterSample([description('lab-1')], HOST),
      counterSample([description('web-1'), parent, own], GUEST),
    ])
  }
  const expanded = structure.format % 2 === 0
  if (structure.subject === 'interface') {
    return datagram([counterSample([own], { sourceClass: 0, sourceIndex: 21, expanded })])
  }
  return datagram([counterSample([own], { sourceClass: 3, sourceIndex: 150_003, expanded })])
}

function description(hostname: string): XdrText {
  const structure = counterStructureByTag.get(2000) as Structure
  const body = new XdrText()
    .text(hostname, 'hostname')
    .raw([...new TextEncoder().encode(`uuid-of-${hostname}`.padEnd(16, '.'))], 'uuid')
    .u32(3, 'machine_type')
    .u32(2, 'os_name')
    .text('6.1.0-37a', 'os_release')
  return record(structure, body)
}

/** Record 1 around a header. */
export function headerRecord(protocol: number, bytes: readonly number[]): XdrText {
  return new XdrText().framed(0, 1, headerBody(protocol, bytes), 'sampled_header')
}

/** Its body. */
export function headerBody(protocol: number, bytes: readonly number[]): XdrText {
  return new XdrText()
    .u32(protocol, `header_protocol: ${protocol}`)
    .u32(1_480, 'frame_length: 1480')
    .u32(4, 'stripped: 4')
    .opaque(bytes, 'header')
}
