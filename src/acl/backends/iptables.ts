/**
 * Plain Linux by iptables-restore and ip6tables-restore. Own chains (`SFLOW-FORWARD`, …), each
 * jumped to from the head of the chain whose name it bears; they are replaced whole, one
 * transaction a family, their counters kept. Rules of operators are neither read nor written.
 * SETQOS becomes DSCP and, for CoS, CLASSIFY: the packet's priority, which a VLAN interface with an
 * egress-qos-map writes into the tag. POLICE becomes hashlimit.
 */
import { createHash } from 'node:crypto'
import { matchWords } from '../rule/format.ts'
import type { Family } from '../rule/prefix.ts'
import { protocolNumber } from '../rule/protocol.ts'
import type { Refusal } from '../rule/refusal.ts'
import type { RateAction, Rule } from '../rule/rule.ts'
import type { ApplyResult, Backend, Hits, NamedRules, ReadBack, Rendering } from './backend.ts'
import { type CommitGuard, noGuard, runGuarded } from './commit-guard.ts'
import { failureText, type ProgramResult, type RunProgram } from './run-program.ts'
import { addHits, expandInterfaces, parseSaved, type SavedTables } from './tables.ts'

export interface IptablesOptions {
  readonly run: RunProgram
  readonly guard?: CommitGuard
  /** Folder of iptables-restore, iptables-save and their IPv6 siblings. */
  readonly programDirectory: string
  readonly timeoutMs: number
}

const OWN = 'SFLOW-'
const JUMP_COMMENT = 'sflow-bridge acl-agent'
/** Ends the comment of a rule that sees the same packets as the one before it. */
const AGAIN = '+'
const PROGRAMS = { ipv4: 'iptables', ipv6: 'ip6tables' } as const
/** Protocols whose names every libxt knows; others go by number, whatever /etc/protocols says. */
const NAMED: ReadonlySet<string> = new Set(['tcp', 'udp', 'icmp', 'icmpv6', 'sctp'])
/** Exit status of iptables when the lock or memory cannot be had (iptables(8), DIAGNOSTICS). */
const STATUS_RESOURCE = 4

export function iptablesBackend(options: IptablesOptions): Backend {
  return {
    name: 'iptables',
    placement: 'forward',
    refusalOf,
    costOf: rule => linesOf(rule, '').length,
    notesOf,
    render,
    apply: rendering => apply(rendering, options),
    readBack: () => readBack(options),
    recover: () => (options.guard ?? noGuard).recover(),
  }
}

/** CLASSIFY works where the route is known (xt_CLASSIFY.c: LOCAL_OUT, FORWARD, POSTROUTING). */
function classifies(rule: Rule): boolean {
  return rule.chain === 'FORWARD' || rule.chain === 'POSTROUTING'
}

function refusalOf(rule: Rule): Refusal | undefined {
  const { action } = rule
  const needsPriority =
    action.type === 'class' || (action.type === 'mark' && action.dscp === undefined)
  if (!needsPriority || classifies(rule)) return undefined
  return { reason: 'backend', message: `iptables sets no class or CoS in ${rule.chain}` }
}

function notesOf(rule: Rule): readonly string[] {
  if (rule.action.type !== 'mark' || rule.action.cos === undefined) return []
  if (!classifies(rule)) return [`CoS is not set in ${rule.chain}`]
  return ['CoS becomes the priority of the packet; an egress-qos-map brings it into the VLAN tag']
}

function render(all: readonly NamedRules[]): Rendering {
  return new Map(
    (['ipv4', 'ipv6'] as const).map(family => [PROGRAMS[family], familyText(all, family)]),
  )
}

