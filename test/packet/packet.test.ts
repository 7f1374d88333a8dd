// Layers of sampled packets: every encapsulation, each also cut at every byte.
import test from 'ava'
import { compileNode } from '../../src/flows/functions/compile.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { parseExpression } from '../../src/flows/functions/parse.ts'
import { FLOW_KEYS } from '../../src/flows/keys/table.ts'
import { header, viewOf } from '../flows/keys-views.ts'
import { type Case, PLAIN_CASES } from './plain-cases.ts'
import { TUNNEL_CASES } from './tunnel-cases.ts'

const context = new FlowContext()

function readers(texts: readonly string[]) {
  return texts.map(text => {
    const expression = compileNode(parseExpression(text).node, context)
    const words = new Int32Array(expression.kind.width)
    return (view: ReturnType<typeof viewOf>) =>
      expression.read(view, words, 0) ? expression.kind.format(words, 0) : undefined
  })
}

const CASES: readonly Case[] = [...PLAIN_CASES, ...TUNNEL_CASES]

for (const { title, bytes, protocol, keys } of CASES) {
  test(title, t => {
    const view = viewOf([header(bytes, protocol)])
    const names = Object.keys(keys)
    const values = readers(names).map(read => read(view))
    t.deepEqual(Object.fromEntries(names.map((name, index) => [name, values[index]])), { ...keys })
  })
}

const ALL = FLOW_KEYS.flatMap(({ name, depths }) =>
  Array.from({ length: depths }, (_, depth) => (depth === 0 ? name : `${name}.${depth}`)),
)

test('cut at every byte, no key reads beyond the end or throws, and what is shown was there', t => {
  const reads = readers(ALL)
  let compared = 0
  for (const { bytes, protocol, title } of CASES) {
    const digits = bytes.replace(/\s/g, '')
    const whole = reads.map(read => read(viewOf([header(bytes, protocol)])))
    for (let length = 0; length < digits.length; length += 2) {
      const [tag, record] = header(digits.slice(0, length), protocol, 1500)
      // Behind the cut stand bytes that must not be seen.
      const view = viewOf([
        [tag, record],
        [9999, 'ff'.repeat(64)],
      ])
      for (const [index, read] of reads.entries()) {
        const name = ALL[index] as string
        const value = read(view)
        if (value === undefined || DEPEND_ON_LENGTH.has(name.split('.')[0] as string)) continue
        compared += 1
        if (value !== whole[index])
          t.fail(`${title}, ${length} bytes: ${name} is ${value}, not ${whole[index]}`)
      }
    }
  }
  t.true(compared > 50_000)
})

/** Keys whose value changes with what can be seen: fewer layers, another port, another nested header. */
const DEPEND_ON_LENGTH = new Set([
  'stack',
  'bytes',
  'ip6nexthdr',
  'ip6protocolname',
  'ip6extensions',
  'ipfragment',
])

test('random bytes behind every protocol are read to an end', t => {
  let state = 11
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 8
  }
  const reads = readers(ALL)
  for (let turn = 0; turn < 3000; turn++) {
    const base = (CASES[random() % CASES.length] as Case).bytes.replace(/\s/g, '')
    const bytes = Buffer.from(base, 'hex')
    for (let change = 0; change < 4; change++) bytes[random() % bytes.length] = random() & 255
    const view = viewOf([
      header(bytes.toString('hex'), [1, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18][random() % 11]),
    ])
    for (const read of reads) read(view)
  }
  t.pass()
})
