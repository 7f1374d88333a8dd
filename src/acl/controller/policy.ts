/**
 * Policies: which alerts may become which rules, how carefully, and for how long. The schema with
 * defaults and reasons is `config/controller.ts`; here are the resolved types and the matching.
 */
export const RULE_ACTIONS = ['mark', 'drop', 'limit'] as const
export type RuleAction = (typeof RULE_ACTIONS)[number]

export const MODES = ['automatic', 'manual', 'observe'] as const
export type Mode = (typeof MODES)[number]

export interface Matcher {
  readonly label: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

export interface Policy {
  readonly name: string
  readonly action: RuleAction
  /** All must hold; none: every alert with this action. */
  readonly match: readonly Matcher[]
  readonly mode: Mode
  readonly mark: { readonly dscp: number; readonly cos?: number }
  readonly limit: {
    readonly bitsPerSecond?: number
    readonly packetsPerSecond?: number
    readonly burst: number
  }
  /** Plain label names that stand for flow keys, such as victim → destination. */
  readonly rename: Readonly<Record<string, string>>
  /** Flow keys of the alert that the rule may leave out, although that makes it wider. */
  readonly ignoreKeys: readonly string[]
  /** Of TCP, only packets that open a connection. */
  readonly synOnly: boolean
  readonly placement: 'agent' | 'port'
  /** The destination of a drop is at least this long. */
  readonly prefixMin: { readonly ipv4: number; readonly ipv6: number }
  /** May a drop take everything to (or from) an address, whatever the protocol? */
  readonly blackhole: boolean
  readonly estimate: 'required' | 'optional'
  /** Used when the alert tells none; in the unit of its value. */
  readonly threshold?: number
  /** Once asked, an alert asks until its upper bound is below this share of the threshold. */
  readonly releaseRatio: number
  readonly samplesMin: number
  readonly sourcesMin: number
  /** How long a rule stays when nothing asks for it any more; doubles with each flap. */
  readonly holdMs: number
  readonly holdMaxMs: number
  readonly flapWindowMs: number
  /** A rule that has ended may not return before. */
  readonly coolDownMs: number
  /** Life on the ACL agent unless renewed; the controller renews at a third. */
  readonly ttlMs: number
  readonly rulesMax: number
  readonly rulesPerMinute: number
  /** A rejection is remembered this long, although the alert goes on. */
  readonly rejectionMs: number
  /** One ACL agent first, the others after this time; 0: all at once. */
  readonly canaryMs: number
  /** Bytes per second of hits above which a drop still has work, though no alert asks. */
  readonly hitsReleaseBytesPerSecond: number
  /** So long do hits alone keep a rule; then it is taken off to see. 0: for ever. */
  readonly probeMs: number
}

export interface Caps {
  readonly rulesMax: number
  readonly rulesPerMinute: number
}

/** The first policy of the alert's action whose matchers all hold. */
export function policyFor(
  policies: readonly Policy[],
  labels: Readonly<Record<string, string>>,
): Policy | undefined {
  return policies.find(
    policy =>
      policy.action === labels.acl_action &&
      policy.match.every(matcher => matches(matcher, labels[matcher.label] ?? '')),
  )
}

/** As in Alertmanager: an absent label is the empty string, expressions are anchored. */
export function matches(matcher: Matcher, value: string): boolean {
  switch (matcher.op) {
    case '=':
      return value === matcher.value
    case '!=':
      return value !== matcher.value
    case '=~':
      return expression(matcher.value).test(value)
    case '!~':
      return !expression(matcher.value).test(value)
  }
}

/** `label="value"`, `label=~"a|b"`: the text form of the configuration. */
export function parseMatcher(text: string): Matcher | undefined {
  const parts = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"([^"]*)"|([^"]*?))\s*$/.exec(
    text,
  )
  if (parts === null) return undefined
  const [, label, op, quoted, bare] = parts as unknown as [
    string,
    string,
    Matcher['op'],
    string?,
    string?,
  ]
  const matcher: Matcher = { label, op, value: quoted ?? bare ?? '' }
  if (op.endsWith('~')) {
    try {
      expression(matcher.value)
    } catch {
      return undefined
    }
  }
  return matcher
}

function expression(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}
