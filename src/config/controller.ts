/**
 * Section `controller`: from alerts to rules on ACL agents. What is left out has a safe default:
 * without ACL agents nothing is done, and without policies marks are automatic, drops and limits
 * wait for an approval.
 */
import { z } from 'zod'
import { formatDuration } from '../text.ts'
import { policySchema } from './controller-policy.ts'
import { endpoint } from './endpoint.ts'
import { agentAddress, cidr, count, duration } from './kinds.ts'

const ifindex = z.int().min(1).max(0xffff_ffff)

const guard = z.strictObject({
  agent: z
    .union([agentAddress, z.literal('*')])
    .describe('Agent address of sFlow, or `*`: any, and alerts that name none.'),
  ifindexes: z.array(ifindex).max(4_096).default([]).describe('Only these ports. Empty: all.'),
  uplinks: z
    .array(ifindex)
    .max(4_096)
    .default([])
    .describe('Links between switches: traffic seen there is guarded where it entered.'),
  interfaces: z
    .record(z.string().regex(/^[1-9]\d{0,9}$/), z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/))
    .default({})
    .describe('ifindex → interface name on the ACL agent, for `placement: port`.'),
})

const aclAgent = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
    .describe('What metrics, audit trail and API call it.'),
  endpoint: endpoint.describe('Where it listens, and our credentials there.'),
  kind: z
    .enum(['sflow-bridge', 'legacy'])
    .default('sflow-bridge')
    .describe('legacy: a server that knows only /acl/NAME, as in the article of 2014.'),
  guards: z
    .array(guard)
    .min(1)
    .max(10_000)
    .describe('Which sFlow agents and ports it filters for: sampler and filter may differ.'),
  in_interface: z
    .string()
    .regex(/^([A-Za-z][A-Za-z0-9_.-]{0,14}|swp\+|bond\+)$/)
    .optional()
    .describe('Ingress interfaces of rules for the whole agent, such as swp+.'),
  rule_placement: z
    .enum(['forward', 'ingress'])
    .default('forward')
    .describe(
      'Of legacy agents: the chain FORWARD, or mangle PREROUTING as Cumulus Linux 5 has it.',
    ),
  sampler: z
    .enum(['before', 'behind'])
    .default('before')
    .describe(
      'Is the traffic sampled before this filter (as on the ingress port of the same switch), or behind it? Behind it, samples that fall are proof of the effect too.',
    ),
  settle: duration({
    default: '2s',
    min: '1ms',
    max: '1m',
    what: 'How long a legacy agent takes to commit after it answered.',
    reason: 'a commit takes about a second, and it waits half a second between two.',
  }),
  rules_max: count({
    default: 200,
    max: 100_000,
    unit: 'rules',
    what: 'Rules of ours on this agent.',
    reason: 'less than half of the smallest switch’s 500, so that operators keep their share.',
  }),
  rules_per_minute: count({
    default: 60,
    max: 100_000,
    unit: 'rules a minute',
    what: 'New rules on this agent.',
    reason: 'each commit replaces the whole table.',
  }),
})

const alerts = z.strictObject({
  max: count({
    default: 10_000,
    max: 1_000_000,
    unit: 'alerts',
    what: 'Alerts that ask for rules at a time. Beyond: 503, so that the sender tries again.',
    reason: '20 times the rules that there may be; 10 MB.',
  }),
  silence_max: duration({
    default: '10m',
    min: '1s',
    max: '1d',
    what: 'A firing alert that is not repeated for this long has ended.',
    reason:
      'ends get lost. Keep `repeat_interval` of the route below half of it, or set `alertmanager`.',
  }),
  bridge_silence_max: duration({
    default: '2m',
    min: '1s',
    max: '1d',
    what: 'The same for events of the bridge.',
    reason: 'it repeats them each 20 s; six repetitions are lost only with the bridge itself.',
  }),
  duplicate_window: duration({
    default: '30s',
    min: '0s',
    max: '1h',
    what: 'For this long after an end, a repeated delivery of the same firing does not count.',
    reason: 'peers of an Alertmanager cluster deliver some 15 s apart.',
  }),
})

const caps = z.strictObject({
  rules_max: count({
    default: 500,
    max: 1_000_000,
    unit: 'rules',
    what: 'Active rules in all.',
    reason: 'more attacks at once need people, not rules.',
  }),
  rules_per_minute: count({
    default: 120,
    max: 1_000_000,
    unit: 'rules a minute',
    what: 'New rules in all.',
    reason: 'a mistake in an alert rule shows within a minute and has done little by then.',
  }),
})

