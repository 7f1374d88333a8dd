/**
 * What main thread and ingest workers say to each other; of what several workers say among themselves
 * see companions.ts. Nothing crosses to the main thread per datagram. A scrape is one request: totals
 * first, then chunks, each asked for (back-pressure).
 */

import type { LearnedAgent } from '../engine/learned-names.ts'
import type { EngineLimits } from '../engine/limits.ts'
import type { NameTables } from '../engine/name-tables.ts'
import type { SmallFamily } from '../engine/render.ts'
import type { ThresholdEvent } from '../flows/events.ts'
import type { FlowLimits } from '../flows/limits.ts'
import type { SampleBatch } from '../flows/merge/batch.ts'
import type { FlowSettings } from '../flows/settings.ts'
import type { CompanionData } from './companions.ts'

export interface WorkerData {
  readonly id: number
  readonly sockets: readonly SocketAddress[]
  /** Several workers on one port. */
  readonly reusePort: boolean
  /** Undefined: there is one worker. */
  readonly companions: CompanionData | undefined
  readonly receiveBufferBytes: number
  readonly driver: 'dgram' | 'drain'
  readonly hashSeed: number
  readonly settings: EngineSettings
  /** What a former run knew of wrapped counters; undefined: there is no disk. */
  readonly epochs: string | undefined
  readonly nowMs: number
}

/** What a reload may change while datagrams keep coming. */
export interface EngineSettings {
  readonly limits: EngineLimits
  readonly names: NameTables
  /** CIDRs; empty: all agents. */
  readonly allowedAgents: readonly string[]
  readonly flowLimits: FlowLimits
  readonly flows: FlowSettings
}

export interface SocketAddress {
  readonly host: string | undefined
  readonly port: number
}

export interface BoundSocket {
  readonly address: string
  readonly port: number
  readonly family: 'udp4' | 'udp6'
  readonly receiveBufferAsked: number
  readonly receiveBufferGranted: number
}

export interface SegmentMessage {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly start: number
  readonly end: number
}

export type ToWorker =
  | { readonly kind: 'scrape'; readonly id: number }
  /** A chunk was taken: its memory, to be used again, and leave to send another. */
  | { readonly kind: 'next'; readonly id: number; readonly bytes: ArrayBuffer }
  | { readonly kind: 'cancel'; readonly id: number }
  | {
      readonly kind: 'query'
      readonly id: number
      readonly what: string
      readonly argument: unknown
    }
  | { readonly kind: 'configure'; readonly settings: EngineSettings }
  /** What an agent answered when it was asked for names; undefined: nothing. */
  | { readonly kind: 'learn'; readonly agent: string; readonly names: LearnedAgent | undefined }
  /** Tell all agents that are to be asked for names, not new ones only. */
  | { readonly kind: 'recall' }
  | { readonly kind: 'durable'; readonly batch: number }
  | { readonly kind: 'disk-lost' }
  /** A batch of samples that was counted: to be used again. */
  | { readonly kind: 'recycle'; readonly numbers: Float64Array<ArrayBuffer> }
  /** Before `stop`: no more datagrams, and to the others what is theirs. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'listening'; readonly sockets: readonly BoundSocket[] }
  | { readonly kind: 'no-drain'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'totals'; readonly id: number; readonly totals: readonly SmallFamily[] }
  | {
      readonly kind: 'chunk'
      readonly id: number
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly segments: readonly SegmentMessage[]
    }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'epochs'; readonly batch: number; readonly text: string }
  | { readonly kind: 'event'; readonly event: ThresholdEvent }
  /** Agents to ask for the names of their interfaces; `fresh`: because some of these are new. */
  | { readonly kind: 'unnamed'; readonly agents: readonly string[]; readonly fresh: boolean }
  /** Samples of flows over all agents, which the main thread counts for several workers. */
  | { readonly kind: 'samples'; readonly batch: SampleBatch }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'stopped' }
