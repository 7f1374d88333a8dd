/**
 * The options that a rule line may have, as one table: spelling, number of values, and how they
 * are read into the draft. Not in the table means refused. Values are read strictly: decimal
 * numbers without sign or leading zero, lists separated by commas only where iptables has them.
 */
import { dscpOfClass, parseDscp } from './dscp.ts'
import { icmpTypeOf } from './icmp.ts'
import {
  faultOfInterface,
  type PortMatch,
  TCP_FLAGS,
  type TcpFlag,
  type TcpFlagsMatch,
} from './intent.ts'
import type { Family } from './prefix.ts'
import { type Result, refuse } from './refusal.ts'
import type { Table } from './rule.ts'

/** What the words of a line have said so far. */
export interface Draft {
  readonly family: Family
  readonly modules: Set<string>
  inInterfaces: readonly string[]
  outInterfaces: readonly string[]
  table?: Table
  chain?: string
  source?: string
  destination?: string
  protocol?: string
  sourcePort?: PortMatch
  destinationPort?: PortMatch
  tcpFlags?: TcpFlagsMatch
  icmpType?: number
  fragment?: true
  dscp?: number
  target?: string
  setDscp?: number
  setCos?: number
  mode?: 'packets' | 'kilobytes'
  rate?: number
  burst?: number
  setClass?: number
  class?: number
}

type Read = (draft: Draft, values: readonly string[], word: string) => Result<never> | undefined

type ReadOne = (draft: Draft, text: string, word: string) => Result<never> | undefined

export interface Option {
  /** Two spellings of one option have one key, so that neither can smuggle in a second value. */
  readonly key: string
  readonly values: number
  readonly repeatable?: boolean
  readonly read: Read
}

const INTERFACES_MAX = 16
const MODULES: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'icmp', 'icmp6', 'dscp'])
/** Beyond 2^32 packets or kilobytes a second no port needs a limit. */
const RATE_MAX = 4_294_967_295

const SYN_ONLY: TcpFlagsMatch = { mask: ['SYN', 'RST', 'ACK', 'FIN'], set: ['SYN'] }

/** Spellings; then the option. */
const DECLARED: readonly (readonly [readonly string[], Option])[] = [
  [['-t', '--table'], one('table', readTable)],
  [['-A', '--append'], one('chain', keepText('chain'))],
  [['-i', '--in-interface'], one('in', readInterfaces('inInterfaces'))],
  [['-o', '--out-interface'], one('out', readInterfaces('outInterfaces'))],
  [['-s', '--source', '--src'], one('source', keepText('source'))],
  [['-d', '--destination', '--dst'], one('destination', keepText('destination'))],
  [['-p', '--protocol'], one('protocol', keepText('protocol'))],
  [['-m', '--match'], { ...one('module', readModule), repeatable: true }],
  [['--sport', '--source-port'], one('sport', readPorts('sourcePort'))],
  [['--dport', '--destination-port'], one('dport', readPorts('destinationPort'))],
  [['--tcp-flags'], { key: 'flags', values: 2, read: readFlags }],
  [['--syn'], { key: 'flags', values: 0, read: readSyn }],
  [['--icmp-type', '--icmpv6-type'], one('icmp', readIcmpType)],
  [['-f', '--fragment'], { key: 'fragment', values: 0, read: readFragment }],
  [['--dscp'], one('dscp', readDscp('dscp'))],
  [['--dscp-class'], one('dscp', readDscpClass('dscp'))],
  [['-j', '--jump'], one('target', keepText('target'))],
  [['--set-dscp'], one('setDscp', readDscp('setDscp'))],
  [['--set-dscp-class'], one('setDscp', readDscpClass('setDscp'))],
  [['--set-cos'], one('setCos', readNumber('setCos', 0, 7, 'cos'))],
  [['--set-mode'], one('mode', readMode)],
  [['--set-rate'], one('rate', readNumber('rate', 1, RATE_MAX, 'value'))],
  [['--set-burst'], one('burst', readNumber('burst', 1, RATE_MAX, 'value'))],
  [['--set-class'], one('setClass', readNumber('setClass', 0, 7, 'value'))],
  [['--class'], one('class', readNumber('class', 0, 7, 'value'))],
]

export const OPTIONS: ReadonlyMap<string, Option> = new Map(
  DECLARED.flatMap(([spellings, option]) => spellings.map(word => [word, option] as const)),
)

function one(key: string, read: ReadOne): Option {
  return { key, values: 1, read: (draft, values, word) => read(draft, values[0] as string, word) }
}

