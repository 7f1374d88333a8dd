/**
 * May this entry come in? Parses or validates what was given, asks safety, backend and limits.
 * Pure: what is there already comes as an argument, nothing is changed here.
 */
import type { Backend } from '../backends/backend.ts'
import { type Intent, NAME_PATTERN, validateIntent } from '../rule/intent.ts'
import { parseLines } from '../rule/parse.ts'
import { accept, type Refusal, type Result, refuse } from '../rule/refusal.ts'
import { type Rule, ruleOfIntent } from '../rule/rule.ts'
import { checkRule, type SafetyPolicy } from '../rule/safety.ts'
import { costOfEntries, costOfRules } from './entries.ts'
import type { Entry, Origin, RuleSource } from './entry.ts'

export interface AgentLimits {
  /** Names at one time. */
  readonly rulesMax: number
  /** Of these, kept free for the owners in `operators`. */
  readonly rulesReserved: number
  readonly operators: readonly string[]
  readonly rulesPerPolicyMax: number
  /** Changes of the device's rules in any minute; renewals do not count. */
  readonly changesPerMinuteMax: number
  /** Entries of the device's table, by the backend's estimate. */
  readonly budget: number
  readonly ttlSecondsMax: number
}

/** What somebody asks for, unchecked. */
export interface PutRequest {
  readonly name: string
  readonly owner?: string | undefined
  readonly policy?: string | undefined
  readonly reason?: string | undefined
  readonly cause?: string | undefined
  /** An array of lines, or an intent. */
  readonly lines?: unknown
  readonly intent?: unknown
  readonly ttlSeconds?: number | undefined
}

export interface Admitted extends Origin {
  readonly name: string
  readonly source: RuleSource
  readonly rules: readonly Rule[]
  readonly ttlSeconds: number
  readonly cost: number
  readonly notes: readonly string[]
}

export interface AdmissionContext {
  readonly backend: Backend
  readonly safety: SafetyPolicy
  readonly limits: AgentLimits
  readonly entries: readonly Entry[]
}

export function admit(request: PutRequest, context: AdmissionContext): Result<Admitted> {
  if (!NAME_PATTERN.test(request.name)) return refuse('name', 'a name is 1 to 64 of a-z, 0-9 and _')
  const read =
    request.intent === undefined ? readLines(request, context) : readIntent(request, context)
  if (!read.ok) return read
  const { ttlSeconds } = read.value
  if (ttlSeconds > context.limits.ttlSecondsMax) {
    return refuse('ttl', `the longest life of a rule is ${context.limits.ttlSecondsMax} s`)
  }
  for (const rule of read.value.rules) {
    const refusal = checkRule(rule, context.safety) ?? context.backend.refusalOf(rule)
    if (refusal !== undefined) return { ok: false, refusal }
  }
  const { rules } = read.value
  const admitted: Admitted = {
    ...read.value,
    cost: costOfRules(rules, context.backend),
    notes: [...new Set(rules.flatMap(rule => context.backend.notesOf(rule)))],
  }
  const refusal = faultOfLimits(admitted, context)
  return refusal === undefined ? accept(admitted) : { ok: false, refusal }
}

type Read = Omit<Admitted, 'cost' | 'notes'>

function readLines(request: PutRequest, context: AdmissionContext): Result<Read> {
  const document = parseLines(request.lines)
  if (!document.ok) return document
  const { lines, rules } = document.value
  const { name, owner = 'unknown', policy = 'none', reason = '', cause } = request
  const ttlSeconds = request.ttlSeconds ?? context.limits.ttlSecondsMax
  return accept({
    name,
    source: { kind: 'lines', lines },
    rules,
    ttlSeconds,
    owner,
    policy,
    reason,
    cause,
  })
}

function readIntent(request: PutRequest, context: AdmissionContext): Result<Read> {
  const validated = validateIntent(request.intent)
  if (!validated.ok) return validated
  const intent: Intent = { ...validated.value, name: validated.value.name ?? request.name }
  if (intent.name !== request.name) return refuse('name', 'the intent bears another name')
  const { placement, interfaceDefault } = context.backend
  return accept({
    name: request.name,
    source: { kind: 'intent', intent },
    rules: [ruleOfIntent(intent, placement, interfaceDefault)],
    ttlSeconds: intent.ttlSeconds ?? request.ttlSeconds ?? context.limits.ttlSecondsMax,
    owner: intent.owner,
    policy: intent.policy,
    reason: intent.reason,
    cause: intent.cause,
  })
}

function faultOfLimits(admitted: Admitted, context: AdmissionContext): Refusal | undefined {
  const { limits } = context
  const others = context.entries.filter(entry => entry.name !== admitted.name)
  const isOperator = limits.operators.includes(admitted.owner)
  const rulesMax = isOperator ? limits.rulesMax : limits.rulesMax - limits.rulesReserved
  if (others.length >= rulesMax) {
    return {
      reason: 'rule_limit',
      message: `${others.length} rules are there, the limit is ${rulesMax}`,
    }
  }
  const samePolicy = others.filter(entry => entry.policy === admitted.policy).length
  if (samePolicy >= limits.rulesPerPolicyMax && admitted.policy !== 'none') {
    const message = `policy ${admitted.policy} has its ${limits.rulesPerPolicyMax} rules`
    return { reason: 'policy_limit', message }
  }
  const used = costOfEntries(others, context.backend)
  if (used + admitted.cost > limits.budget) {
    const message = `the device's budget is ${limits.budget} entries: ${used} are used, this takes ${admitted.cost}`
    return { reason: 'budget', message }
  }
  return undefined
}
