/** One entry of `controller.policies`: which alerts become rules, how carefully, for how long. */
import { z } from 'zod'
import { parseMatcher } from '../acl/controller/policy.ts'
import { TARGET_KEYS } from '../acl/controller/target.ts'
import { count, duration } from './kinds.ts'

/** Goes into rule names and into files on devices. */
const policyName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'expected a name of 1 to 64 letters, digits, _ . -')

const matcher = z
  .string()
  .max(1_024)
  .refine(
    text => parseMatcher(text) !== undefined,
    'expected a matcher as Alertmanager writes them, such as alertname=~"Udp.*"',
  )

/** One dialect only: a label stands for a key that rules can match. */
const rename = z
  .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/), z.enum(TARGET_KEYS as [string]))
  .default({ victim: 'destination', attacker: 'source' })
  .describe(
    'Labels with plain names, and the flow key that each stands for; `source` and `destination` take either address family.',
  )

const rateReason = 'faster than attacks begin, slower than a loop of mistakes.'

export const policySchema = z
  .strictObject({
    name: policyName.describe('Name of the policy. It is part of the names of its rules.'),
    action: z
      .enum(['mark', 'drop', 'limit'])
      .describe('What its rules do; the label `acl_action`.'),
    match: z
      .array(matcher)
      .max(32)
      .default([])
      .describe('Matchers on the alert’s labels; all must hold. None: every alert of the action.'),
    mode: z
      .enum(['automatic', 'manual', 'observe'])
      .optional()
      .describe(
        'automatic: at once. manual: after an approval. observe: never, but told. Default: automatic for mark, manual for drop and limit, since a wrong mark harms nobody.',
      ),
    dscp: count({
      default: 10,
      min: 0,
      max: 63,
      unit: 'DSCP',
      what: 'Of marks.',
      reason: 'AF11, high-throughput data (RFC 4594), as in the article on elephant flows.',
    }),
    cos: z
      .int()
      .min(0)
      .max(7)
      .optional()
      .describe('802.1p priority of marks, where the agent can.'),
    rate: z
      .strictObject({
        bits_per_second: z
          .int()
          .min(8_000)
          .max(400_000_000_000)
          .optional()
          .describe('Bits a second that may pass.'),
        packets_per_second: z
          .int()
          .min(1)
          .max(1_000_000)
          .optional()
          .describe('Or packets a second.'),
        burst: z.int().min(1).max(1_000_000_000).optional().describe('What may pass at once.'),
      })
      .default({ bits_per_second: 10_000_000 })
      .refine(
        rate => (rate.bits_per_second === undefined) !== (rate.packets_per_second === undefined),
        'one of bits_per_second and packets_per_second is needed',
      )
      .describe(
        'Of limits. `burst` is in bytes, or in packets beside packets_per_second; default a tenth of a second.',
      ),
    rename,
    ignore_keys: z
      .array(z.string().max(64))
      .max(64)
      .default([])
      .describe(
        'Flow keys among the labels that the rule may leave out, although that makes it wider than the traffic measured.',
      ),
    syn_only: z
      .boolean()
      .default(false)
      .describe('Of TCP, match only the packets that open a connection: for SYN floods.'),
    placement: z
      .enum(['agent', 'port'])
      .default('agent')
      .describe('On every port of the ACL agent, or on the one where the traffic was sampled.'),
    destination_bits_min: z
      .strictObject({
        ipv4: z.int().min(0).max(32).default(24).describe('Bits of an IPv4 prefix.'),
        ipv6: z.int().min(0).max(128).default(48).describe('Bits of an IPv6 prefix.'),
      })
      .prefault({})
      .describe('The destination of a drop is a prefix at least this long.'),
    blackhole: z
      .boolean()
      .default(false)
      .describe('May a drop take all that goes to an address? That is what the attacker wants.'),
    estimate: z
      .enum(['required', 'optional'])
      .default('optional')
      .describe(
        'required: only alerts that tell `lower` (marks: `value`) and `threshold`. optional: those that tell numbers are judged by them, others are taken at their word.',
      ),
    threshold: z
      .number()
      .positive()
      .optional()
      .describe('Used where the alert tells none, in the unit of its value.'),
    release: z
      .number()
      .min(0)
      .max(1)
      .default(0.8)
      .describe('A firing alert asks until its upper bound is below this share of the threshold.'),
    samples_min: count({
      default: 0,
      min: 0,
      max: 1_000_000,
      unit: 'samples',
      what: 'Samples that the estimate rests on, where the alert tells them.',
      reason: 'the lower bound already says what few samples are worth.',
    }),
    sources_min: count({
      default: 0,
      min: 0,
      max: 1_000_000,
      unit: 'addresses',
      what: 'Distinct sources (`sources`) below which it is no distributed attack.',
      reason: 'not asked; 10 keeps one large download from being dropped as a flood.',
    }),
    hold: duration({
      default: '60s',
      min: '1s',
      max: '1d',
      what: 'How long a rule stays when nothing asks for it any more.',
      reason: 'longer than the pauses of pulsing attacks and than one scrape.',
    }),
    hold_max: duration({
      default: '30m',
      min: '1s',
      max: '7d',
      what: 'The hold doubles each time a rule comes back soon, up to this.',
      reason: 'the ban time that is common in DDoS tools.',
    }),
    flap_window: duration({
      default: '10m',
      min: '0s',
      max: '1d',
      what: 'A rule that returns within this time after its end is flapping.',
      reason: 'an attacker who waits longer has lost as much as we have.',
    }),
    cool_down: duration({
      default: '0s',
      min: '0s',
      max: '1d',
      what: 'After its end a rule may not return for this time.',
      reason: 'an attack that returns must be dropped at once; for marks some seconds save writes.',
    }),
    ttl: duration({
      default: '5m',
      min: '10s',
      max: '1d',
      what: 'Life of a rule on the ACL agent unless renewed; it is renewed at a third.',
      reason: 'a dead controller leaves no rule for longer; a restart fits in easily.',
    }),
    rules_max: count({
      default: 50,
      max: 100_000,
      unit: 'rules',
      what: 'Active rules of this policy, over all ACL agents.',
      reason: 'a tenth of the smallest switch’s table.',
    }),
    rules_per_minute: count({
      default: 30,
      max: 100_000,
      unit: 'rules a minute',
      what: 'New rules of this policy.',
      reason: rateReason,
    }),
    rejection: duration({
      default: '1h',
      min: '1s',
      max: '30d',
      what: 'How long a rejected rule is not asked again.',
      reason: 'an incident is over by then, or somebody looks again.',
    }),
    canary: duration({
      default: '0s',
      min: '0s',
      max: '1h',
      what: 'First on one ACL agent, on the others when it was in force there for this time.',
      reason: '0, at once: most rules have one place.',
    }),
    hits_release: count({
      default: 1_000,
      min: 1,
      max: 1_000_000_000_000,
      unit: 'bytes a second',
      what: 'A drop or limit whose hit counters move faster is still needed, though no alert asks.',
      reason: 'far below any flood, above scans and retries.',
    }),
    probe: duration({
      default: '0s',
      min: '0s',
      max: '1d',
      what: 'So long do its own hits alone keep a rule; then it is taken off to see. 0: as long as they last.',
      reason:
        'a flood must not come through again; where good traffic may hit the rule, 15m shows what is left.',
    }),
  })
  .refine(policy => policy.hold <= policy.hold_max, 'hold must not be longer than hold_max')

export type PolicySection = z.output<typeof policySchema>
