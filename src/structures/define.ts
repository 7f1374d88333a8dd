/**
 * What an sFlow structure is: one declaration with its fields in wire order, and for each field the
 * metric that it feeds, or none. Columns of the reader, metric families, the JSON of `decode`, the
 * reference page and derived tests all come from it. A faulty declaration throws at start-up.
 */

/** Wire kinds. Numbers become one column of a row each; texts and opaques become one text each. */
export type Kind =
  | 'u32'
  | 'i32'
  | 'u64'
  | 'f32'
  | 'mac' // 6 bytes and 2 of padding
  | 'uuid' // 16 bytes
  | 'ipv4' // 4 bytes
  | 'ipv6' // 16 bytes
  | 'bytes4' // four single bytes in one word
  | 'address' // u32 type, then 4 or 16 bytes
  | 'text' // u32 length, bytes, padding to 4
  | 'opaque' // as text, but bytes
  | 'u32list' // u32 count, then words
  | 'maclist' // u32 count, then MAC addresses of 6 bytes and 2 of padding
  | 'aspath' // u32 count, then segments: u32 type, u32 count, words
  | 'rest' // whatever a hand-written reader makes of it

/** How many bytes a kind takes; 0 where the wire says it. */
export const KIND_BYTES: Readonly<Record<Kind, number>> = {
  u32: 4,
  i32: 4,
  u64: 8,
  f32: 4,
  mac: 8,
  uuid: 16,
  ipv4: 4,
  ipv6: 16,
  bytes4: 4,
  address: 0,
  text: 0,
  opaque: 0,
  u32list: 0,
  maclist: 0,
  aspath: 0,
  rest: 0,
}

export interface Metric {
  /** Whole, so that `grep` leads from a dashboard to the declaration. */
  readonly name: string
  readonly type: 'counter' | 'gauge'
  /** A sentence with a full stop. */
  readonly help: string
  /** Labels that tell this field's series from its siblings in one family: `{ cast: 'unicast' }`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Base units by division: milliseconds to seconds is 1000. */
  readonly divisor?: number
  /** For units smaller than the base one, such as a word count: multiplied at the scrape. */
  readonly factor?: number
  /** One bit of the word, as 1 or 0. */
  readonly bit?: number
  /** One series for each state, 1 for the present one: `state` label's values by number. */
  readonly states?: readonly string[]
  /** 1 where the value is this number, else 0. */
  readonly equals?: number
  /** Numbers that mean "unknown" beside all-ones: no reading. */
  readonly unknown?: readonly number[]
  /** The largest number that can be true: above it something went below 0 on its way here. */
  readonly max?: number
}

/** How `sflowtool -j` writes a value that it does not write as a decimal number or as text. */
export type ToolFormat =
  | 'hex16' // 000000000000001f
  | 'percent' // hundredths as 12.34
  | 'mpls' // labels as 16.0.1.255, joined by -
  | 'vlans' // layers as 0x81003.0.100, joined by -
  | 'always' // a text, even when it is empty
  | 'url' // as in a query: blanks as +
  | 'status' // the word of an application status
  | 'direction' // of a packet: received, sent

export interface Field {
  /** The specification's own spelling. */
  readonly name: string
  readonly kind: Kind
  /** What one unit of the wire value is, for the reference page: `ms`, `bit/s`, `1/100 %`. */
  readonly unit?: string
  /** The longest text that is kept, in bytes; a longer one is cut, its padding still skipped. */
  readonly textMax?: number
  readonly metrics: readonly Metric[]
  /** The key that `sflowtool -j` prints; absent: the same as `name`; false: it prints nothing. */
  readonly tool?: string | false
  /** Absent: as a decimal number, or as the text is. */
  readonly toolFormat?: ToolFormat
  /** `bytes4`: the four keys that `sflowtool -j` prints. */
  readonly toolParts?: readonly string[]
  /** Why a number feeds no metric. Said for every one that does not. */
  readonly noMetric?: string
  /** A 32-bit cumulative count: widened past 2^32. True wherever a counter metric hangs on a u32. */
  readonly counter: boolean
}

/** Whose numbers these are, and so which labels their series carry. */
export type Subject =
  | 'interface' // agent, ifindex, ifname
  | 'host' // agent, host
  | 'virtual' // container, vm or jvm: names begin with sflow_container_, and are derived for the others
  | 'source' // anything else: agent, source="CLASS:INDEX"

/** Elements that repeat inside a structure, such as optical lanes: rows of their own. */
export interface Group {
  /** Label that tells the elements apart, and its value: a field of the element, or its position. */
  readonly label: string
  readonly keyField?: string
  /**
   * Field of the structure that counts them; it must be the last before the elements. Absent: one
   * element is the record, and a sample holds several records (one for each queue of a port).
   */
  readonly countField?: string
  /** The elements lie column by column: each field is a list of words with a count of its own. */
  readonly columnwise?: boolean
  readonly elementsMax: number
  readonly fields: readonly Field[]
}