const agentRequests = z.strictObject({
  reconcile: duration({
    default: '15s',
    min: '100ms',
    max: '10m',
    what: 'How often each agent’s rules are compared with what is wanted.',
    reason: 'two readings of hit counters fit into a hold; a list of 200 rules is 100 kB.',
  }),
  refused_retry: duration({
    default: '60s',
    min: '100ms',
    max: '1h',
    what: 'When a rule that the agent refused or could not commit is tried again.',
    reason: 'it seldom helps, and every try costs a commit.',
  }),
  requests_max: count({
    default: 8,
    max: 64,
    unit: 'requests',
    what: 'On their way to one agent at a time; as many connections.',
    reason: 'enough to fill one commit, few for a switch’s processor.',
  }),
  back_off_first: duration({
    default: '200ms',
    min: '10ms',
    max: '1m',
    what: 'Wait after the first failure; doubles, with jitter.',
    reason: 'a restart of the agent takes about as long.',
  }),
  back_off_max: duration({
    default: '30s',
    min: '10ms',
    max: '10m',
    what: 'The longest wait.',
    reason: 'an agent that returns is filled within half a minute.',
  }),
  open_after: count({
    default: 5,
    max: 1_000,
    unit: 'failures',
    what: 'Failures in a row after which the circuit is open: one probe at a time.',
    reason: 'some three seconds of trying.',
  }),
})

const effect = z.strictObject({
  within: duration({
    default: '10s',
    min: '100ms',
    max: '10m',
    what: 'A rule in force that shows no effect by then is reported.',
    reason: 'several samplings at the smoothing of default flows.',
  }),
  poll: duration({
    default: '500ms',
    min: '50ms',
    max: '1m',
    what: 'How often hit counters are read until the first hit.',
    reason: 'the resolution of the time to effect.',
  }),
})

const history = z.strictObject({
  rules_max: count({
    default: 1_000,
    max: 100_000,
    unit: 'rules',
    what: 'Ended rules that are remembered and listed.',
    reason: 'a day of two attacks in three minutes; 2 MB.',
  }),
  age: duration({
    default: '1d',
    min: '1m',
    max: '30d',
    what: 'How long.',
    reason: 'longer than any cool-down; the audit trail keeps more.',
  }),
})

const DEFAULT_POLICIES = [
  { name: 'mark', action: 'mark', hold: '10s', cool_down: '5s' },
  { name: 'limit', action: 'limit' },
  { name: 'drop', action: 'drop' },
] as const

export const controllerSchema = z
  .strictObject({
    agents: z.array(aclAgent).max(10_000).default([]).describe('The ACL agents.'),
    policies: z
      .array(policySchema)
      .max(256)
      .prefault([...DEFAULT_POLICIES])
      .describe('The first that matches an alert decides. Default: one for each action.'),
    protected: z
      .array(cidr)
      .max(10_000)
      .default([])
      .describe(
        'No rule names an address in these: switches, routing peers, collector, DNS, management. Loopback, link-local, routing multicast, our own addresses and those of ACL agents, Alertmanager and Grafana always are.',
      ),
    caps: caps.prefault({}).describe('Caps over all policies and agents.'),
    name_prefix: z
      .string()
      .regex(/^[a-z][a-z0-9]{1,15}$/)
      .default('sfb')
      .describe(
        'Begins the names of our rules. Two controllers that share an ACL agent and are no pair need two prefixes: each removes what has its own prefix and is not wanted.',
      ),
    alerts: alerts.prefault({}).describe('How alerts are remembered.'),
    alertmanager: endpoint
      .optional()
      .describe('Asked for its alerts at start, when a webhook left some out, and each minute.'),
    grafana: endpoint.optional().describe('Asked likewise, by the API of its own Alertmanager.'),
    alertmanager_interval: duration({
      default: '1m',
      min: '1s',
      max: '1h',
      what: 'How often Alertmanager and Grafana are asked.',
      reason: 'a lost end costs a minute.',
    }),
    requests: agentRequests.prefault({}).describe('How ACL agents are asked.'),
    effect: effect.prefault({}).describe('How the effect of rules is measured.'),
    history: history.prefault({}).describe('How ended rules are remembered.'),
    audit_bytes_max: count({
      default: 67_108_864,
      min: 4_096,
      max: 10_000_000_000,
      unit: 'bytes',
      what: 'Size at which the audit file is rotated; one old file is kept.',
      reason: 'about 80,000 actions.',
    }),
    tokens: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(64).describe('What logs and audit trail call it.'),
          token: z.string().min(16).max(8_192).describe('The secret, of 16 characters or more.'),
          scopes: z
            .array(z.enum(['read', 'write', 'operate']))
            .max(3)
            .default(['read', 'write'])
            .describe('What it may do.'),
        }),
      )
      .max(100)
      .default([])
      .describe(
        'Bearer tokens: write for alerts, operate for approvals and the kill switch. People may use the users of --web.config.file.',
      ),
  })
  .superRefine((section, context) => {
    for (const key of ['agents', 'policies'] as const) {
      const names = section[key].map(one => one.name)
      const twice = names.findIndex((name, index) => names.indexOf(name) !== index)
      if (twice < 0) continue
      const message = `"${names[twice]}" is used twice`
      context.addIssue({ code: 'custom', path: [key, twice, 'name'], message })
    }
    for (const [index, { hold, action, name }] of section.policies.entries()) {
      if (action === 'mark' || hold >= 2 * section.requests.reconcile) continue
      const interval = formatDuration(section.requests.reconcile)
      const message = `policy "${name}": hold must be at least twice requests.reconcile (${interval}), or hits cannot be seen`
      context.addIssue({ code: 'custom', path: ['policies', index, 'hold'], message })
    }
  })

export type ControllerSection = z.output<typeof controllerSchema>
