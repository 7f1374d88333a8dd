// Values of keys and functions for tests, and an address database written here.

import type { FlowView } from '../../src/flows/flow-view.ts'
import { compileNode } from '../../src/flows/functions/compile.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { parseExpression } from '../../src/flows/functions/parse.ts'

/** The text of a key of one sample; undefined where the sample has none. */
export function textOf(
  text: string,
  view: FlowView,
  context = new FlowContext(),
): string | undefined {
  const { node, end } = parseExpression(text)
  if (end !== text.length) throw new Error(`trailing ${text.slice(end)}`)
  const expression = compileNode(node, context)
  const words = new Int32Array(expression.kind.width + 1).fill(77)
  const has = expression.read(view, words, 0)
  if (words[expression.kind.width] !== 77) throw new Error(`${text} writes beyond its width`)
  return has ? expression.kind.format(words, 0) : undefined
}

type Data = string | number | { readonly [key: string]: Data }

/** MaxMind DB file format 2.0, "Output Data Section": maps, texts and whole numbers. */
function encode(value: Data): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(2, text.length), text])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  const entries = Object.entries(value)
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, one]) => [encode(key), encode(one)]),
  ])
}

function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29])
}

/** A database of `recordBits` with these prefixes (bits as a text of 0 and 1, IPv6 counted from ::). */
export function addressDatabase(
  networks: readonly (readonly [bits: string, record: Data])[],
  recordBits: 24 | 28 | 32,
  ipVersion: 4 | 6 = 6,
): Buffer {
  const nodes: [number, number][] = [[-1, -1]]
  const data = networks.map(([, record]) => encode(record))
  const offsets = data.map((_, index) =>
    data.slice(0, index).reduce((sum, one) => sum + one.length, 0),
  )
  for (const [index, [bits]] of networks.entries()) {
    let node = 0
    for (const [position, bit] of [...bits].entries()) {
      const side = Number(bit) as 0 | 1
      const pair = nodes[node] as [number, number]
      if (position === bits.length - 1) pair[side] = -2 - index
      else {
        if (pair[side] < 0) pair[side] = nodes.push([-1, -1]) - 1
        node = pair[side]
      }
    }
  }
  const count = nodes.length
  const value = (child: number) =>
    child >= 0 ? child : child === -1 ? count : count + 16 + (offsets[-2 - child] as number)
  const tree = Buffer.concat(
    nodes.map(([left, right]) => record(value(left), value(right), recordBits)),
  )
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    ip_version: ipVersion,
    node_count: count,
    record_size: recordBits,
  })
  const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}

function record(left: number, right: number, bits: 24 | 28 | 32): Buffer {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  if (bits === 24) return Buffer.from(hex(left, 6) + hex(right, 6), 'hex')
  if (bits === 32) return Buffer.from(hex(left, 8) + hex(right, 8), 'hex')
  const middle = hex(left >>> 24, 1) + hex(right >>> 24, 1)
  return Buffer.from(hex(left & 0xffffff, 6) + middle + hex(right & 0xffffff, 6), 'hex')
}

/** The bits of an IPv4 prefix as the tree of an IPv6 database holds them. */
export function bits4(address: string, length: number, ipVersion: 4 | 6 = 6): string {
  const bits = address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return (ipVersion === 6 ? '0'.repeat(96) : '') + bits.slice(0, length)
}