export interface Structure {
  readonly name: string
  readonly enterprise: number
  readonly format: number
  /** enterprise * 4096 + format: the word on the wire. */
  readonly tag: number
  /** `enterprise:format`. */
  readonly label: string
  readonly of: 'counter' | 'flow'
  /** The published document, by file name or URL. */
  readonly spec: string
  readonly subject: Subject
  /** A sentence: what it tells, and who sends it. */
  readonly about: string
  readonly agents: string
  readonly fields: readonly Field[]
  /** The shortest record that is accepted. Fields beyond it are optional tails. */
  readonly lengthMin: number
  readonly group?: Group
  /** What `sflowtool -j` prints before the fields. */
  readonly toolHead?: Readonly<Record<string, string>>
  /** Stands before the keys of the fields. */
  readonly toolPrefix?: string
  /** `sflowtool` does not read it: `decode` prints the names of the specification. */
  readonly toolUnknown?: boolean
  /** Another layout under the same tag, for records of its `lengthMin` or more. */
  readonly longer?: Structure
  /** Position in the list of its kind: a small number for arrays. Set by `index.ts`. */
  readonly id: number
}

export interface FieldOptions {
  readonly unit?: string
  readonly textMax?: number
  readonly tool?: string | false
  readonly toolFormat?: ToolFormat
  readonly toolParts?: readonly string[]
  readonly noMetric?: string
  /** For a cumulative count that has no metric of its own. */
  readonly counter?: boolean
}

function field(
  kind: Kind,
  name: string,
  metrics: readonly Metric[],
  options: FieldOptions = {},
): Field {
  const counter = options.counter ?? metrics.some(metric => metric.type === 'counter')
  return { ...options, name, kind, metrics, counter }
}

type MetricsThenOptions = readonly (Metric | FieldOptions)[]

/** `u32('ifInErrors', counter(...), { unit: 'packets' })`: metrics first, options last, both optional. */
function maker(kind: Kind) {
  return (name: string, ...rest: MetricsThenOptions): Field => {
    const metrics = rest.filter((one): one is Metric => 'help' in one)
    const options = rest.find((one): one is FieldOptions => !('help' in one))
    return field(kind, name, metrics, options)
  }
}

export const u32 = maker('u32')
export const i32 = maker('i32')
export const u64 = maker('u64')
export const f32 = maker('f32')
export const mac = maker('mac')
export const uuid = maker('uuid')
export const ipv4 = maker('ipv4')
export const ipv6 = maker('ipv6')
export const bytes4 = maker('bytes4')
export const address = maker('address')
export const text = maker('text')
export const opaque = maker('opaque')
export const u32list = maker('u32list')
export const maclist = maker('maclist')
export const aspath = maker('aspath')
export const rest = maker('rest')

type MetricOptions = Omit<Metric, 'name' | 'type' | 'help'>

export function counter(name: string, help: string, options: MetricOptions = {}): Metric {
  return { ...options, name, type: 'counter', help }
}

export function gauge(name: string, help: string, options: MetricOptions = {}): Metric {
  return { ...options, name, type: 'gauge', help }
}

export interface StructureDeclaration {
  readonly name: string
  readonly enterprise?: number
  readonly format: number
  readonly spec: string
  readonly subject?: Subject
  readonly about: string
  /** Who sends it, in a few words; `none seen` where only the specification knows it. */
  readonly agents: string
  readonly fields: readonly Field[]
  readonly group?: Group
  readonly toolHead?: Readonly<Record<string, string>>
  /** Stands before the keys of the fields. */
  readonly toolPrefix?: string
  readonly toolUnknown?: boolean
  /** Needed where the last fields came later (a shorter record is whole without them), or where lengths vary. */
  readonly lengthMin?: number
}

/** A counter structure. Throws, naming structure, field and rule, if the declaration breaks one. */
export function defineCounters(declaration: StructureDeclaration): Omit<Structure, 'id'> {
  return define('counter', declaration)
}

/** A flow record. It feeds flow keys, not metrics of its own. */
export function defineFlowRecord(declaration: StructureDeclaration): Omit<Structure, 'id'> {
  return define('flow', declaration)
}

function define(of: 'counter' | 'flow', given: StructureDeclaration): Omit<Structure, 'id'> {
  const enterprise = given.enterprise ?? 0
  const fixed = given.fields.reduce((sum, one) => sum + (KIND_BYTES[one.kind] || 4), 0)
  const structure = {
    ...given,
    enterprise,
    of,
    tag: enterprise * 4096 + given.format,
    label: `${enterprise}:${given.format}`,
    subject: given.subject ?? 'source',
    lengthMin: given.lengthMin ?? fixed,
  }
  checkNames(structure.name, [...given.fields, ...(given.group?.fields ?? [])])
  return structure
}

const NUMBERS: ReadonlySet<Kind> = new Set(['u32', 'i32', 'u64', 'f32', 'bytes4'])

function checkNames(structure: string, fields: readonly Field[]): void {
  const seen = new Set<string>()
  for (const one of fields) {
    const place = `${structure}.${one.name}`
    if (seen.has(one.name)) throw new Error(`${place}: the name stands twice`)
    seen.add(one.name)
    for (const metric of one.metrics) checkMetric(`${place}: ${metric.name}`, one, metric)
  }
}

function checkMetric(place: string, one: Field, metric: Metric): void {
  if (!/^sflow_[a-z0-9_]+$/.test(metric.name))
    throw new Error(`${place}: sflow_ and [a-z0-9_] only`)
  if (metric.name.endsWith('_total') !== (metric.type === 'counter')) {
    throw new Error(`${place}: _total is for counters, and for all of them`)
  }
  if (!/^[A-Z0-9].*\.$/.test(metric.help)) throw new Error(`${place}: help is a sentence`)
  if (!NUMBERS.has(one.kind)) {
    throw new Error(`${place}: only numbers feed metrics`)
  }
  if (metric.divisor !== undefined && metric.factor !== undefined) {
    throw new Error(`${place}: divisor or factor, not both`)
  }
}
