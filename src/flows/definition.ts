/**
 * A flow definition as people write it (the configuration, `/api/v1/flows`, scripts for sFlow-RT)
 * becomes one that is checked and complete. Unknown attributes are faults: a misspelt `filter` must
 * not count everything.
 */
import type { DefinitionFault, FlowDefinition } from './compiled.ts'
import { Fault, nearest } from './functions/fault.ts'
import { type Node, parseExpression, parseKeyList } from './functions/parse.ts'

export const KEYS_MAX = 16
export const VALUES_MAX = 8

/** sFlow-RT's own defaults for `t` and `n`; the others bound what one definition can cost Prometheus. */
export const DEFINITION_DEFAULTS = {
  value: 'bytes',
  t: 2,
  n: 5,
  by: 'agent',
  ports: 'all',
  max: 1000,
  budget: 2000,
} as const

export const BY = ['interface', 'agent', 'all'] as const
export const PORTS = ['all', 'edge', 'core'] as const

/** Least and most of the numeric attributes. */
export const DEFINITION_RANGES = {
  t: [0.1, 600],
  n: [1, 1000],
  max: [1, 100_000],
  budget: [1, 1_000_000],
} as const

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/
const ATTRIBUTES = [
  'name',
  'keys',
  'value',
  'values',
  'filter',
  't',
  'n',
  'by',
  'dropped',
  'ports',
  'max',
  'budget',
  'series',
  'labels',
]

/** A definition, and its keys as they were parsed. */
export interface ReadDefinition {
  readonly definition: FlowDefinition
  readonly keys: readonly KeyNode[]
}

export interface KeyNode {
  readonly node: Node
  /** The key as it is written. */
  readonly key: string
  /** What the positions of the node count in: the key, or the comma text that it is a part of. */
  readonly text: string
}

/** Carries the attribute that a fault is about. */
export class AttributeFault extends Error {
  readonly fault: DefinitionFault

  constructor(attribute: string, text: string, position: number, message: string) {
    super(message)
    this.fault = { attribute, text, position, message }
  }
}

/** Runs `read`, and tells of which attribute and text its Fault is. */
export function within<T>(attribute: string, text: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new AttributeFault(attribute, text, Math.min(error.position, text.length), error.message)
  }
}

/** Checks everything but what the words of keys, values and filter mean. Throws an AttributeFault. */
export function readDefinition(given: unknown): ReadDefinition {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AttributeFault('', String(given).slice(0, 80), 0, 'expected an object')
  }
  const attributes = new Map(Object.entries(given))
  for (const name of attributes.keys()) {
    if (ATTRIBUTES.includes(name)) continue
    const near = nearest(name, ATTRIBUTES)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw new AttributeFault(name, name, 0, `there is no such attribute${hint}`)
  }
  const keys = readKeys(attributes.get('keys'))
  const definition = {
    name: readName(attributes.get('name')),
    keys: keys.map(({ key }) => key),
    value: readText('value', attributes.get('value'), DEFINITION_DEFAULTS.value),
    values: readTexts('values', attributes.get('values')),
    filter: readText('filter', attributes.get('filter'), '').trim(),
    t: readNumber('t', attributes.get('t')),
    n: readWhole('n', attributes.get('n')),
    by: readChoice('by', attributes.get('by'), BY, DEFINITION_DEFAULTS.by),
    dropped: readFlag('dropped', attributes.get('dropped'), false),
    ports: readChoice('ports', attributes.get('ports'), PORTS, DEFINITION_DEFAULTS.ports),
    max: readWhole('max', attributes.get('max')),
    budget: readWhole('budget', attributes.get('budget')),
    series: readFlag('series', attributes.get('series'), true),
    labels: readLabels(
      attributes.get('labels'),
      keys.map(({ key }) => key),
    ),
  }
  return { definition, keys }
}

function refuse(attribute: string, value: unknown, message: string): never {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  throw new AttributeFault(attribute, text.slice(0, 200), 0, message)
}

function readName(value: unknown): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  return refuse('name', value, 'expected a name of 1 to 64 letters, digits, _ and -')
}

/** Keys with their trees. The comma text of sFlow-RT is cut at its commas outside brackets. */
export function readKeys(value: unknown): KeyNode[] {
  if (value === undefined || value === '') return []
  if (typeof value === 'string') {
    const nodes = within('keys', value, () => parseKeyList(value))
    if (nodes.length > KEYS_MAX) refuse('keys', value, `more than ${KEYS_MAX} keys`)
    return nodes.map((node, index) => {
      const next = nodes[index + 1]
      const end = next === undefined ? value.length : value.lastIndexOf(',', next.position)
      return { node, key: value.slice(node.position, end).trim(), text: value }
    })
  }
  return readTexts('keys', value, KEYS_MAX).map(text => {
    const node = within('keys', text, () => parseWhole(text))
    return { node, key: text.trim(), text }
  })
}

/** One key or function that takes up the whole text. */
function parseWhole(text: string): Node {
  const { node, end } = parseExpression(text, 0, ',')
  if (end < text.length) throw new Fault(end, 'expected one key; write several as a list')
  return node
}

function readText(attribute: string, value: unknown, fallback: string): string {
  if (value === undefined || value === null) return fallback
  return typeof value === 'string' ? value : refuse(attribute, value, 'expected a text')
}

function readTexts(attribute: string, value: unknown, most = VALUES_MAX): readonly string[] {
  if (value === undefined || value === '') return []
  const list = typeof value === 'string' ? value.split(',').map(text => text.trim()) : value
  if (!Array.isArray(list) || !list.every(one => typeof one === 'string')) {
    return refuse(attribute, value, 'expected texts: a list, or one text with commas')
  }
  if (list.length > most) return refuse(attribute, value, `more than ${most} entries`)
  return list
}

function readNumber(attribute: keyof typeof DEFINITION_RANGES, value: unknown): number {
  if (value === undefined) return DEFINITION_DEFAULTS[attribute]
  const [least, most] = DEFINITION_RANGES[attribute]
  if (typeof value === 'number' && value >= least && value <= most) return value
  return refuse(attribute, value, `expected a number from ${least} to ${most}`)
}

function readWhole(attribute: keyof typeof DEFINITION_RANGES, value: unknown): number {
  const number = readNumber(attribute, value)
  return Number.isInteger(number) ? number : refuse(attribute, value, 'expected a whole number')
}

function readFlag(attribute: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  return typeof value === 'boolean' ? value : refuse(attribute, value, 'expected true or false')
}

function readChoice<Word extends string>(
  attribute: string,
  value: unknown,
  words: readonly Word[],
  fallback: Word,
): Word {
  if (value === undefined) return fallback
  const word = words.find(one => one === value)
  return word ?? refuse(attribute, value, `expected ${words.join(', ')}`)
}

/** A list by position, or an object from key to label. */
function readLabels(value: unknown, keys: readonly string[]): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value)) {
    if (value.length > keys.length) refuse('labels', value, 'more labels than keys')
    return readTexts('labels', value, KEYS_MAX)
  }
  if (typeof value !== 'object' || value === null) {
    return refuse('labels', value, 'expected a list, or an object from key to label')
  }
  const labels = new Map<string, unknown>(Object.entries(value))
  for (const key of labels.keys()) {
    if (!keys.includes(key)) refuse('labels', key, 'this is none of the keys')
  }
  return keys.map(key => readText('labels', labels.get(key), ''))
}
