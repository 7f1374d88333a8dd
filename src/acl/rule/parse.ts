/**
 * One line of a policy, read word by word: a section, a comment, an empty line or a rule. There
 * is no shell and no quoting: a character, option or value that is not in the tables below is
 * refused, so what passes has exactly one meaning. Grammar: iptables-extensions(8), and the
 * targets that Cumulus Linux documents (SETQOS, POLICE, SETCLASS).
 */

import { validateMatch } from './intent.ts'
import { type Draft, OPTIONS } from './options.ts'
import type { Family } from './prefix.ts'
import { accept, type Refusal, type Result, refuse } from './refusal.ts'
import { CHAINS, type Rule, type RuleAction, SECTIONS, type Table } from './rule.ts'

export type RuleLine =
  | { readonly kind: 'section'; readonly family: Family }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'rule'; readonly rule: Rule }

export interface RuleDocument {
  /** As they were given: what GET answers. */
  readonly lines: readonly string[]
  readonly rules: readonly Rule[]
}

/** No real rule is longer; the longest of the options together stay below 400. */
export const LINE_LENGTH_MAX = 512
/** One name stands for a few lines of one purpose; a thousand lines are a thousand names. */
export const LINES_MAX = 64

const RULE_CHARACTERS = /^[A-Za-z0-9 .,:/_+-]*$/
/** No quotes, `$`, `;`, `|`, `&`, back-quotes or angle brackets, though nothing would read them. */
const COMMENT_CHARACTERS = /^#[A-Za-z0-9 .,:/_+()#%@=-]*$/

/** Reads one line in the given family. Never throws; the refusal says which word was wrong. */
export function parseRuleLine(line: string, family: Family = 'ipv4'): Result<RuleLine> {
  if (line.length > LINE_LENGTH_MAX) {
    return refuse('too_long', `a line has at most ${LINE_LENGTH_MAX} characters`)
  }
  if (line.trim() === '' && /^ *$/.test(line)) return accept({ kind: 'empty' })
  if (line.startsWith('#')) {
    if (!COMMENT_CHARACTERS.test(line))
      return refuse('character', 'a character that comments do not have')
    return accept({ kind: 'comment', text: line.slice(1).trim() })
  }
  if (line.startsWith('[')) {
    if (!Object.hasOwn(SECTIONS, line)) {
      return refuse('section', `the sections are ${Object.keys(SECTIONS).join(' and ')}`)
    }
    return accept({ kind: 'section', family: SECTIONS[line as keyof typeof SECTIONS] })
  }
  if (/(^| )!/.test(line) && RULE_CHARACTERS.test(line.replaceAll('!', ''))) {
    return refuse('inverse', 'inverse matches are not allowed')
  }
  if (!RULE_CHARACTERS.test(line)) return refuse('character', 'a character that rules do not have')
  const rule = parseRule(
    line.split(' ').filter(word => word !== ''),
    family,
  )
  return rule.ok ? accept({ kind: 'rule', rule: rule.value }) : rule
}

/** Reads the body of a PUT: an array of lines, rules below their section. */
export function parseLines(input: unknown): Result<RuleDocument> {
  if (!Array.isArray(input) || !input.every(line => typeof line === 'string')) {
    return refuse('not_a_rule', 'the body is a JSON array of strings')
  }
  const lines: readonly string[] = input
  if (lines.length === 0) return refuse('not_a_rule', 'the array is empty')
  if (lines.length > LINES_MAX) return refuse('too_many_lines', `at most ${LINES_MAX} lines`)
  const rules: Rule[] = []
  let family: Family | undefined
  for (const [index, line] of lines.entries()) {
    const parsed = parseRuleLine(line, family)
    if (!parsed.ok) return atLine(parsed.refusal, index)
    if (parsed.value.kind === 'section') family = parsed.value.family
    if (parsed.value.kind !== 'rule') continue
    if (family === undefined) {
      const refusal = { reason: 'section', message: 'a rule stands below its section' } as const
      return atLine(refusal, index)
    }
    rules.push(parsed.value.rule)
  }
  return accept({ lines, rules })
}

function atLine(refusal: Refusal, line: number): Result<never> {
  return { ok: false, refusal: { ...refusal, message: `line ${line}: ${refusal.message}`, line } }
}

function parseRule(words: readonly string[], family: Family): Result<Rule> {
  const draft: Draft = { family, modules: new Set(), inInterfaces: [], outInterfaces: [] }
  const seen = new Set<string>()
  for (let index = 0; index < words.length; ) {
    const word = words[index] as string
    const option = OPTIONS.get(word)
    if (option === undefined)
      return refuse('option', `"${word}" is not an option that rules may use`)
    if (seen.has(option.key) && !option.repeatable) {
      return refuse('repeated_option', `${word} is given twice`)
    }
    seen.add(option.key)
    const values = words.slice(index + 1, index + 1 + option.values)
    if (values.length < option.values) return refuse('value', `${word} needs a value`)
    const fault = option.read(draft, values, word)
    if (fault !== undefined) return fault
    index += 1 + option.values
  }
  return finish(draft)
}

