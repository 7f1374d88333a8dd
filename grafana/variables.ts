/** Variables that several dashboards have, so that a selection means the same everywhere. */
import type { VariableSpec } from '../src/dashboards/spec.ts'

export const AGENT: VariableSpec = {
  name: 'agent',
  label: 'Agent',
  description: 'sFlow agents, by the address inside their datagrams.',
  query: 'label_values(sflow_agent_info, agent)',
}

export const INTERFACE: VariableSpec = {
  name: 'interface',
  label: 'Interface',
  description: 'Interfaces of the chosen agents, by name. All takes those without a name, too.',
  query: 'label_values(sflow_interface_info{agent=~"$agent"}, ifname)',
}

export const HOST: VariableSpec = {
  name: 'host',
  label: 'Host',
  description: 'Hosts that send host counters (Host sFlow).',
  query: 'label_values(sflow_host_info{agent=~"$agent"}, host)',
}

export const CONTAINER: VariableSpec = {
  name: 'container',
  label: 'Container',
  description: 'Containers on the chosen hosts.',
  query: 'label_values(sflow_container_info{agent=~"$agent", host=~"$host"}, container)',
}

export const VM: VariableSpec = {
  name: 'vm',
  label: 'Virtual machine',
  description: 'Virtual machines on the chosen hosts.',
  query: 'label_values(sflow_vm_info{agent=~"$agent", host=~"$host"}, vm)',
}

export const FLOW: VariableSpec = {
  name: 'flow',
  label: 'Flow definition',
  description: 'Flow definitions whose flows are exported now, your own among them.',
  query:
    'label_values({__name__=~"sflow_flow_.+_frames_total", __name__!~".*_other_frames_total", agent=~"$agent"}, __name__)',
  regex: '/sflow_flow_(.+)_frames_total/',
  single: true,
}

export const INSTANCE: VariableSpec = {
  name: 'instance',
  label: 'Bridge',
  description: 'Bridges, by the address that Prometheus scrapes.',
  query: 'label_values(sflow_bridge_datagrams_received_total, instance)',
}

export const BY_AGENT = 'agent=~"$agent"'
export const BY_INTERFACE = 'agent=~"$agent", ifname=~"$interface"'
export const BY_HOST = 'agent=~"$agent", host=~"$host"'
export const BY_CONTAINER = 'agent=~"$agent", host=~"$host", container=~"$container"'
export const BY_VM = 'agent=~"$agent", host=~"$host", vm=~"$vm"'
export const BY_INSTANCE = 'instance=~"$instance"'
