/**
 * Plain Linux by nft: one table of our own, `inet sflow_acl`, replaced whole in one transaction
 * with its counters kept. Its chains hook in just before iptables' tables of the same name; what
 * operators have in other tables is neither read nor written.
 */
import { createHash } from 'node:crypto'
import type { PortMatch } from '../rule/intent.ts'
import { protocolNumber } from '../rule/protocol.ts'
import type { RateAction, Rule, RuleMatch } from '../rule/rule.ts'
import type { ApplyResult, Backend, Hits, NamedRules, ReadBack, Rendering } from './backend.ts'
import { type CommitGuard, noGuard, runGuarded } from './commit-guard.ts'
import { failureText, type RunProgram } from './run-program.ts'
import { addHits, expandInterfaces } from './tables.ts'

export interface NftablesOptions {
  readonly run: RunProgram
  readonly guard?: CommitGuard
  readonly program: string
  readonly timeoutMs: number
}

const TABLE = 'inet sflow_acl'
/** Ten before iptables' own chains, so that operators' chains see what we let through. */
const PRIORITIES = { filter: -10, mangle: -160 } as const

export function nftablesBackend(options: NftablesOptions): Backend {
  return {
    name: 'nftables',
    placement: 'forward',
    refusalOf: () => undefined,
    costOf: rule => expandInterfaces(rule).length,
    notesOf,
    render,
    apply: rendering => apply(rendering, options),
    readBack: () => readBack(options),
    recover: () => (options.guard ?? noGuard).recover(),
  }
}

function notesOf(rule: Rule): readonly string[] {
  if (rule.action.type !== 'mark' || rule.action.cos === undefined) return []
  return ['CoS becomes the priority of the packet; an egress-qos-map brings it into the VLAN tag']
}

function render(all: readonly NamedRules[]): Rendering {
  const chains = new Map<string, string[]>()
  for (const entry of [...all].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    for (const rule of entry.rules) {
      const chain = `${rule.table}_${rule.chain.toLowerCase()}`
      const hook = `type filter hook ${rule.chain.toLowerCase()} priority ${PRIORITIES[rule.table]}; policy accept;`
      const lines = chains.get(chain) ?? [hook]
      chains.set(chain, [...lines, ...expandInterfaces(rule).map(one => ruleText(one, entry.key))])
    }
  }
  const body = [...chains].sort().map(([name, lines]) => {
    return `  chain ${name} {\n${lines.map(line => `    ${line}\n`).join('')}  }\n`
  })
  return new Map([['nft', body.length === 0 ? '' : `table ${TABLE} {\n${body.join('')}}\n`]])
}

function ruleText(rule: Rule, key: string): string {
  const { before, after } = actionText(rule)
  return [...matchTexts(rule.match), ...before, 'counter', ...after, `comment "${key}"`].join(' ')
}

function matchTexts(match: RuleMatch): readonly string[] {
  const ip = match.family === 'ipv4' ? 'ip' : 'ip6'
  const texts = [`meta nfproto ${match.family}`]
  for (const name of match.inInterfaces) texts.push(`iifname "${name.replace('+', '*')}"`)
  for (const name of match.outInterfaces) texts.push(`oifname "${name.replace('+', '*')}"`)
  if (match.source !== undefined) texts.push(`${ip} saddr ${match.source}`)
  if (match.destination !== undefined) texts.push(`${ip} daddr ${match.destination}`)
  if (match.protocol !== undefined) texts.push(`meta l4proto ${protocolNumber(match.protocol)}`)
  if (match.sourcePort !== undefined)
    texts.push(`${match.protocol} sport ${ports(match.sourcePort)}`)
  if (match.destinationPort !== undefined) {
    texts.push(`${match.protocol} dport ${ports(match.destinationPort)}`)
  }
  if (match.tcpFlags !== undefined) {
    const flags = (names: readonly string[]) => names.map(name => name.toLowerCase()).join('|')
    const { mask, set } = match.tcpFlags
    texts.push(`tcp flags & (${flags(mask)}) == ${set.length === 0 ? '0x0' : flags(set)}`)
  }
  if (match.icmpType !== undefined) texts.push(`${match.protocol} type ${match.icmpType}`)
  if (match.fragment) texts.push('ip frag-off & 0x1fff != 0')
  if (match.dscp !== undefined) texts.push(`${ip} dscp ${match.dscp}`)
  return texts
}

