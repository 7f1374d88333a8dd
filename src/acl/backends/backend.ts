/**
 * What a device can be asked: render everything that shall be on it, apply that atomically, read
 * back what is on it. A backend owns its rules (files, chains, a table, flows with a cookie) and
 * touches nothing else.
 */
import type { Refusal } from '../rule/refusal.ts'
import type { Placement, Rule } from '../rule/rule.ts'

/** What shall stand under one name. */
export interface NamedRules {
  readonly name: string
  /** Name and digest of the meaning; changes when the rules do. */
  readonly key: string
  /** One line for people, of characters that comments may have. */
  readonly comment: string
  readonly rules: readonly Rule[]
}

/** Everything that shall be on the device: text by the place it goes to. */
export type Rendering = ReadonlyMap<string, string>

export type ApplyResult =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** `rejected`: the device said no. Else nobody knows what is on it now. */
      readonly kind: 'rejected' | 'timeout' | 'unavailable'
      readonly message: string
      /** The name at fault, if the device said so. */
      readonly culprit?: string | undefined
    }

export interface Hits {
  readonly packets: number
  readonly bytes: number
}

export interface ReadBack {
  /** Equal as long as our part of the device is as it was right after `apply`. */
  readonly fingerprint: string
  /** By name; absent where the device does not count or the rule is not there. */
  readonly hits: ReadonlyMap<string, Hits>
  /** Why a part of it, such as the counters, could not be read. */
  readonly missing?: string | undefined
}

export interface Backend {
  readonly name: string
  /** Where the rule of an intent goes, and the interface it gets if it names none. */
  readonly placement: Placement
  readonly interfaceDefault?: string | undefined
  /** Why this device cannot hold the rule. */
  refusalOf(rule: Rule): Refusal | undefined
  /** Entries of the device's table that the rule takes. */
  costOf(rule: Rule): number
  /** What the device does not do of the rule though it takes it, such as CoS. */
  notesOf(rule: Rule): readonly string[]
  render(all: readonly NamedRules[]): Rendering
  apply(rendering: Rendering): Promise<ApplyResult>
  readBack(): Promise<ReadBack>
  /** Ends what an agent that was killed may have left running or lying about. */
  recover(): Promise<void>
}
