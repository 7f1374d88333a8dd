/** From the checked section `controller` to the settings that the controller runs on. */
import { isIP } from 'node:net'
import { type Policy, parseMatcher } from '../acl/controller/policy.ts'
import type { AgentSettings, ControllerSettings } from '../acl/controller/settings.ts'
import { type Prefix, parsePrefix } from '../acl/rule/prefix.ts'
import { ALWAYS_PROTECTED } from '../acl/rule/safety.ts'
import type { ControllerSection } from './controller.ts'
import type { PolicySection } from './controller-policy.ts'

/**
 * Protected beside what the section lists: addresses of the machine itself, and those of the servers that
 * it talks to, as far as they are told as addresses.
 */
export function controllerSettings(
  section: ControllerSection,
  ownAddresses: readonly string[] = [],
): ControllerSettings {
  const { requests, alerts, caps, effect, history, alertmanager, grafana } = section
  return {
    namePrefix: section.name_prefix,
    agents: section.agents.map(agentOf),
    policies: section.policies.map(policyOf),
    protectedPrefixes: [
      ...ALWAYS_PROTECTED,
      ...ownAddresses,
      ...addressesOf(section),
      ...section.protected,
    ].flatMap(prefixOf),
    caps: { rulesMax: caps.rules_max, rulesPerMinute: caps.rules_per_minute },
    alerts: {
      alertsMax: alerts.max,
      silenceMaxMs: alerts.silence_max,
      bridgeSilenceMaxMs: alerts.bridge_silence_max,
      duplicateWindowMs: alerts.duplicate_window,
    },
    reconcileMs: requests.reconcile,
    refusedRetryMs: requests.refused_retry,
    requestsMax: requests.requests_max,
    backOff: {
      firstMs: requests.back_off_first,
      maxMs: requests.back_off_max,
      openAfter: requests.open_after,
    },
    effect: { withinMs: effect.within, pollMs: effect.poll },
    history: { rulesMax: history.rules_max, ageMs: history.age },
    askedSenders: {
      ...(alertmanager === undefined ? {} : { alertmanager }),
      ...(grafana === undefined ? {} : { grafana }),
    },
    askedSendersEveryMs: section.alertmanager_interval,
  }
}

function agentOf(agent: ControllerSection['agents'][number]): AgentSettings {
  return {
    name: agent.name,
    kind: agent.kind,
    endpoint: agent.endpoint,
    guards: agent.guards,
    rulePlacement: agent.rule_placement,
    settleMs: agent.settle,
    sampler: agent.sampler,
    rulesMax: agent.rules_max,
    rulesPerMinute: agent.rules_per_minute,
    ...(agent.in_interface === undefined ? {} : { inInterface: agent.in_interface }),
  }
}

function policyOf(policy: PolicySection): Policy {
  return {
    name: policy.name,
    action: policy.action,
    match: policy.match.flatMap(text => parseMatcher(text) ?? []),
    mode: policy.mode ?? (policy.action === 'mark' ? 'automatic' : 'manual'),
    mark: { dscp: policy.dscp, ...(policy.cos === undefined ? {} : { cos: policy.cos }) },
    limit: limitOf(policy),
    rename: policy.rename,
    ignoreKeys: policy.ignore_keys,
    synOnly: policy.syn_only,
    placement: policy.placement,
    prefixMin: policy.destination_bits_min,
    blackhole: policy.blackhole,
    estimate: policy.estimate,
    ...(policy.threshold === undefined ? {} : { threshold: policy.threshold }),
    releaseRatio: policy.release,
    samplesMin: policy.samples_min,
    sourcesMin: policy.sources_min,
    holdMs: policy.hold,
    holdMaxMs: policy.hold_max,
    flapWindowMs: policy.flap_window,
    coolDownMs: policy.cool_down,
    ttlMs: policy.ttl,
    rulesMax: policy.rules_max,
    rulesPerMinute: policy.rules_per_minute,
    rejectionMs: policy.rejection,
    canaryMs: policy.canary,
    hitsReleaseBytesPerSecond: policy.hits_release,
    probeMs: policy.probe,
  }
}

function addressesOf({ agents, alertmanager, grafana }: ControllerSection): string[] {
  const endpoints = [...agents.map(agent => agent.endpoint), alertmanager, grafana]
  return endpoints
    .flatMap(endpoint => (endpoint === undefined ? [] : [new URL(endpoint.url).hostname]))
    .map(host => host.replace(/^\[|\]$/g, ''))
    .filter(host => isIP(host) !== 0)
}

/** A burst of a tenth of a second, unless told: the usual start for policers. */
function limitOf({ rate }: PolicySection): Policy['limit'] {
  const { bits_per_second: bitsPerSecond, packets_per_second: packetsPerSecond } = rate
  if (packetsPerSecond !== undefined) {
    return { packetsPerSecond, burst: rate.burst ?? Math.max(1, Math.round(packetsPerSecond / 10)) }
  }
  const bits = bitsPerSecond ?? 0
  return { bitsPerSecond: bits, burst: rate.burst ?? Math.max(1, Math.round(bits / 80)) }
}

/** Host bits are cleared: 10.0.0.1/24 in a configuration means the network that it is in. */
function prefixOf(text: string): Prefix[] {
  const exact = parsePrefix(text)
  if (exact.ok) return [exact.value]
  const [address = '', length = ''] = text.split('/')
  const host = parsePrefix(address)
  if (!host.ok) return []
  const bits = Number(length)
  const bytes = host.value.bytes.map((byte, index) => {
    const networkBits = Math.min(8, Math.max(0, bits - index * 8))
    return byte & ~(0xff >> networkBits) & 0xff
  })
  return [{ family: host.value.family, bytes, length: bits }]
}
