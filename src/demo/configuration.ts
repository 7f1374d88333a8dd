/**
 * What the demo's programs are configured with, as YAML (JSON is YAML). The simulated switches are
 * guarded by two ACL agents: one filters for the leaf that leads outside, one for all others.
 */

import { SHIPPED_FLOWS } from '../flows/shipped.ts'

/** The leaf with the way out, as `simulate` numbers its four. */
export const BORDER_LEAF = '10.255.1.4'
const LEAVES = ['10.255.1.1', '10.255.1.2', '10.255.1.3', BORDER_LEAF]

/** 400 Mbit/s of one transfer on a 10 Gbit/s port; 100 Mbit/s towards one victim. */
const ELEPHANT = '4%'
const FLOOD_BYTES = 12_500_000
const PACKET_FLOOD_BYTES = 2_500_000

export const ACL_AGENTS = ['border', 'fabric'] as const
export type AclAgentName = (typeof ACL_AGENTS)[number]

export interface DemoUrls {
  readonly controller: string
  readonly alertmanager: string | undefined
}

/** A shipped attack with keys that a rule can match: events carry keys under their own names. */
function attackFlow(kind: 'reflection' | 'syn' | 'icmp', keys: readonly string[]): object {
  const shipped = SHIPPED_FLOWS.find(({ name }) => name === `attack_${kind}`)
  return { ...shipped, name: `demo_${kind}`, keys, labels: keys }
}

/** Floods are looked at where they come in, transfers on every leaf. */
export function bridgeConfiguration({ controller, alertmanager }: DemoUrls): object {
  const flood = (name: string, flow: string, value: number, labels: object) => ({
    name,
    flow,
    value,
    release: value / 2,
    timeout: 5,
    filter: { agent: [BORDER_LEAF] },
    labels: { severity: 'critical', ...labels },
  })
  return {
    flows: [
      attackFlow('reflection', ['ipdestination', 'udpsourceport']),
      attackFlow('syn', ['ipdestination']),
      attackFlow('icmp', ['ipdestination']),
    ],
    thresholds: [
      {
        name: 'elephant',
        flow: 'elephants',
        value: ELEPHANT,
        release: '2%',
        timeout: 5,
        filter: { agent: LEAVES },
        labels: { severity: 'info', acl_action: 'mark' },
      },
      flood('udp_reflection', 'demo_reflection', FLOOD_BYTES, { acl_action: 'drop' }),
      flood('syn_flood', 'demo_syn', PACKET_FLOOD_BYTES, {
        acl_action: 'limit',
        ipprotocol: 'tcp',
      }),
      flood('icmp_flood', 'demo_icmp', PACKET_FLOOD_BYTES, {
        acl_action: 'limit',
        ipprotocol: 'icmp',
      }),
    ],
    notify: { controller, ...(alertmanager === undefined ? {} : { alertmanager }) },
  }
}

/** Everything automatic, since the ACL agents change no device. */
export function controllerConfiguration(aclAgents: Readonly<Record<AclAgentName, string>>): object {
  return {
    controller: {
      agents: [
        { name: 'border', endpoint: aclAgents.border, guards: [{ agent: BORDER_LEAF }] },
        {
          name: 'fabric',
          endpoint: aclAgents.fabric,
          guards: LEAVES.filter(leaf => leaf !== BORDER_LEAF).map(agent => ({ agent })),
        },
      ],
      policies: [
        { name: 'elephants', action: 'mark', dscp: 10, hold: '10s' },
        { name: 'floods', action: 'drop', mode: 'automatic', hold: '30s', sources_min: 10 },
        { name: 'packets', action: 'limit', mode: 'automatic', hold: '30s' },
      ],
    },
  }
}

export interface Addresses {
  readonly bridge: string
  readonly controller: string
  readonly aclAgents: readonly string[]
  readonly alertmanager: string | undefined
}

/** The shipped prometheus.yml with the addresses of this demo; `HOST:PORT` each. */
export function prometheusConfiguration(shipped: string, folder: string, to: Addresses): string {
  const targets = (list: readonly string[]) => `[${list.map(one => `'${one}'`).join(', ')}]`
  return shipped
    .replaceAll(
      "['localhost:9093']",
      targets(to.alertmanager === undefined ? [] : [to.alertmanager]),
    )
    .replaceAll("['localhost:8080']", targets(to.aclAgents))
    .replaceAll('localhost:16343', to.bridge)
    .replaceAll('localhost:16344', to.controller)
    .replaceAll('- rules/*.yml', `- ${JSON.stringify(`${folder}/rules/*.yml`)}`)
    .replaceAll(/^( {2}(?:scrape|evaluation)_interval): 15s$/gm, '$1: 5s')
}

/** The shipped alertmanager.yml with the controller of this demo. */
export function alertmanagerConfiguration(shipped: string, controller: string): string {
  return shipped.replaceAll('http://localhost:16344', `http://${controller}`)
}