function ports(match: PortMatch): string {
  return typeof match === 'number' ? String(match) : `${match.from}-${match.to}`
}

/** What stands before the counter (so that it counts what is dropped) and after it. */
function actionText(rule: Rule): { before: readonly string[]; after: readonly string[] } {
  const { action } = rule
  const ip = rule.family === 'ipv4' ? 'ip' : 'ip6'
  switch (action.type) {
    case 'drop':
    case 'accept':
      return { before: [], after: [action.type] }
    case 'class':
      return { before: [], after: [`meta priority set 0:${action.class}`] }
    case 'limit':
      return { before: [limitText(action)], after: ['drop'] }
    case 'mark': {
      const dscp = action.dscp === undefined ? [] : [`${ip} dscp set ${action.dscp}`]
      const cos = action.cos === undefined ? [] : [`meta priority set 0:${action.cos}`]
      return { before: [], after: [...dscp, ...cos] }
    }
  }
}

function limitText({ unit, rate, burst }: RateAction): string {
  if (unit === 'packets') return `limit rate over ${rate}/second burst ${burst} packets`
  return `limit rate over ${rate * 1_000} bytes/second burst ${burst * 1_000} bytes`
}

async function apply(rendering: Rendering, options: NftablesOptions): Promise<ApplyResult> {
  const counters = new Map<string, Hits[]>()
  for (const rule of (await listRules(options).catch(() => [])) ?? []) {
    counters.set(rule.key, [...(counters.get(rule.key) ?? []), rule])
  }
  const table = (rendering.get('nft') ?? '').replace(
    / counter (.*comment "([^"]*)")$/gm,
    (whole, rest: string, key: string) => {
      const kept = counters.get(key)?.shift()
      return kept === undefined
        ? whole
        : ` counter packets ${kept.packets} bytes ${kept.bytes} ${rest}`
    },
  )
  // Adding first makes the deletion succeed where there is no table yet.
  const stdin = `add table ${TABLE}\ndelete table ${TABLE}\n${table}`
  const { run, guard = noGuard, program, timeoutMs } = options
  const result = await runGuarded(run, guard, [program, '-f', '-'], { stdin, timeoutMs })
  if (result.status === 0) return { ok: true }
  const message = failureText(program, result)
  if (result.timedOut) return { ok: false, kind: 'timeout', message }
  if (result.status === undefined) return { ok: false, kind: 'unavailable', message }
  const line = Number(/^\S+?:(\d+):/.exec(result.stderr)?.[1] ?? 0)
  const culprit = /comment "([a-z0-9_]+):/.exec(stdin.split('\n')[line - 1] ?? '')?.[1]
  return { ok: false, kind: 'rejected', message, culprit }
}

interface ListedRule extends Hits {
  readonly key: string
  readonly text: string
}

/** Our rules as nft lists them; undefined if our table is not there. Rejects if nft cannot be run. */
async function listRules(options: NftablesOptions): Promise<readonly ListedRule[] | undefined> {
  const { run, program, timeoutMs } = options
  const result = await run([program, '-j', 'list', 'table', ...TABLE.split(' ')], { timeoutMs })
  if (result.status === undefined) throw new Error(failureText(program, result))
  if (result.status !== 0) return undefined
  const listed = JSON.parse(result.stdout) as { readonly nftables: readonly NftItem[] }
  return listed.nftables.flatMap(({ rule }) => {
    if (rule === undefined) return []
    const counter = rule.expr.find(part => part.counter !== undefined)?.counter
    const expr = rule.expr.filter(part => part.counter === undefined)
    const text = JSON.stringify([rule.chain, rule.comment, expr])
    const { packets = 0, bytes = 0 } = counter ?? {}
    return [{ key: rule.comment ?? '', text, packets, bytes }]
  })
}

/** Of libnftables-json(5), what is read here. */
interface NftItem {
  readonly rule?: {
    readonly chain: string
    readonly comment?: string
    readonly expr: readonly { readonly counter?: Hits }[]
  }
}

async function readBack(options: NftablesOptions): Promise<ReadBack> {
  const rules = (await listRules(options)) ?? []
  const hits = new Map<string, Hits>()
  for (const rule of rules) addHits(hits, rule.key.split(':')[0] ?? '', rule)
  const texts = rules.map(rule => rule.text).join('\n')
  return { fingerprint: createHash('sha256').update(texts).digest('hex'), hits }
}
