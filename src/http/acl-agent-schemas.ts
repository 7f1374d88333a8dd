/**
 * The shapes of the ACL agent's answers, as schemas: the OpenAPI page is made from them, and tests
 * hold real answers against them.
 */
import { z } from 'zod'
import { REQUEST_REFUSALS } from '../acl/agent/observer.ts'
import { intentSchema } from '../acl/rule/intent.ts'
import { REFUSAL_REASONS } from '../acl/rule/refusal.ts'

const time = z.iso.datetime()
const name = z.string().describe('1 to 64 of a-z, 0-9 and _.')

export const operationSchema = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(['put', 'delete', 'expire']),
    name,
    state: z.enum(['pending', 'committed', 'failed', 'superseded']),
    message: z.string().describe('Why it failed, or why it is pending still.'),
    createdAt: time,
    endedAt: time.optional(),
  })
  .describe('What became of a change. Remembered for an hour.')

export const ruleSchema = z
  .strictObject({
    name,
    state: z.enum(['committed', 'pending']).describe('Does the device have it?'),
    operation: z.uuid().optional().describe('The change that is pending.'),
    message: z.string().optional(),
    intent: intentSchema.optional().describe('Absent if it came as lines.'),
    lines: z.array(z.string()).describe('As they came, or as the intent is written.'),
    owner: z.string(),
    policy: z.string(),
    reason: z.string(),
    cause: z.string().optional(),
    etag: z.string().describe('For If-Match. Reason, cause and lifetime are not in it.'),
    generation: z.int().describe('Grows with each change of content, over restarts too.'),
    ttlSeconds: z.int(),
    createdAt: time,
    ageSeconds: z.int(),
    expiresAt: time,
    expiresInSeconds: z.int(),
    hits: z
      .strictObject({ packets: z.number(), bytes: z.number() })
      .optional()
      .describe('Since the rule is there; absent where the device does not count.'),
  })
  .describe('A rule that is wanted.')

export const rulesSchema = z.strictObject({
  rules: z.array(ruleSchema),
  removing: z
    .array(name)
    .describe('Names that were removed or have expired, and may be on the device still.'),
  settled: z
    .boolean()
    .describe(
      'False until a commit has ended well: then more may be on the device than is listed.',
    ),
})

export const putAnswerSchema = z.strictObject({
  operation: operationSchema,
  changed: z.boolean().describe('False: the same rules stood already, their life is renewed.'),
  notes: z.array(z.string()).describe('What the device does not do of it.'),
  rule: ruleSchema,
})

export const dryRunSchema = z.strictObject({
  dryRun: z.literal(true),
  name,
  rules: z.array(z.string()).describe('Section and rule, in canonical text.'),
  ttlSeconds: z.int(),
  cost: z.int().describe("Entries of the device's table."),
  notes: z.array(z.string()),
  rendered: z
    .record(z.string(), z.string())
    .describe('What the device would get for it, by place.'),
})

export const statusSchema = z.strictObject({
  backend: z.string(),
  state: z.enum(['starting', 'ok', 'degraded']),
  message: z.string().optional().describe('Why it is degraded.'),
  rules: z.int(),
  cost: z.int(),
  pendingOperations: z.int(),
  lastCommitAt: time.optional(),
})

/** Codes beside the reasons for which a rule or a request is refused. */
const OTHER_CODES = ['not_committed', 'failed', 'superseded', 'internal_error'] as const

export const errorSchema = z.looseObject({
  error: z.looseObject({
    code: z
      .enum([...REFUSAL_REASONS, ...REQUEST_REFUSALS, ...OTHER_CODES])
      .describe('A word for programs.'),
    message: z.string().describe('A sentence for people.'),
    line: z.int().optional().describe('Index of the line at fault.'),
  }),
})
