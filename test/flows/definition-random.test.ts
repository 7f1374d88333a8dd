// Random definitions and filters, good, bad and damaged: none may throw, hang, or write where it must
// not. The same ones in every run.
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { Groups } from '../../src/flows/functions/groups.ts'
import { Maps } from '../../src/flows/functions/maps.ts'
import { FUNCTIONS } from '../../src/flows/functions/table.ts'
import { TextTable } from '../../src/flows/functions/texts.ts'
import { FLOW_KEYS } from '../../src/flows/keys/table.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { header, viewOf } from './keys-views.ts'

const DEFINITIONS = 10_000

let state = 20_261_123
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

const WORDS = ['ip', '.', '24', '8', 'lab', 'm', '', 'x', '0', '1023', 'name', '\\:', '/']

/** Forms in which K is a key, A an address, N a number, P a port, M a MAC address. */
const FORMS = [
  'or:K:K',
  'or:[K]:[K]:K',
  'null:K:none',
  'null:[K]',
  'eq:K:K',
  'if:stack:eth.ip.tcp:K:K',
  'range:N:0:1023',
  'range:N:5::high',
  'first:stack:.:ip:ip6',
  'group:A:lab:all',
  'group:A',
  'mask:A:8',
  'oui:M',
  'oui:M:name',
  'host:M:uuid',
  'dns:A',
  'map:K:m',
  'prefix:[K]:.:1',
  'suffix:K:\\::2',
  'concat:-:[K]:K',
  'uri:K:path',
  'ifname:P',
  'node:P',
  'link:P',
  'K',
  'K',
]
const PARTS: Readonly<Record<string, readonly string[]>> = {
  A: ['ipsource', 'ip6destination', '[or:ipsource:ip6source]', 'arpipsender', 'bgpnexthop'],
  N: ['bytes', 'tcpdestinationport', 'ipttl', '[or:udpsourceport:tcpsourceport]', 'reqbytes'],
  P: ['inputifindex', 'outputifindex'],
  M: ['macsource', 'macdestination.1'],
}

function form(depth: number): string {
  const key = () => {
    const text = depth < 3 && random() < 0.3 ? form(depth + 1) : pick(FLOW_KEYS).name
    return text
  }
  return pick(FORMS).replace(/\[K\]|[KANPM](?![a-z])/g, part => {
    if (part === '[K]') return `[${key()}]`
    return part === 'K' ? pick(FLOW_KEYS).name : pick(PARTS[part] ?? [part])
  })
}

/** Any function over any arguments: most are wrong. */
function wild(depth: number): string {
  const argument = () => {
    if (random() < 0.45) return pick(FLOW_KEYS).name + pick(['', '', '.1', '.2', '.9'])
    return random() < 0.4 && depth < 3 ? `[${wild(depth + 1)}]` : pick(WORDS)
  }
  const count = 1 + Math.floor(random() * 4)
  return [pick(FUNCTIONS).name, ...Array.from({ length: count }, argument)].join(':')
}

function expression(): string {
  return random() < 0.8 ? form(0) : wild(0)
}

const VALUES = [
  '10.0.0.1',
  '10.0.0.0/8',
  '1',
  'true',
  'ip',
  '.*',
  '[0-9]{1,3}',
  '(a|b)',
  'null',
  '"x"',
  '(((',
  '443,80',
]

function filter(depth: number): string {
  if (depth > 2 || random() < 0.5) {
    const pattern = random() < 0.5
    const value = pattern ? pick(['.*', '1.*', '(a|b)?.', '[0-9]+', ...VALUES]) : pick(VALUES)
    return `${expression()}${pick(pattern ? ['~', '!~'] : ['=', '!='])}${value}`
  }
  const joined = [filter(depth + 1), filter(depth + 1)].join(pick(['&', '|']))
  return random() < 0.5 ? `(${joined})` : joined
}

const DAMAGE = ['(', ')', '[', ']', ':', ',', '&', '|', '=', '\\', '"', '\u0000', 'é']

function damaged(text: string): string {
  if (random() < 0.85 || text === '') return text
  const at = Math.floor(random() * text.length)
  return text.slice(0, at) + pick(DAMAGE) + text.slice(at + 1)
}

function definition(turn: number) {
  return {
    name: 'random',
    keys: damaged([expression(), expression()].slice(0, 1 + (turn % 2)).join(',')),
    labels: turn % 2 === 0 ? ['first'] : ['first', 'second'],
    filter: random() < 0.5 ? damaged(filter(0)) : '',
    value: random() < 0.8 ? 'bytes' : damaged(pick(['count:', 'avg:', '']) + expression()),
  }
}

test(`${DEFINITIONS} random definitions: compiled or refused with a place, and read without harm`, t => {
  const groups = new Groups({ lab: ['10.0.0.0/8'], all: { four: ['0.0.0.0/0'] } })
  const maps = new Maps({ m: { '1': 'one' } })
  const context = new FlowContext({ texts: new TextTable({ slotsMax: 4096 }), groups, maps })
  const cases = [...PLAIN_CASES, ...TUNNEL_CASES]
  const views = cases.map(({ bytes, protocol }) => viewOf([header(bytes, protocol)]))
  const words = new Int32Array(80)
  let [flows, keys] = [0, 0]
  for (let turn = 0; turn < DEFINITIONS; turn++) {
    const given = definition(turn)
    const { flow, fault } = compileFlow(given, context)
    if (fault !== undefined) {
      const { position, text, message } = fault
      const inside = Number.isInteger(position) && position >= 0 && position <= text.length
      if (!inside || message === '') t.fail(JSON.stringify({ given, fault }))
      continue
    }
    flows += 1
    for (const view of views) {
      words.fill(77)
      flow.value.read(view)
      if (!flow.matches(view) || !flow.readKey(view, words, 0)) continue
      keys += 1
      if (words[flow.keyWords] !== 77) t.fail(`writes beyond its width: ${JSON.stringify(given)}`)
      const shown = flow.formatKey(words, 0)
      const texts = shown.every(text => typeof text === 'string')
      if (shown.length !== flow.labels.length || !texts) t.fail(JSON.stringify({ given, shown }))
    }
  }
  t.log(`${flows} compiled, ${keys} keys read`)
  t.true(flows > DEFINITIONS * 0.2, `${flows} compiled`)
  t.true(keys > DEFINITIONS)
  t.true(context.texts.used <= 4096)
})
