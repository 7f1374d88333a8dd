/**
 * Values of a flow: `bytes`, `frames`, a key that is a number, or `count:`, `avg:`, `min:`, `max:`,
 * `sum:`, `rate:` before a key. `rate:` is what the smoothed gauge of every sum already is.
 */
import type { Measure, MeasureKind } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import type { Expression } from '../keys/expression.ts'
import { compileNode } from './compile.ts'
import type { FlowContext } from './context.ts'
import { Fault } from './fault.ts'
import { parseExpression } from './parse.ts'

const PREFIXES: Readonly<Record<string, MeasureKind>> = {
  count: 'count',
  avg: 'avg',
  min: 'min',
  max: 'max',
  sum: 'sum',
  rate: 'sum',
}

const OWN_NAMES = new Set(['bytes', 'frames', 'samples', 'other', 'error', 'info'])

/** A key as it can stand in a metric or label name. */
export function metricWord(text: string): string {
  const word = text.replace(/[^a-zA-Z0-9_]/g, '_')
  return /^[0-9]/.test(word) ? `_${word}` : word
}

/** `NAME=` before a value gives it another name than its own: `sources=count:ipsource`. Throws a Fault. */
export function compileMeasure(text: string, context: FlowContext): Measure {
  const [alias, name] = /^\s*([A-Za-z_]\w*)=/.exec(text) ?? []
  if (alias === undefined || name === undefined) return compileValue(text, 0, context)
  if (OWN_NAMES.has(name))
    throw new Fault(0, `${name} is counted for every flow; take another name`)
  return { ...compileValue(text, alias.length, context), name, metricName: name }
}

function compileValue(text: string, at: number, context: FlowContext): Measure {
  const [, prefix] = /^\s*(\w+):/.exec(text.slice(at)) ?? []
  const kind =
    prefix === undefined || !Object.hasOwn(PREFIXES, prefix) ? undefined : PREFIXES[prefix]
  const start = kind === undefined ? at : text.indexOf(':', at) + 1
  const { node, end } = parseExpression(text, start, ',')
  if (end < text.length) throw new Fault(end, 'expected one value; write several as a list')
  const plain = kind === undefined || prefix === 'sum' || prefix === 'rate'
  const name = text.slice(plain ? start : at).trim()
  const metricName = metricWord(name)
  if (plain && node.args.length === 0 && node.name === 'bytes') return { ...BYTES, name }
  if (plain && node.args.length === 0 && node.name === 'frames') return { ...FRAMES, name }
  const key = compileNode(node, context)
  if (kind === 'count') return { name, metricName, kind, read: hashOf(key) }
  if (key.kind.number === undefined) {
    throw new Fault(
      node.position,
      `${key.kind.name} is no number; count:${node.name} counts values`,
    )
  }
  return { name, metricName, kind: kind ?? 'sum', read: numberOf(key, key.kind.number) }
}

const BYTES: Measure = {
  name: 'bytes',
  metricName: 'bytes',
  plain: 'bytes',
  kind: 'sum',
  read: view => (view.frameLength > 0 ? view.frameLength : Number.NaN),
}

const FRAMES: Measure = {
  name: 'frames',
  metricName: 'frames',
  plain: 'frames',
  kind: 'sum',
  read: view => (view.frameLength > 0 ? 1 : Number.NaN),
}

function numberOf(key: Expression, number: (words: Int32Array, at: number) => number) {
  const words = new Int32Array(key.kind.width)
  return (view: FlowView): number => (key.read(view, words, 0) ? number(words, 0) : Number.NaN)
}

/** 32 bits that spread well: murmur3's mixing, over the words of the key. */
function hashOf(key: Expression) {
  const words = new Int32Array(key.kind.width)
  const { kind } = key
  return (view: FlowView): number => {
    if (!key.read(view, words, 0)) return Number.NaN
    if (kind.hash !== undefined) words[0] = kind.hash(words, 0)
    let hash = 0x9747b28c
    for (let word = 0; word < words.length; word++) {
      let mixed = Math.imul(words[word] as number, 0xcc9e2d51)
      mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
      hash ^= mixed
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return hash ^ (hash >>> 16)
  }
}
