/** Keys of where a sample was taken, and of the packet as a whole. */
import { LAYER } from '../../packet/layers.ts'
import {
  INTERNAL_INTERFACE,
  PORT_DISCARDED,
  PORT_MULTIPLE,
  PORT_SINGLE,
} from '../../sflow/samples.ts'
import { type FlowView, TRAIT } from '../flow-view.ts'
import { type KeyDeclaration, keysOf } from './declare.ts'
import type { NeedOf } from './expression.ts'
import { ADDRESS, type Kind, NUMBER, named, SMALL } from './kinds.ts'

/** Words of ports that are no ifIndex. */
const PORT_WORDS = { unknown: 0, discard: -2, multiple: -3, internal: -4 } as const
const PORT_NAMES = new Map<number, string>(
  Object.entries(PORT_WORDS).map(([name, word]) => [word, name]),
)

/** An ifIndex, or one of the words `internal`, `unknown`, `multiple`, `discard`. */
export const PORT: Kind = {
  name: 'ifIndex',
  width: 1,
  spare: true,
  format: (words, at) => {
    const word = words[at] as number
    return PORT_NAMES.get(word) ?? String(word >>> 0)
  },
  parse: text => {
    if (Object.hasOwn(PORT_WORDS, text)) return [PORT_WORDS[text as keyof typeof PORT_WORDS]]
    return /^\d{1,10}$/.test(text) && Number(text) < 0xfffffff0 ? [Number(text) | 0] : undefined
  },
  number: (words, at) => (words[at] as number) >>> 0,
}

function portWord(format: number, value: number): number {
  if (format === PORT_SINGLE) return value === INTERNAL_INTERFACE ? PORT_WORDS.internal : value | 0
  if (format === PORT_DISCARDED) return PORT_WORDS.discard
  return format === PORT_MULTIPLE ? PORT_WORDS.multiple : PORT_WORDS.unknown
}

const DIRECTION: Kind = named(
  'direction',
  new Map([
    [0, 'unknown'],
    [1, 'ingress'],
    [2, 'egress'],
  ]),
)

/** Class and index of a data source, `0:5`. */
const DATA_SOURCE: Kind = {
  name: 'data source',
  width: 2,
  spare: true,
  format: (words, at) => `${words[at]}:${(words[at + 1] as number) >>> 0}`,
  parse: text => {
    const match = /^(\d{1,3}):(\d{1,10})$/.exec(text)
    return match === null ? undefined : [Number(match[1]), Number(match[2]) | 0]
  },
}

const discardNeed: NeedOf = (wanted, negated) => {
  if (negated || wanted.some(word => word !== PORT_WORDS.discard)) return undefined
  return { need: { layers: 0, tags: 0, traits: TRAIT.outputDiscarded }, decides: true }
}

const directionNeed: NeedOf = (wanted, negated) => {
  const meant = [0, 1, 2].filter(direction => wanted.includes(direction) !== negated)
  const traits = meant.reduce((bits, direction) => bits | (TRAIT.directions << direction), 0)
  return { need: { layers: 0, tags: 0, traits }, decides: true }
}

const source = keysOf('Source of the sample')
const packet = keysOf('Packet')

// biome-ignore format: one key a line, as a table
export const SOURCE_KEYS: readonly KeyDeclaration[] = [
  source.custom(
    'inputifindex',
    PORT,
    'Port on which the packet came in: an ifIndex, or internal, unknown, multiple.',
    ({ sample }, into, at) => {
      into[at] = portWord(sample.inputFormat, sample.inputValue)
      return true
    },
  ),
  source.custom(
    'outputifindex',
    PORT,
    'Port on which the packet left: an ifIndex, or internal, unknown, multiple, discard.',
    ({ sample }, into, at) => {
      into[at] = portWord(sample.outputFormat, sample.outputValue)
      return true
    },
    1,
    { needOf: discardNeed },
  ),
  source.custom(
    'ifindex',
    PORT,
    'The input port where it is an ifIndex, else the ifIndex of the data source.',
    ({ ifIndex }, into, at) => {
      into[at] = ifIndex
      return ifIndex > 0
    },
  ),
  source.custom(
    'direction',
    DIRECTION,
    'Whether the packet was sampled on its way in or out: ingress, egress, unknown.',
    ({ direction }, into, at) => {
      into[at] = direction
      return true
    },
    1,
    { needOf: directionNeed },
  ),
  source.custom('agent', ADDRESS, 'Address of the agent that took the sample.', ({ address, addressType }, into, at) => {
    const short = addressType === 1
    into[at] = short ? 0 : (address[0] as number)
    into[at + 1] = short ? 0 : (address[1] as number)
    into[at + 2] = short ? 0xffff : (address[2] as number)
    into[at + 3] = short ? (address[0] as number) : (address[3] as number)
    return true
  }),
  source.custom('subagent', NUMBER, 'Number of the sub-agent.', ({ subAgent }, into, at) => {
    into[at] = subAgent | 0
    return true
  }),
  source.custom('datasource', DATA_SOURCE, 'Class and index of the data source, such as 0:5.', ({ sample }, into, at) => {
    into[at] = sample.sourceClass
    into[at + 1] = sample.sourceIndex | 0
    return true
  }),
  source.custom('samplingrate', NUMBER, 'Sampling rate of this sample.', ({ sample }, into, at) => {
    into[at] = sample.samplingRate | 0
    return true
  }),
]

/** Where a header begins in the sampled bytes. */
function headerOffset(layer: number) {
  return (view: FlowView, into: Int32Array, at: number, depth: number): boolean => {
    const offset = view.packet.offset(layer + depth * 32)
    if (offset < 0 || view.packet.synthetic) return false
    into[at] = offset - view.packet.start
    return true
  }
}

// biome-ignore format: one key a line, as a table
export const PACKET_KEYS: readonly KeyDeclaration[] = [
  packet.customText('stack', 'Layers of the packet, outermost first, such as eth.vlan.ip.udp.vxlan.eth.ip.tcp.',
    ({ packet: view }, { stacks }) => (view.layers() === 0 ? -1 : stacks.word(view.order, view.count)),
  ),
  packet.custom('bytes', NUMBER, 'Length of the frame, its FCS included.', ({ frameLength }, into, at) => {
    into[at] = frameLength | 0
    return frameLength > 0
  }),
  packet.custom('frames', SMALL, 'One for a sample of a packet.', ({ frameLength }, into, at) => {
    into[at] = 1
    return frameLength > 0
  }),
  packet.custom(
    'stripped',
    SMALL,
    'Bytes that the agent took off the frame before it took the header.',
    ({ packet: view, frameLength }, into, at) => {
      into[at] = view.stripped
      return frameLength > 0 && !view.synthetic
    },
  ),
  packet.custom('ip_offset', SMALL, 'Where the IPv4 header begins in the sampled bytes.', headerOffset(LAYER.ip), 3),
  packet.custom('ip6_offset', SMALL, 'Where the IPv6 header begins in the sampled bytes.', headerOffset(LAYER.ip6), 3),
  packet.custom(
    'ibbt_offset',
    SMALL,
    'Where the InfiniBand transport header begins in the sampled bytes.',
    headerOffset(LAYER.ibbt),
    3,
  ),
]
