/**
 * Metrics of the ACL agent. Counters are told as things happen, gauges are read at each scrape. The
 * labels have closed sets of values; names of rules are never labels.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import {
  type AgentObserver,
  type AgentRefusalReason,
  type CommitEvent,
  REQUEST_REFUSALS,
} from '../acl/agent/observer.ts'
import type { OperationKind } from '../acl/agent/operations.ts'
import { REFUSAL_REASONS } from '../acl/rule/refusal.ts'
import { reloadMetric } from './reload-metric.ts'

/** What is read at a scrape. */
export interface AgentLevels {
  readonly committed: number
  readonly pending: number
  readonly cost: number
  readonly budget: number
  readonly rulesMax: number
  readonly pendingOperations: number
  readonly degraded: boolean
  /** Milliseconds since 1970; 0 if there was none. */
  readonly lastSuccessWallMs: number
}

export interface AclAgentMetricsOptions {
  readonly registry: Registry
  readonly levels: () => AgentLevels
  readonly told: (kind: string, error: Error) => void
}

const COMMIT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const KINDS: readonly OperationKind[] = ['put', 'delete', 'expire']

export class AclAgentMetrics implements AgentObserver {
  readonly #counters: ReturnType<typeof counters>
  readonly #commitSeconds: Histogram
  readonly reloaded: (successful: boolean) => void
  readonly #told: AclAgentMetricsOptions['told']

  constructor({ registry, levels, told }: AclAgentMetricsOptions) {
    const registers = [registry]
    this.#told = told
    this.#counters = counters(registry)
    this.#commitSeconds = new Histogram({
      name: 'sflow_acl_agent_commit_seconds',
      help: 'Time of a commit, rollback and the search for a bad rule included.',
      buckets: COMMIT_BUCKETS,
      registers,
    })
    this.reloaded = reloadMetric(registry, 'sflow_acl_agent_config_last_reload_successful')
    gauges(registry, levels)
    for (const reason of [...REFUSAL_REASONS, ...REQUEST_REFUSALS])
      this.#counters.refused.inc({ reason }, 0)
    for (const kind of KINDS) {
      for (const state of ['committed', 'failed']) this.#counters.operations.inc({ kind, state }, 0)
    }
    for (const result of ['clean', 'partial', 'degraded']) this.#counters.commits.inc({ result }, 0)
    for (const file of ['store', 'audit']) this.#counters.writeFailures.inc({ file }, 0)
  }

  refused(reason: AgentRefusalReason): void {
    this.#counters.refused.inc({ reason })
  }

  ended(kind: OperationKind, state: 'committed' | 'failed'): void {
    this.#counters.operations.inc({ kind, state })
  }

  commit(event: CommitEvent): void {
    const partial = event.failed > 0 ? 'partial' : 'clean'
    this.#counters.commits.inc({ result: event.state === 'degraded' ? 'degraded' : partial })
    this.#counters.applies.inc(event.applies)
    this.#counters.rollbacks.inc(event.rollbacks)
    this.#counters.batched.inc(event.changes)
    this.#commitSeconds.observe(event.seconds)
  }

  drift(): void {
    this.#counters.drift.inc()
  }

  writeFailed(file: 'store' | 'audit', error: Error): void {
    this.#counters.writeFailures.inc({ file })
    this.#told(file, error)
  }

  readBackFailed(error: Error): void {
    this.#counters.readBackFailures.inc()
    this.#told('read_back', error)
  }

  storeUnreadable(): void {
    this.#counters.unreadable.inc()
  }
}

function counters(registry: Registry) {
  const make = <Label extends string = never>(name: string, help: string, labels: Label[] = []) =>
    new Counter({ name, help, labelNames: labels, registers: [registry] })
  return {
    refused: make(
      'sflow_acl_agent_refused_total',
      'Requests to change something that were refused, by reason.',
      ['reason'],
    ),
    operations: make(
      'sflow_acl_agent_operations_total',
      'Changes that ended, by kind (expire: a life was over) and state.',
      ['kind', 'state'],
    ),
    commits: make(
      'sflow_acl_agent_commits_total',
      'Commits: clean, partial (some rules were not taken) or degraded (nothing could be put back).',
      ['result'],
    ),
    applies: make('sflow_acl_agent_applies_total', 'Times that a whole set was put on the device.'),
    rollbacks: make('sflow_acl_agent_rollbacks_total', 'Times that an earlier set was put back.'),
    batched: make('sflow_acl_agent_committed_changes_total', 'New or changed rules in commits.'),
    drift: make(
      'sflow_acl_agent_drift_total',
      'Times that the device did not have what was put there; it is put there again.',
    ),
    writeFailures: make(
      'sflow_acl_agent_write_failures_total',
      'Writes of the store or of the audit trail that did not succeed.',
      ['file'],
    ),
    unreadable: make(
      'sflow_acl_agent_store_unreadable_total',
      'Starts that found a file of rules that could not be read; it is set aside.',
    ),
    readBackFailures: make(
      'sflow_acl_agent_read_back_failures_total',
      'Times that the device could not be asked what it has.',
    ),
  }
}

function gauges(registry: Registry, levels: () => AgentLevels): void {
  const one = (name: string, help: string, read: (levels: AgentLevels) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(levels()))
      },
    })
  new Gauge({
    name: 'sflow_acl_agent_rules',
    help: 'Rules that are wanted: committed, or pending until the device has them.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { committed, pending } = levels()
      this.set({ state: 'committed' }, committed)
      this.set({ state: 'pending' }, pending)
    },
  })
  one('sflow_acl_agent_rules_limit', 'Most rules at one time.', ({ rulesMax }) => rulesMax)
  one(
    'sflow_acl_agent_cost_entries',
    "Entries of the device's table that the rules take, as estimated.",
    ({ cost }) => cost,
  )
  one('sflow_acl_agent_budget_entries', 'Entries that they may take.', ({ budget }) => budget)
  one(
    'sflow_acl_agent_queue_operations',
    'Changes that wait for their commit.',
    ({ pendingOperations }) => pendingOperations,
  )
  one(
    'sflow_acl_agent_degraded',
    '1 while the device takes nothing, not even what it had before.',
    ({ degraded }) => (degraded ? 1 : 0),
  )
  one(
    'sflow_acl_agent_last_commit_timestamp_seconds',
    'When the device last took what was wanted; 0 if never.',
    ({ lastSuccessWallMs }) => lastSuccessWallMs / 1_000,
  )
}