/** `*table`, the own chains and their rules; empty if the family has none. */
function familyText(all: readonly NamedRules[], family: Family): string {
  const byTable = new Map<string, string[]>()
  for (const entry of [...all].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    for (const rule of entry.rules.filter(rule => rule.family === family)) {
      const table = tableOf(rule)
      const lines = byTable.get(table) ?? []
      byTable.set(table, [...lines, ...linesOf(rule, entry.key)])
    }
  }
  return [...byTable]
    .sort()
    .map(([table, lines]) => {
      const chains = [...new Set(lines.map(line => line.split(' ')[1] ?? ''))].sort()
      return [
        `*${table}`,
        ...chains.map(chain => `:${chain} - [0:0]`),
        ...lines,
        'COMMIT',
        '',
      ].join('\n')
    })
    .join('')
}

/** DSCP and CLASSIFY stand in mangle only, wherever Cumulus would have SETQOS. */
function tableOf(rule: Rule): string {
  return rule.action.type === 'mark' || rule.action.type === 'class' ? 'mangle' : rule.table
}

function linesOf(rule: Rule, key: string): readonly string[] {
  return expandInterfaces(rule).flatMap(one => {
    const { protocol } = one.match
    const named = protocol === undefined || NAMED.has(protocol)
    const match = named ? one.match : { ...one.match, protocol: String(protocolNumber(protocol)) }
    const head = ['-A', `${OWN}${one.chain}`, ...matchWords(match)]
    return targetsOf(one, key).map((target, index) =>
      [...head, '-m', 'comment', '--comment', index === 0 ? key : `${key}${AGAIN}`, ...target].join(
        ' ',
      ),
    )
  })
}

function targetsOf(rule: Rule, key: string): readonly (readonly string[])[] {
  const { action } = rule
  switch (action.type) {
    case 'drop':
      return [['-j', 'DROP']]
    case 'accept':
      return [['-j', 'ACCEPT']]
    case 'class':
      return [['-j', 'CLASSIFY', '--set-class', `0:${action.class}`]]
    case 'limit':
      return [[...hashlimit(action, key), '-j', 'DROP']]
    case 'mark': {
      const dscp =
        action.dscp === undefined ? [] : [['-j', 'DSCP', '--set-dscp', String(action.dscp)]]
      const cos =
        action.cos === undefined || !classifies(rule)
          ? []
          : [['-j', 'CLASSIFY', '--set-class', `0:${action.cos}`]]
      return [...dscp, ...cos]
    }
  }
}

/** One bucket for all that matches: hashlimit without a mode. Its burst is at least its rate. */
function hashlimit(action: RateAction, key: string): readonly string[] {
  const name = `sf${createHash('sha256').update(key).digest('hex').slice(0, 10)}`
  const [rate, burst] =
    action.unit === 'packets'
      ? [`${action.rate}/sec`, String(action.burst)]
      : [`${action.rate * 1_000}b/s`, `${Math.max(action.rate, action.burst) * 1_000}b`]
  return [
    ...['-m', 'hashlimit', '--hashlimit-above', rate],
    ...['--hashlimit-burst', burst, '--hashlimit-name', name],
  ]
}

async function apply(rendering: Rendering, options: IptablesOptions): Promise<ApplyResult> {
  for (const program of Object.values(PROGRAMS)) {
    const text = rendering.get(program) ?? ''
    const saved = await save(program, options)
    if ('failure' in saved) {
      // A machine without IPv6 has nothing of ours there.
      if (text === '') continue
      return { ok: false, kind: 'unavailable', message: saved.failure }
    }
    const input = restoreInput(text, saved)
    if (input === '') continue
    const restore = `${options.programDirectory}/${program}-restore`
    const argv = [restore, '--noflush', '--counters', '--wait', '5']
    const { run, guard = noGuard, timeoutMs } = options
    const result = await runGuarded(run, guard, argv, { stdin: input, timeoutMs })
    if (result.status !== 0) return failure(restore, result, input)
  }
  return { ok: true }
}

