/**
 * Rules back to text, in one canonical order and spelling: that of the Cumulus documentation,
 * so that the lines of the 2014 article come out as they went in. What this prints,
 * `parseRuleLine` reads back to the same rule.
 */
import type { Intent, PortMatch } from './intent.ts'
import type { Family } from './prefix.ts'
import { type Placement, type Rule, type RuleAction, type RuleMatch, ruleOfIntent } from './rule.ts'

export function sectionOf(family: Family): string {
  return family === 'ipv4' ? '[iptables]' : '[ip6tables]'
}

/** One line, without its section. */
export function formatRule(rule: Rule): string {
  const table = rule.table === 'filter' ? [] : ['-t', rule.table]
  return [...table, '-A', rule.chain, ...matchWords(rule.match), ...actionWords(rule.action)].join(
    ' ',
  )
}

/** The words of the match, in canonical order; iptables reads them too. */
export function matchWords(match: RuleMatch): readonly string[] {
  const words: string[] = []
  if (match.inInterfaces.length > 0) words.push('--in-interface', match.inInterfaces.join(','))
  if (match.outInterfaces.length > 0) words.push('--out-interface', match.outInterfaces.join(','))
  if (match.source !== undefined) words.push('-s', match.source)
  if (match.destination !== undefined) words.push('-d', match.destination)
  if (match.protocol !== undefined) words.push('-p', match.protocol)
  if (match.sourcePort !== undefined) words.push('--sport', portText(match.sourcePort))
  if (match.destinationPort !== undefined) words.push('--dport', portText(match.destinationPort))
  if (match.tcpFlags !== undefined) {
    const { mask, set } = match.tcpFlags
    words.push('--tcp-flags', mask.join(','), set.length === 0 ? 'NONE' : set.join(','))
  }
  if (match.icmpType !== undefined) {
    words.push(match.family === 'ipv4' ? '--icmp-type' : '--icmpv6-type', String(match.icmpType))
  }
  if (match.fragment) words.push('-f')
  if (match.dscp !== undefined) words.push('-m', 'dscp', '--dscp', String(match.dscp))
  return words
}

function actionWords(action: RuleAction): readonly string[] {
  switch (action.type) {
    case 'drop':
      return ['-j', 'DROP']
    case 'accept':
      return ['-j', 'ACCEPT']
    case 'class':
      return ['-j', 'SETCLASS', '--class', String(action.class)]
    case 'mark':
      return [
        '-j',
        'SETQOS',
        ...optional('--set-dscp', action.dscp),
        ...optional('--set-cos', action.cos),
      ]
    case 'limit': {
      const mode = action.unit === 'packets' ? 'pkt' : 'KB'
      const rate = ['--set-rate', String(action.rate), '--set-burst', String(action.burst)]
      return ['-j', 'POLICE', '--set-mode', mode, ...rate, ...optional('--set-class', action.class)]
    }
  }
}

/**
 * An intent as the body of a PUT for any server that speaks the article's interface: its
 * section, why it is there, and the rule.
 */
export function formatIntent(
  intent: Intent,
  placement: Placement = 'forward',
  interfaceDefault = 'swp+',
): readonly string[] {
  const rule = ruleOfIntent(intent, placement, interfaceDefault)
  return [sectionOf(rule.family), `# ${commentText(intent)}`, formatRule(rule)]
}

/** Policy and reason, reduced to what comments may have. */
export function commentText(intent: Intent): string {
  const text = `${intent.policy}: ${intent.reason === '' ? intent.action.type : intent.reason}`
  return text.replace(/[^A-Za-z0-9 .,:/_+()#%@=-]/g, '_').slice(0, 200)
}

export function portText(port: PortMatch): string {
  return typeof port === 'number' ? String(port) : `${port.from}:${port.to}`
}

function optional(word: string, value: number | undefined): readonly string[] {
  return value === undefined ? [] : [word, String(value)]
}
