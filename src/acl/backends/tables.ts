/**
 * What the two iptables backends share: rules of a kernel's tables as `iptables-save -c` prints
 * them, and the rules that a rule with lists of interfaces stands for.
 */
import type { Rule } from '../rule/rule.ts'
import type { Hits } from './backend.ts'

export interface SavedRule extends Hits {
  readonly table: string
  readonly chain: string
  /** From `-A` on, without the counters. */
  readonly text: string
  /** The words of its comment, if it has one. */
  readonly comment: string
}

export interface SavedTables {
  readonly rules: readonly SavedRule[]
  /** `table chain` of every chain that there is. */
  readonly chains: ReadonlySet<string>
}

/** Reads the output of `iptables-save -c`; lines of other kinds are left out. */
export function parseSaved(text: string): SavedTables {
  const rules: SavedRule[] = []
  const chains = new Set<string>()
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim()
    const chain = /^:(\S+) /.exec(line)?.[1]
    if (chain !== undefined) chains.add(`${table} ${chain}`)
    const rule = /^\[(\d+):(\d+)\] (-A (\S+).*)$/.exec(line)
    if (rule === null) continue
    const [, packets, bytes, words = '', ruleChain = ''] = rule
    const comment = /--comment (?:"([^"]*)"|(\S+))/.exec(words)
    rules.push({
      ...{ table, chain: ruleChain, text: words },
      comment: comment?.[1] ?? comment?.[2] ?? '',
      packets: Number(packets),
      bytes: Number(bytes),
    })
  }
  return { rules, chains }
}

/** One rule for each pair of input and output interface, since kernels know no lists of them. */
export function expandInterfaces(rule: Rule): readonly Rule[] {
  const { inInterfaces, outInterfaces } = rule.match
  const ins = inInterfaces.length === 0 ? [[]] : inInterfaces.map(name => [name])
  const outs = outInterfaces.length === 0 ? [[]] : outInterfaces.map(name => [name])
  return ins.flatMap(one =>
    outs.map(other => ({
      ...rule,
      match: { ...rule.match, inInterfaces: one, outInterfaces: other },
    })),
  )
}

export function addHits(all: Map<string, Hits>, name: string, hits: Hits): void {
  const before = all.get(name) ?? { packets: 0, bytes: 0 }
  all.set(name, { packets: before.packets + hits.packets, bytes: before.bytes + hits.bytes })
}