/** The rendered text with the counters of rules that stay, jumps that lack, and what must go. */
export function restoreInput(text: string, saved: SavedTables): string {
  const counters = new Map<string, string[]>()
  for (const rule of saved.rules.filter(rule => rule.chain.startsWith(OWN))) {
    const kept = counters.get(rule.comment) ?? []
    counters.set(rule.comment, [...kept, `[${rule.packets}:${rule.bytes}]`])
  }
  const tables = new Map<string, string[]>()
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1)
      tables.set(table, [])
    } else if (line.startsWith('-A')) {
      const key = /--comment (\S+)/.exec(line)?.[1] ?? ''
      tables.get(table)?.push(`${counters.get(key)?.shift() ?? '[0:0]'} ${line}`)
    } else if (line.startsWith(':')) tables.get(table)?.push(line)
  }
  for (const chain of saved.chains) {
    const [name = '', own = ''] = chain.split(' ')
    if (own.startsWith(OWN) && !tables.has(name)) tables.set(name, [])
  }
  return [...tables]
    .map(([name, lines]) =>
      [`*${name}`, ...lines, ...jumps(name, lines, saved), 'COMMIT', ''].join('\n'),
    )
    .join('')
}

function jumps(table: string, lines: readonly string[], saved: SavedTables): readonly string[] {
  const wanted = lines
    .filter(line => line.startsWith(':'))
    .map(line => line.slice(1).split(' ')[0] ?? '')
  const existing = [...saved.chains]
    .filter(chain => chain.startsWith(`${table} ${OWN}`))
    .map(chain => chain.slice(table.length + 1))
  const jump = (chain: string) =>
    `${chain.slice(OWN.length)} -m comment --comment "${JUMP_COMMENT}" -j ${chain}`
  const added = wanted.filter(chain => jumpCount(table, chain, saved) === 0)
  const gone = existing.filter(chain => !wanted.includes(chain))
  return [
    ...added.map(chain => `-I ${jump(chain)}`),
    ...gone.map(chain => `:${chain} - [0:0]`),
    ...gone.flatMap(chain =>
      Array.from({ length: jumpCount(table, chain, saved) }, () => `-D ${jump(chain)}`),
    ),
    ...gone.map(chain => `-X ${chain}`),
  ]
}

function jumpCount(table: string, chain: string, saved: SavedTables): number {
  return saved.rules.filter(rule => rule.table === table && isJump(rule, chain)).length
}

function isJump(rule: { readonly text: string; readonly comment: string }, chain: string): boolean {
  return rule.comment === JUMP_COMMENT && rule.text.endsWith(` -j ${chain}`)
}

async function save(
  program: string,
  options: IptablesOptions,
): Promise<SavedTables | { readonly failure: string }> {
  const path = `${options.programDirectory}/${program}-save`
  const result = await options.run([path, '-c'], { timeoutMs: options.timeoutMs })
  if (result.status !== 0) return { failure: failureText(path, result) }
  return parseSaved(result.stdout)
}

function failure(program: string, result: ProgramResult, input: string): ApplyResult {
  const message = failureText(program, result)
  if (result.timedOut) return { ok: false, kind: 'timeout', message }
  if (result.status === undefined || result.status === STATUS_RESOURCE) {
    return { ok: false, kind: 'unavailable', message }
  }
  const line = Number(/line:? (\d+)/.exec(result.stderr)?.[1] ?? 0)
  const culprit = /--comment ([a-z0-9_]+):/.exec(input.split('\n')[line - 1] ?? '')?.[1]
  return { ok: false, kind: 'rejected', message, culprit }
}

async function readBack(options: IptablesOptions): Promise<ReadBack> {
  const hits = new Map<string, Hits>()
  const own: string[] = []
  for (const program of Object.values(PROGRAMS)) {
    const saved = await save(program, options)
    if ('failure' in saved) {
      if (program === 'iptables') throw new Error(saved.failure)
      continue
    }
    for (const rule of saved.rules) {
      if (rule.comment === JUMP_COMMENT) own.push(`${program} ${rule.table} ${rule.text}`)
      if (!rule.chain.startsWith(OWN)) continue
      own.push(`${program} ${rule.table} ${rule.text}`)
      if (!rule.comment.endsWith(AGAIN)) addHits(hits, rule.comment.split(':')[0] ?? '', rule)
    }
  }
  return { fingerprint: createHash('sha256').update(own.join('\n')).digest('hex'), hits }
}
