/**
 * Section `acl_agent`: the REST server on a switch or router that puts rules on it. What is left out
 * has a safe default; the backend that changes nothing is one of them.
 */
import { z } from 'zod'
import { cidr, count, duration, fileName } from './kinds.ts'

const ownerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
const filePrefix = z.string().regex(/^\d{2}[a-z0-9_]*-$/, 'expected two digits, letters and a -')

/** Where Cumulus Linux has it; the script of 2014 took it from PATH. */
export const CL_ACLTOOL = '/usr/cumulus/bin/cl-acltool'

export const BACKENDS = ['cumulus', 'iptables', 'nftables', 'openvswitch', 'dry-run'] as const

const limits = z.strictObject({
  rules_max: count({
    default: 1_000,
    max: 100_000,
    unit: 'rules',
    what: 'Names at one time.',
    reason: 'more than mitigation needs; a list of them is 1 MB.',
  }),
  rules_reserved: count({
    default: 100,
    min: 0,
    max: 100_000,
    unit: 'rules',
    what: 'Of these, kept free for `operators`.',
    reason: 'people must get a rule in when programs have taken all the rest.',
  }),
  operators: z
    .array(ownerName)
    .max(100)
    .default(['operator'])
    .describe('Owners who may use the reserved rules: names of tokens, users or certificates.'),
  rules_per_policy_max: count({
    default: 500,
    max: 100_000,
    unit: 'rules',
    what: 'Rules of one policy.',
    reason: 'one policy that errs leaves room for the others.',
  }),
  changes_per_minute: count({
    default: 1_200,
    max: 1_000_000,
    unit: 'changes a minute',
    what: 'New or changed rules in any minute; renewals do not count.',
    reason: 'twenty a second go in batches of a few commits; more is a mistake.',
  }),
  budget: count({
    default: 1_000,
    max: 1_000_000,
    unit: 'entries',
    what: "Entries of the device's table, by the backend's estimate.",
    reason:
      'the acl-heavy profile of Spectrum-1 gives 1,000 for IPv6 and 1,750 for IPv4; set yours.',
  }),
})

const commit = z.strictObject({
  timeout: duration({
    default: '20s',
    min: '100ms',
    max: '10m',
    what: 'The tool that commits is killed after this.',
    reason: 'cl-acltool takes 1 to 5 s with full tables.',
  }),
  coalesce: duration({
    default: '20ms',
    min: '0s',
    max: '10s',
    what: 'From the first change to its commit: changes until then share it.',
    reason: 'a burst of requests comes within it, and nobody waits long.',
  }),
  pause: duration({
    default: '200ms',
    min: '0s',
    max: '1m',
    what: 'Longest rest between two commits; each rests as long as the one before took.',
    reason: 'leaves the switch time for its own work; changes meanwhile share the next commit.',
  }),
  retry_first: duration({
    default: '1s',
    min: '10ms',
    max: '10m',
    what: 'First delay while the device takes nothing; doubles each time.',
    reason: 'most causes, such as a lock, are gone by then.',
  }),
  retry_max: duration({
    default: '30s',
    min: '10ms',
    max: '1h',
    what: 'Longest such delay.',
    reason: 'a rule whose time is over must not stay much longer.',
  }),
  changes_max: count({
    default: 128,
    max: 10_000,
    unit: 'rules',
    what: 'Changes in one commit.',
    reason: 'one bad rule among them is found in 16 commits.',
  }),
  drift_check: duration({
    default: '30s',
    min: '0s',
    max: '1d',
    what: 'Between two looks whether the device still has what was put there; 0: never.',
    reason: 'somebody else may flush tables; a look costs a few milliseconds.',
  }),
  hits_age: duration({
    default: '1s',
    min: '0s',
    max: '1h',
    what: 'How old the counters of an answer may be.',
    reason: 'many readers cost the device one look a second.',
  }),
})

const token = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .describe('What the audit trail calls it, and the owner of its rules.'),
  token: z
    .string()
    .min(16)
    .max(8_192)
    .describe('The secret, best as a reference to a file or a variable.'),
  scopes: z
    .array(z.enum(['read', 'write', 'delete-all']))
    .max(3)
    .default(['read', 'write'])
    .describe('What it may do.'),
})

const devices = z.strictObject({
  policy_directory: fileName
    .default('/etc/cumulus/acl/policy.d')
    .describe('cumulus: the folder that cl-acltool reads. The flag --policy.dir beats it.'),
  cl_acltool: fileName
    .default(CL_ACLTOOL)
    .describe('cumulus: the program. Unless another is named, one on PATH does where this is not.'),
  profile: z
    .enum(['cl5', 'cl3'])
    .default('cl5')
    .describe('cumulus: where intents go. cl5: mangle PREROUTING, as NVUE does; cl3: FORWARD.'),
  prefix_drop: filePrefix
    .default('40rest-')
    .describe('cumulus: start of files that drop or limit; sorts before 50_nvue.rules.'),
  prefix_mark: filePrefix
    .default('60rest-')
    .describe('cumulus: start of files that only mark; sorts after it.'),
  sbin: fileName
    .default('/usr/sbin')
    .describe('Folder of iptables-restore, iptables-save, their IPv6 siblings, and nft.'),
  ovs_ofctl: fileName.default('/usr/bin/ovs-ofctl').describe('openvswitch: the program.'),
  bridge: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,15}$|^unix:[\w./-]{1,200}$/)
    .default('br0')
    .describe('openvswitch: name of the bridge, or unix:SOCKET of its management.'),
  meter_base: count({
    default: 24_000,
    max: 100_000,
    unit: 'meter id',
    what: 'openvswitch: first of the 4,096 meters that are ours.',
    reason: 'far above ids that people choose by hand.',
  }),
})

export const aclAgentSchema = z.strictObject({
  backend: z
    .enum(BACKENDS)
    .default('dry-run')
    .describe('What the rules are put on. The flag --backend beats it.'),
  device: devices.prefault({}).describe('Where the backend finds its device.'),
  limits: limits.prefault({}).describe('How many rules, and how fast.'),
  commit: commit.prefault({}).describe('When changes reach the device.'),
  ttl_max: duration({
    default: '1h',
    min: '1s',
    max: '7d',
    what: 'Longest life of a rule, and the life of one that names none. Renewed by putting it again.',
    reason: 'a rule that nobody renews for an hour has lost who wanted it.',
  }),
  protected: z
    .array(cidr)
    .max(10_000)
    .default([])
    .describe('Never a source or destination of a rule: peers, collectors, DNS, management.'),
  protect_own: z
    .boolean()
    .default(true)
    .describe('Protects the addresses of this machine as well.'),
  accept_allowed: z.boolean().default(false).describe('May a rule have the target ACCEPT?'),
  destination_bits_min: z
    .strictObject({
      ipv4: z.int().min(0).max(32).default(16).describe('Bits of an IPv4 prefix.'),
      ipv6: z.int().min(0).max(128).default(32).describe('Bits of an IPv6 prefix.'),
    })
    .prefault({})
    .describe('Shortest prefix that a dropping rule may name as its destination.'),
  audit_bytes_max: count({
    default: 16_777_216,
    min: 4_096,
    max: 10_737_418_240,
    unit: 'bytes',
    what: 'Size of the audit trail before it is renamed to `.1`; it takes twice that at most.',
    reason: 'some 40,000 changes.',
  }),
  tokens: z
    .array(token)
    .max(100)
    .default([])
    .describe('Bearer tokens. Certificates and users: the file of --web.config.file.'),
})

export type AclAgentSection = z.output<typeof aclAgentSchema>
