/**
 * Gauges of the controller: numbers of one snapshot, read at each scrape. Labels are names from the
 * configuration and closed lists.
 */
import { Gauge, type Registry } from 'prom-client'
import type { AgentSnapshot, ControllerSnapshot } from '../acl/controller/observer.ts'

interface Source {
  readonly registry: Registry
  readonly snapshot: () => ControllerSnapshot
}

export function addControllerGauges(registry: Registry, snapshot: () => ControllerSnapshot): void {
  const source = { registry, snapshot }
  totalGauges(source)
  ruleGauges(source)
  agentGauges(source)
}

/** A gauge without labels for each of these numbers of the snapshot. */
function totalGauges({ registry, snapshot }: Source): void {
  const gauge = (name: string, help: string, read: (from: ControllerSnapshot) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(snapshot()))
      },
    })
  gauge('sflow_acl_controller_alerts', 'Alerts that are remembered.', from => from.alerts)
  gauge(
    'sflow_acl_controller_alerts_limit',
    'Alerts that may be remembered; new ones beyond are answered 503.',
    from => from.alertsMax,
  )
  gauge(
    'sflow_acl_controller_rules_active',
    'Rules that belong on ACL agents.',
    from => from.rulesTotal,
  )
  gauge('sflow_acl_controller_rules_limit', 'Rules that may be active.', from => from.rulesMax)
  gauge(
    'sflow_acl_controller_kill_switch',
    '1 while the kill switch keeps new rules off, else 0.',
    from => Number(from.killSwitchEngaged),
  )
  gauge(
    'sflow_acl_controller_durable',
    '1 if the last write of the state reached the disk, else 0.',
    from => Number(from.isDurable),
  )
  gauge('sflow_acl_controller_journal_bytes', 'Size of the journal.', from => from.journalBytes)
}

function ruleGauges({ registry, snapshot }: Source): void {
  const registers = [registry]
  new Gauge({
    name: 'sflow_acl_controller_rules',
    help: 'Rules by policy and phase; ended and rejected ones as long as they are remembered.',
    labelNames: ['policy', 'phase'],
    registers,
    collect() {
      this.reset()
      for (const { policy, phase, count } of snapshot().rules) this.set({ policy, phase }, count)
    },
  })
  new Gauge({
    name: 'sflow_acl_controller_rules_failed',
    help: 'Active rules that their ACL agent refused or could not put in force.',
    labelNames: ['policy'],
    registers,
    collect() {
      this.reset()
      for (const { policy, count } of snapshot().failedRules) this.set({ policy }, count)
    },
  })
  new Gauge({
    name: 'sflow_acl_controller_rules_effect',
    help: 'Active rules by what they were seen to do.',
    labelNames: ['verdict'],
    registers,
    collect() {
      this.reset()
      for (const { verdict, count } of snapshot().effects) this.set({ verdict }, count)
    },
  })
}

function agentGauges({ registry, snapshot }: Source): void {
  const gauge = (name: string, help: string, read: (agent: AgentSnapshot) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['acl_agent'],
      registers: [registry],
      collect() {
        this.reset()
        for (const agent of snapshot().agents) {
          const value = read(agent)
          if (value !== undefined) this.set({ acl_agent: agent.name }, value)
        }
      },
    })
  gauge(
    'sflow_acl_controller_agent_up',
    '1 if the ACL agent answered the last request, else 0.',
    agent => Number(agent.isReachable),
  )
  gauge(
    'sflow_acl_controller_agent_circuit_open',
    '1 while an ACL agent failed so often that only probes are sent, else 0.',
    agent => Number(agent.isCircuitOpen),
  )
  gauge(
    'sflow_acl_controller_agent_queue_length',
    'Rules that differ between what is wanted on an ACL agent and what is there.',
    agent => agent.queueLength,
  )
  gauge(
    'sflow_acl_controller_agent_rules',
    'Rules that belong on an ACL agent.',
    agent => agent.rules,
  )
  gauge(
    'sflow_acl_controller_agent_rules_limit',
    'Rules of the controller that an ACL agent may have.',
    agent => agent.rulesMax,
  )
  gauge(
    'sflow_acl_controller_agent_last_contact_timestamp_seconds',
    'When an ACL agent last answered.',
    agent => (agent.lastContactMs === undefined ? undefined : agent.lastContactMs / 1_000),
  )
}
