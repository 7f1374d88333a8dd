/** Reasons of discarded packets, by agent: bounded, since an agent could make them up. */
import type { Agent } from '../state/agent.ts'
import { discardReason } from '../structures/discard-reasons.ts'

/** So many different reasons are counted for one agent; further ones share "other" (all ones). */
const REASONS_MAX = 128
const REASON_OTHER = 0xffffffff

export function countReason(agent: Agent, given: number): void {
  const { discards } = agent
  const reason = discards.has(given) || discards.size < REASONS_MAX ? given : REASON_OTHER
  discards.set(reason, (discards.get(reason) ?? 0) + 1)
}

/** The label for a discard reason. */
export function reasonName(code: number): string {
  return code === REASON_OTHER ? 'other' : (discardReason(code) ?? String(code))
}
