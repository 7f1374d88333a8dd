/**
 * Metrics of the controller. Counters are told as things happen; gauges are read from a snapshot at
 * each scrape (controller-gauges.ts). Every label has a closed set of values, or
 * those of the configuration: names of policies and ACL agents.
 */
import { Counter, Histogram, type Registry } from 'prom-client'
import type { ControllerObserver, ControllerSnapshot } from '../acl/controller/observer.ts'
import { addControllerGauges } from './controller-gauges.ts'
import { reloadMetric } from './reload-metric.ts'

/** From a webhook that the bridge posts itself to a scrape chain with default intervals. */
const STAGE_BUCKETS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60, 180]
const REQUEST_BUCKETS = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface ControllerMetricsOptions {
  readonly registry: Registry
  readonly snapshot: () => ControllerSnapshot
}

export class ControllerMetrics implements ControllerObserver {
  readonly #counters: ReturnType<typeof counters>
  readonly #stages: ReturnType<typeof stages>
  readonly #requestSeconds: Histogram<'acl_agent' | 'kind'>
  readonly reloaded: (successful: boolean) => void

  constructor(options: ControllerMetricsOptions) {
    const registers = [options.registry]
    this.#counters = counters(registers)
    this.#stages = stages(registers)
    this.#requestSeconds = new Histogram({
      name: 'sflow_acl_controller_agent_request_seconds',
      help: 'Time of requests to ACL agents, commits that they wait for included.',
      labelNames: ['acl_agent', 'kind'],
      buckets: REQUEST_BUCKETS,
      registers,
    })
    this.reloaded = reloadMetric(
      options.registry,
      'sflow_acl_controller_config_last_reload_successful',
    )
    addControllerGauges(options.registry, options.snapshot)
  }

  webhook(result: string): void {
    this.#counters.webhooks.inc({ result })
  }

  alert(origin: string, outcome: string): void {
    this.#counters.alerts.inc({ origin, outcome })
  }

  alertRefused(reason: string): void {
    this.#counters.alertsRefused.inc({ reason })
  }

  refusal(policy: string, reason: string): void {
    this.#counters.refusals.inc({ policy, reason })
  }

  phase(rule: { readonly policy: string }, phase: string): void {
    this.#counters.phases.inc({ policy: rule.policy, phase })
  }

  ended(rule: { readonly policy: string }, reason: string): void {
    this.#counters.ended.inc({ policy: rule.policy, reason })
  }

  stage(
    stage: keyof ReturnType<typeof stages>,
    rule: { readonly policy: string },
    seconds: number,
  ): void {
    this.#stages[stage].observe({ policy: rule.policy }, seconds)
  }

  agentRequest(agent: string, kind: string, outcome: string, seconds: number): void {
    this.#counters.requests.inc({ acl_agent: agent, kind, outcome })
    this.#requestSeconds.observe({ acl_agent: agent, kind }, seconds)
  }

  drift(agent: string, kind: string): void {
    this.#counters.drift.inc({ acl_agent: agent, kind })
  }

  alertSync(result: string): void {
    this.#counters.syncs.inc({ result })
  }

  clockJump(): void {
    this.#counters.clockJumps.inc()
  }

  storeFailed(): void {
    this.#counters.storeFailures.inc()
  }

  storeWritten(bytes: number): void {
    this.#counters.storeBytes.inc(bytes)
  }

  auditFailed(linesLost: number): void {
    this.#counters.auditFailures.inc()
    this.#counters.auditLost.inc(linesLost)
  }
}

type Registers = Registry[]

function counters(registers: Registers) {
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  return {
    webhooks: counter(
      'sflow_acl_controller_webhooks_total',
      'Webhooks by what they were answered: taken, not_durable, full, or why they were refused.',
      'result',
    ),
    alerts: counter(
      'sflow_acl_controller_alerts_received_total',
      'Alerts in webhooks and in answers of Alertmanager, by sender and by what they changed.',
      'origin',
      'outcome',
    ),
    alertsRefused: counter(
      'sflow_acl_controller_alerts_refused_total',
      'Alerts that could not be read, by reason.',
      'reason',
    ),
    refusals: counter(
      'sflow_acl_controller_refusals_total',
      'Rules that an alert asked for and did not get, by reason; each counted once while it lasts.',
      'policy',
      'reason',
    ),
    phases: counter(
      'sflow_acl_controller_phases_total',
      'Rules that entered a phase.',
      'policy',
      'phase',
    ),
    ended: counter(
      'sflow_acl_controller_ended_total',
      'Rules that ended, by reason.',
      'policy',
      'reason',
    ),
    requests: counter(
      'sflow_acl_controller_agent_requests_total',
      'Requests to ACL agents, by kind and outcome.',
      'acl_agent',
      'kind',
      'outcome',
    ),
    drift: counter(
      'sflow_acl_controller_drift_total',
      'Differences found on an ACL agent that no request of ours explains, each then mended.',
      'acl_agent',
      'kind',
    ),
    syncs: counter(
      'sflow_acl_controller_alert_syncs_total',
      'Times that Alertmanager was asked for its alerts, by result.',
      'result',
    ),
    clockJumps: counter(
      'sflow_acl_controller_clock_jumps_total',
      'Times that the wall clock was set by a second or more.',
    ),
    storeFailures: counter(
      'sflow_acl_controller_store_failures_total',
      'Writes of the state that did not reach the disk; they are tried again.',
    ),
    storeBytes: counter(
      'sflow_acl_controller_store_written_bytes_total',
      'Bytes of state written to disk.',
    ),
    auditFailures: counter(
      'sflow_acl_controller_audit_failures_total',
      'Writes of the audit trail that did not reach the disk; they are tried again.',
    ),
    auditLost: counter(
      'sflow_acl_controller_audit_lines_lost_total',
      'Lines of the audit trail that were given up because too many waited.',
    ),
  }
}

function stages(registers: Registers) {
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames: ['policy'], buckets: STAGE_BUCKETS, registers })
  return {
    detect: histogram(
      'sflow_acl_controller_detect_seconds',
      'From the start that an alert tells, by the clock of its sender, to its arrival.',
    ),
    decide: histogram(
      'sflow_acl_controller_decide_seconds',
      'From the arrival of an alert to its rule being wanted, approvals included.',
    ),
    commit: histogram(
      'sflow_acl_controller_commit_seconds',
      'From a rule being wanted to its being in force on the ACL agent.',
    ),
    effect: histogram(
      'sflow_acl_controller_effect_seconds',
      'From a rule being in force to the first hit, or to the traffic having fallen in the samples.',
    ),
  }
}
