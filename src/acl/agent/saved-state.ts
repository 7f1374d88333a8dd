/**
 * The wanted set as it is stored, and back. Lifetimes are stored as wall-clock times beside the
 * time of saving: if the clock was set back meanwhile, an entry gets no more than it had left then.
 * Within one boot of the machine its uptime is stored too, which no clock that is set can change: of
 * the two times that have passed the longer counts. What is read is parsed and checked again, since
 * limits and protected prefixes may have changed, and a disk may have changed anything.
 */
import { type AdmissionContext, admit } from './admission.ts'
import type { Clock } from './clock.ts'
import { type Entry, makeEntry } from './entry.ts'
import type { StoredEntry, StoredState } from './store.ts'
import type { Slot, WantedSet } from './wanted-set.ts'

export function toStored(wanted: WantedSet, revision: number, clock: Clock): StoredState {
  const slots: { wanted: StoredEntry; good?: StoredEntry | 'same' }[] = []
  for (const { wanted: entry, good } of wanted.slots()) {
    if (entry === undefined) continue
    const stored = { wanted: storedEntry(entry, clock) }
    if (good === undefined) slots.push(stored)
    else slots.push({ ...stored, good: good.key === entry.key ? 'same' : storedEntry(good, clock) })
  }
  return { version: 1, revision, savedAtMs: clock.wallMs(), boot: clock.boot?.(), slots }
}

function storedEntry(entry: Entry, clock: Clock): StoredEntry {
  const { name, source, owner, policy, reason, cause, generation, createdAtMs, ttlSeconds } = entry
  const expiresAtMs = clock.wallMs() + (entry.deadlineMs - clock.monotonicMs())
  return {
    name,
    source,
    owner,
    policy,
    reason,
    cause,
    generation,
    createdAtMs,
    ttlSeconds,
    expiresAtMs,
  }
}

export interface Restored {
  readonly slots: readonly (readonly [string, Slot])[]
  /** Entries that are not taken in again, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[]
}

export function fromStored(
  state: StoredState,
  context: Omit<AdmissionContext, 'entries'>,
  clock: Clock,
): Restored {
  const slots: [string, Slot][] = []
  const left: { name: string; why: string }[] = []
  for (const { wanted, good } of state.slots.map(asSlot)) {
    if (!isStoredEntry(wanted)) {
      left.push({ name: nameIn(wanted), why: 'it is no stored entry' })
      continue
    }
    const entry = restoredEntry(wanted, state, context, clock)
    if (typeof entry === 'string') {
      left.push({ name: wanted.name, why: entry })
      continue
    }
    const goodEntry = isStoredEntry(good) ? restoredEntry(good, state, context, clock) : undefined
    slots.push([
      wanted.name,
      { wanted: entry, good: good === 'same' ? entry : entryOrNone(goodEntry) },
    ])
  }
  return { slots, left }
}

function entryOrNone(entry: Entry | string | undefined): Entry | undefined {
  return typeof entry === 'string' ? undefined : entry
}

function passedSince({ savedAtMs, boot }: StoredState, clock: Clock): number {
  const now = clock.boot?.()
  const sameBoot = boot !== undefined && now !== undefined && boot.id === now.id
  const byUptimeMs = sameBoot ? now.uptimeMs - boot.uptimeMs : 0
  return Math.max(0, clock.wallMs() - savedAtMs, byUptimeMs)
}

function asSlot(slot: unknown): { readonly wanted?: unknown; readonly good?: unknown } {
  return typeof slot === 'object' && slot !== null ? slot : {}
}

function nameIn(entry: unknown): string {
  const { name } = (typeof entry === 'object' && entry !== null ? entry : {}) as { name?: unknown }
  return typeof name === 'string' ? name.slice(0, 64) : ''
}

/** The file is ours, and so are its entries; this is for one that a disk or a hand has changed. */
function isStoredEntry(value: unknown): value is StoredEntry {
  if (typeof value !== 'object' || value === null) return false
  const entry = value as Readonly<Record<keyof StoredEntry, unknown>>
  const texts = [entry.name, entry.owner, entry.policy, entry.reason]
  const numbers = [entry.generation, entry.createdAtMs, entry.ttlSeconds, entry.expiresAtMs]
  return (
    texts.every(text => typeof text === 'string') &&
    numbers.every(number => Number.isFinite(number)) &&
    (entry.cause === undefined || typeof entry.cause === 'string') &&
    typeof entry.source === 'object' &&
    entry.source !== null
  )
}

/** The entry, or why it is not one any more. */
function restoredEntry(
  stored: StoredEntry,
  state: StoredState,
  context: Omit<AdmissionContext, 'entries'>,
  clock: Clock,
): Entry | string {
  const passedMs = passedSince(state, clock)
  const leftMs =
    Math.min(stored.expiresAtMs - state.savedAtMs, stored.ttlSeconds * 1_000) - passedMs
  if (!(leftMs > 0)) return 'its time is over'
  const source = stored.source as { kind?: string; lines?: unknown; intent?: unknown }
  const { name, owner, policy, reason, cause } = stored
  const given = source.kind === 'intent' ? { intent: source.intent } : { lines: source.lines }
  const ttlSeconds = Math.min(stored.ttlSeconds, context.limits.ttlSecondsMax)
  const request = { name, owner, policy, reason, cause, ttlSeconds, ...given }
  const admitted = admit(request, { ...context, entries: [] })
  if (!admitted.ok) return admitted.refusal.message
  const { source: checked, rules } = admitted.value
  const { generation, createdAtMs } = stored
  const deadlineMs = clock.monotonicMs() + leftMs
  return makeEntry({
    ...{ name, owner, policy, reason, cause, source: checked, rules },
    ...{ generation, createdAtMs, ttlSeconds, deadlineMs },
  })
}