function finish(draft: Draft): Result<Rule> {
  const table = draft.table ?? 'filter'
  if (draft.chain === undefined) return refuse('not_a_rule', 'a rule begins with -A and a chain')
  const chain = CHAINS[table].find(name => name === draft.chain)
  if (chain === undefined) return refuse('chain', `${draft.chain} is no chain of table ${table}`)
  if (draft.outInterfaces.length > 0 && (chain === 'INPUT' || chain === 'PREROUTING')) {
    return refuse('chain', `${chain} knows no output interface`)
  }
  if (draft.inInterfaces.length > 0 && chain === 'POSTROUTING') {
    return refuse('chain', `${chain} knows no input interface`)
  }
  const fault = faultOfModules(draft)
  if (fault !== undefined) return fault
  const action = finishAction(draft, table)
  if (!action.ok) return action
  const { family, source, destination, protocol, sourcePort, destinationPort } = draft
  const { tcpFlags, icmpType, fragment, dscp, inInterfaces, outInterfaces } = draft
  const match = validateMatch({
    ...{ family, source, destination, protocol, sourcePort, destinationPort },
    ...{ tcpFlags, icmpType, fragment, dscp },
  })
  if (!match.ok) return match
  return accept({
    family,
    table,
    chain,
    match: { ...match.value, inInterfaces, outInterfaces },
    action: action.value,
  })
}

function faultOfModules(draft: Draft): Result<never> | undefined {
  for (const module of draft.modules) {
    if (module === 'dscp') {
      if (draft.dscp === undefined) return refuse('option', '-m dscp needs --dscp')
    } else if (module === 'icmp6' ? !isIcmpv6(draft) : module !== draft.protocol) {
      return refuse('protocol', `-m ${module} needs its protocol`)
    }
  }
  if (draft.dscp !== undefined && !draft.modules.has('dscp')) {
    return refuse('option', '--dscp needs -m dscp')
  }
  return undefined
}

function isIcmpv6(draft: Draft): boolean {
  return draft.protocol === 'icmpv6' || draft.protocol === 'ipv6-icmp'
}

/** Options of a target, by target: those needed and those allowed. */
const TARGETS: Readonly<Record<string, { needs: readonly string[]; takes: readonly string[] }>> = {
  DROP: { needs: [], takes: [] },
  ACCEPT: { needs: [], takes: [] },
  SETQOS: { needs: [], takes: ['setDscp', 'setCos'] },
  DSCP: { needs: ['setDscp'], takes: ['setDscp'] },
  POLICE: { needs: ['mode', 'rate', 'burst'], takes: ['mode', 'rate', 'burst', 'setClass'] },
  SETCLASS: { needs: ['class'], takes: ['class'] },
}
const TARGET_OPTIONS = ['setDscp', 'setCos', 'mode', 'rate', 'burst', 'setClass', 'class'] as const

function finishAction(draft: Draft, table: Table): Result<RuleAction> {
  const name = draft.target
  if (name === undefined) return refuse('target', 'a rule ends with -j and a target')
  const target = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined
  if (target === undefined) return refuse('target', `"${name}" is not a target that rules may have`)
  for (const option of TARGET_OPTIONS) {
    if (draft[option] !== undefined && !target.takes.includes(option)) {
      return refuse('option', `${name} takes no such option`)
    }
    if (draft[option] === undefined && target.needs.includes(option)) {
      return refuse('option', `${name} needs --set-${option.toLowerCase().replace('set', '')}`)
    }
  }
  if (name === 'DROP') return accept({ type: 'drop' })
  if (name === 'ACCEPT') return accept({ type: 'accept' })
  if (name === 'SETCLASS') return accept({ type: 'class', class: draft.class ?? 0 })
  if (name === 'POLICE') return accept(rateOf(draft))
  if (draft.setDscp === undefined && draft.setCos === undefined) {
    return refuse('option', 'SETQOS sets a DSCP, a CoS or both')
  }
  if (name === 'DSCP' && table !== 'mangle') return refuse('table', 'DSCP stands in table mangle')
  return accept({
    type: 'mark',
    ...(draft.setDscp === undefined ? {} : { dscp: draft.setDscp }),
    ...(draft.setCos === undefined ? {} : { cos: draft.setCos }),
  })
}

function rateOf(draft: Draft): RuleAction {
  return {
    type: 'limit',
    unit: draft.mode ?? 'packets',
    rate: draft.rate ?? 0,
    burst: draft.burst ?? 0,
    ...(draft.setClass === undefined ? {} : { class: draft.setClass }),
  }
}
