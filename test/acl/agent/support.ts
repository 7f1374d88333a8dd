/** An agent for tests: a clock that tests turn, a store in memory, a device that does as it is told. */
import type { AgentLimits } from '../../../src/acl/agent/admission.ts'
import { AclAgent } from '../../../src/acl/agent/agent.ts'
import type { AclAgentOptions } from '../../../src/acl/agent/agent-options.ts'
import type { AuditLine } from '../../../src/acl/agent/audit.ts'
import type { Boot, Clock } from '../../../src/acl/agent/clock.ts'
import type { CommitTiming } from '../../../src/acl/agent/commit-loop.ts'
import type { AgentObserver } from '../../../src/acl/agent/observer.ts'
import type { Store, StoredState } from '../../../src/acl/agent/store.ts'
import type {
  ApplyResult,
  Backend,
  NamedRules,
  Rendering,
} from '../../../src/acl/backends/backend.ts'
import { parsePrefix } from '../../../src/acl/rule/prefix.ts'
import { ALWAYS_PROTECTED, SAFETY_DEFAULT } from '../../../src/acl/rule/safety.ts'

/** Time stands still until a test moves it. */
export class TestClock implements Clock {
  wall = Date.UTC(2026, 0, 1)
  monotonic = 1_000
  boot: (() => Boot) | undefined
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  wallMs(): number {
    return this.wall
  }

  monotonicMs(): number {
    return this.monotonic
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.monotonic + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves both clocks; runs what falls due, in order, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.monotonic + ms
    await settle()
    for (;;) {
      const due = [...this.#timers].filter(timer => timer.atMs <= endMs)
      const next = due.sort((one, other) => one.atMs - other.atMs)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#moveTo(Math.max(this.monotonic, next.atMs))
      next.callback()
      await settle()
    }
    this.#moveTo(endMs)
  }

  #moveTo(ms: number): void {
    this.wall += ms - this.monotonic
    this.monotonic = ms
  }
}

/** Lets everything that needs no timer come to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}

export class MemoryStore implements Store {
  state: StoredState | undefined
  failing = false

  async load(): Promise<StoredState | undefined> {
    return this.state
  }

  async save(snapshot: () => StoredState): Promise<void> {
    if (this.failing) throw new Error('ENOSPC: no space left on device')
    this.state = structuredClone(snapshot())
  }
}

/** Takes everything except names and keys in `bad`; keeps what it has like a device would. */
export class FakeBackend implements Backend {
  readonly name = 'fake'
  readonly placement = 'forward'
  readonly bad = new Set<string>()
  /** Answers of the next applies, before it decides by itself. */
  readonly answers: ApplyResult[] = []
  tellsCulprit = false
  applied: readonly string[][] = []
  installed: readonly string[] = []
  #last: readonly NamedRules[] = []

  refusalOf() {
    return undefined
  }

  costOf() {
    return 1
  }

  notesOf() {
    return []
  }

  render(all: readonly NamedRules[]): Rendering {
    this.#last = all
    return new Map()
  }

  async apply(): Promise<ApplyResult> {
    const names = this.#last.map(item => item.name).sort()
    this.applied = [...this.applied, names]
    const answer = this.answers.shift()
    if (answer !== undefined && !answer.ok) return answer
    const bad = this.#last.find(({ name, key }) => this.bad.has(name) || this.bad.has(key))
    const culprit = bad?.name
    if (culprit === undefined) {
      this.installed = this.#last.map(item => item.key).sort()
      return { ok: true }
    }
    const said = this.tellsCulprit ? { culprit } : {}
    return { ok: false, kind: 'rejected', message: `${culprit} is not supported`, ...said }
  }

  async readBack() {
    const hits = this.installed.map(key => [key.split(':')[0] ?? '', { packets: 1, bytes: 100 }])
    return {
      fingerprint: this.installed.join(),
      hits: new Map(hits as [string, { packets: number; bytes: number }][]),
    }
  }

  async recover() {}
}

export const LIMITS: AgentLimits = {
  rulesMax: 10,
  rulesReserved: 2,
  operators: ['operator'],
  rulesPerPolicyMax: 4,
  changesPerMinuteMax: 1_000,
  budget: 100,
  ttlSecondsMax: 3_600,
}

export const TIMING: CommitTiming = {
  coalesceMs: 20,
  pauseMs: 200,
  retryMinMs: 1_000,
  retryMaxMs: 30_000,
  driftMs: 0,
  hitsAgeMs: 0,
  changesMax: 64,
}

export interface TestAgent {
  readonly agent: AclAgent
  readonly clock: TestClock
  readonly store: MemoryStore
  readonly backend: FakeBackend
  readonly audit: AuditLine[]
  readonly seen: string[]
}

/** Started, its first commit done. `parts` may be those of an agent that was killed. */
export async function startAgent(
  parts: Partial<Pick<TestAgent, 'clock' | 'store' | 'backend'>> = {},
  options: Partial<AclAgentOptions> & { readonly limits?: () => AgentLimits } = {},
): Promise<TestAgent> {
  const { clock = new TestClock(), store = new MemoryStore(), backend = new FakeBackend() } = parts
  const audit: AuditLine[] = []
  const seen: string[] = []
  const observer: AgentObserver = {
    refused: reason => seen.push(`refused ${reason}`),
    ended: (kind, state) => seen.push(`${kind} ${state}`),
    commit: event => seen.push(`commit ${event.state}`),
    drift: () => seen.push('drift'),
    writeFailed: file => seen.push(`write failed ${file}`),
    readBackFailed: () => seen.push('read back failed'),
  }
  const agent = new AclAgent({
    ...{ backend, store, clock, observer },
    audit: { write: line => audit.push(line), close: () => {} },
    limits: () => LIMITS,
    safety: () => ({
      ...SAFETY_DEFAULT,
      protectedPrefixes: ALWAYS_PROTECTED.flatMap(prefixOf),
      forwardedPrefixes: [],
    }),
    timing: TIMING,
    operations: { max: 100, ageMs: 3_600_000 },
    ...options,
  })
  await agent.start()
  await agent.firstCommit
  return { agent, clock, store, backend, audit, seen }
}

export function dropLines(destination: string): readonly string[] {
  return [
    '[iptables]',
    `-A FORWARD --in-interface swp+ -d ${destination} -p udp --sport 53 -j DROP`,
  ]
}

function prefixOf(text: string) {
  const prefix = parsePrefix(text)
  return prefix.ok ? [prefix.value] : []
}
