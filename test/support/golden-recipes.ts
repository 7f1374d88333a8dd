/** What golden datagrams there are, and how the bytes of each are made the first time. */
import type { Structure } from '../../src/structures/define.ts'
import { COUNTER_STRUCTURES, FLOW_STRUCTURES } from '../../src/structures/index.ts'
import {
  counterDatagram,
  datagram,
  flowSample,
  headerBody,
  headerRecord,
  type Recipe,
  record,
} from './golden-datagram.ts'
import { HEADERS } from './golden-headers.ts'
import { ODDITIES } from './golden-oddities.ts'
import { writeField } from './golden-values.ts'
import { XdrText } from './xdr.ts'

/** Their bytes follow no declaration. */
const BY_HAND = new Set(['sampled_header', 'extended_80211_payload', 'extended_80211_aggregation'])

export const RECIPES: readonly Recipe[] = [
  ...COUNTER_STRUCTURES.map(counterRecipe),
  ...FLOW_STRUCTURES.filter(one => !BY_HAND.has(one.name)).map(flowRecipe),
  ...HEADERS.map(
    ({ name, why, protocol, bytes }): Recipe => ({
      name: `flow-0-1-sampled_header-${name}`,
      why,
      spec: 'sflow_version_5.txt',
      build: () => flowOf(headerRecord(protocol, bytes), false),
    }),
  ),
  wirelessPayload(),
  wirelessPayloadPublished(),
  aggregation(),
  ...ODDITIES,
]

function counterRecipe(structure: Structure): Recipe {
  return {
    name: `counter-${structure.enterprise}-${structure.format}-${structure.name}`,
    why: structure.about,
    spec: structure.spec,
    build: () => counterDatagram(structure),
  }
}

function flowRecipe(structure: Structure): Recipe {
  return {
    name: `flow-${structure.enterprise}-${structure.format}-${structure.name}`,
    why: structure.about,
    spec: structure.spec,
    build: () => flowOf(record(structure), structure.format % 2 === 0),
  }
}

function flowOf(one: XdrText, expanded: boolean): XdrText {
  return datagram([flowSample([one], { sourceClass: 0, sourceIndex: 21, expanded })])
}

function structureOf(name: string): Structure {
  const found = FLOW_STRUCTURES.find(one => one.name === name)
  if (found === undefined) throw new Error(`no structure ${name}`)
  return found
}

function wirelessPayload(): Recipe {
  const { bytes = [] } = HEADERS.find(one => one.name === 'tcp') ?? {}
  return {
    name: 'flow-0-1013-extended_80211_payload-header',
    why: 'The payload as a whole record 1, the way the reference program reads it.',
    spec: 'https://github.com/sflow/sflowtool',
    build: () => {
      const body = new XdrText().u32(0x000fac04, 'ciphersuite: CCMP').add(headerBody(1, bytes))
      return flowOf(record(structureOf('extended_80211_payload'), body), true)
    },
  }
}

function wirelessPayloadPublished(): Recipe {
  return {
    name: 'flow-0-1013-extended_80211_payload',
    why: 'The payload as published: bytes behind the cipher. The reference program gives up on it.',
    spec: 'sflow_80211.txt',
    build: () => {
      const body = new XdrText()
        .u32(0x000fac02, 'ciphersuite: TKIP')
        .opaque([9, 8, 7, 6, 5], 'data')
      return flowOf(record(structureOf('extended_80211_payload'), body), true)
    },
  }
}

function aggregation(): Recipe {
  return {
    name: 'flow-0-1016-extended_80211_aggregation',
    why: 'Two frames in an aggregate, each with a record of its own.',
    spec: 'sflow_80211.txt',
    build: () => {
      const structure = structureOf('extended_80211_aggregation')
      const queue = structureOf('extended_egress_queue')
      const body = new XdrText().u32(2, 'pdus: 2')
      for (const frame of [5, 6]) {
        const inner = new XdrText()
        for (const field of queue.fields) writeField(inner, field, frame)
        body.u32(1, 'records').add(record(queue, inner))
      }
      return flowOf(record(structure, body), false)
    },
  }
}