/** For values that are checked once the whole line is known. */
function keepText(field: 'chain' | 'source' | 'destination' | 'protocol' | 'target'): ReadOne {
  return (draft, text) => {
    draft[field] = text
    return undefined
  }
}

function readSyn(draft: Draft): undefined {
  draft.tcpFlags = SYN_ONLY
}

function readFragment(draft: Draft): undefined {
  draft.fragment = true
}

function readTable(draft: Draft, text: string): Result<never> | undefined {
  if (text !== 'filter' && text !== 'mangle')
    return refuse('table', `"${text}" is not filter or mangle`)
  draft.table = text
  return undefined
}

function readModule(draft: Draft, text: string): Result<never> | undefined {
  if (!MODULES.has(text)) return refuse('option', `-m ${text} is not a match that rules may use`)
  if (draft.modules.has(text)) return refuse('repeated_option', `-m ${text} is given twice`)
  draft.modules.add(text)
  return undefined
}

function readInterfaces(field: 'inInterfaces' | 'outInterfaces'): ReadOne {
  return (draft, text) => {
    const names = text.split(',')
    if (names.length > INTERFACES_MAX) {
      return refuse('interface', `at most ${INTERFACES_MAX} interfaces`)
    }
    for (const [index, name] of names.entries()) {
      const fault = faultOfInterface(name)
      if (fault !== undefined) return fault
      if (names.indexOf(name) !== index) return refuse('interface', `${name} is given twice`)
    }
    draft[field] = names
    return undefined
  }
}

function readPorts(field: 'sourcePort' | 'destinationPort'): ReadOne {
  return (draft, text) => {
    const [first = '', last, more] = text.split(':')
    const from = portNumber(first)
    const to = portNumber(last ?? first)
    if (more !== undefined || from === undefined || to === undefined) {
      return refuse('port', `"${text}" is not a port from 0 to 65535, or two with a colon`)
    }
    draft[field] = last === undefined ? from : { from, to }
    return undefined
  }
}

function readFlags(draft: Draft, values: readonly string[]): Result<never> | undefined {
  const [mask, set] = values.map(flagList)
  if (mask === undefined || set === undefined) {
    return refuse('value', '--tcp-flags takes two lists of flags')
  }
  draft.tcpFlags = { mask, set }
  return undefined
}

function flagList(text: string): readonly TcpFlag[] | undefined {
  if (text === 'ALL') return TCP_FLAGS
  if (text === 'NONE') return []
  const names = text.split(',')
  const flags = TCP_FLAGS.filter(flag => names.includes(flag))
  return flags.length === names.length ? flags : undefined
}

function portNumber(text: string): number | undefined {
  return decimal(text, 0, 65_535)
}

function readIcmpType(draft: Draft, text: string, word: string): Result<never> | undefined {
  const value = decimal(text, 0, 255) ?? icmpTypeOf(text, draft.family)
  if (value === undefined) {
    return refuse(
      'value',
      `${word} is a number from 0 to 255, or a name of iptables such as echo-request`,
    )
  }
  draft.icmpType = value
  return undefined
}

function readMode(draft: Draft, text: string): Result<never> | undefined {
  if (text !== 'pkt' && text !== 'KB')
    return refuse('value', `--set-mode is pkt or KB, not "${text}"`)
  draft.mode = text === 'pkt' ? 'packets' : 'kilobytes'
  return undefined
}

function readDscp(field: 'dscp' | 'setDscp'): ReadOne {
  return (draft, text) => {
    const value = parseDscp(text)
    if (value === undefined) return refuse('dscp', `"${text}" is not a DSCP from 0 to 63`)
    draft[field] = value
    return undefined
  }
}

function readDscpClass(field: 'dscp' | 'setDscp'): ReadOne {
  return (draft, text) => {
    const value = dscpOfClass(text)
    if (value === undefined) return refuse('dscp', `"${text}" is not BE, EF, CSn or AFnn`)
    draft[field] = value
    return undefined
  }
}

function readNumber(
  field: 'setCos' | 'rate' | 'burst' | 'setClass' | 'class',
  min: number,
  max: number,
  reason: 'value' | 'cos',
): ReadOne {
  return (draft, text, word) => {
    const value = decimal(text, min, max)
    if (value === undefined) return refuse(reason, `${word} is a number from ${min} to ${max}`)
    draft[field] = value
    return undefined
  }
}

function decimal(text: string, min: number, max: number): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}
