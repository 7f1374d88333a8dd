/**
 * Cumulus Linux: one file a name in the policy folder, installed by `cl-acltool -i`, which reads the
 * folder in sort order and takes all or nothing. Files of ours begin with a line that says so; one
 * without it is an operator's, whatever its name, and is never touched. Files are replaced by
 * rename, under temporary names that cl-acltool does not read. Counters and presence come from
 * `iptables-save -c`, read with our own parser.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory, writeDurably } from '../durable-file.ts'
import { formatRule, sectionOf } from '../rule/format.ts'
import { parseRuleLine } from '../rule/parse.ts'
import type { Family } from '../rule/prefix.ts'
import type { Rule } from '../rule/rule.ts'
import type { ApplyResult, Backend, Hits, NamedRules, ReadBack, Rendering } from './backend.ts'
import { type CommitGuard, runGuarded } from './commit-guard.ts'
import { failureText, type RunProgram } from './run-program.ts'
import { addHits, expandInterfaces, parseSaved } from './tables.ts'

export interface CumulusOptions {
  readonly run: RunProgram
  readonly guard: CommitGuard
  /** `/etc/cumulus/acl/policy.d` */
  readonly policyDirectory: string
  /** Of files that drop or limit: they sort before those of NVUE (`50_nvue.rules`). */
  readonly prefixDrop: string
  /** Of files that only mark: after them. */
  readonly prefixMark: string
  readonly program: string
  /** Folder of iptables-save and ip6tables-save. */
  readonly programDirectory: string
  readonly timeoutMs: number
  /** `cl5`: ingress rules in mangle PREROUTING, as NVUE writes them; `cl3`: in FORWARD. */
  readonly profile: 'cl3' | 'cl5'
}

const HEADER = '# sflow-bridge acl-agent: '
const SUFFIX = '.rules'
const TEMPORARY = '.sflow-bridge.tmp'

export function cumulusBackend(options: CumulusOptions): Backend {
  /** Names by the canonical text of their rules: of a rendering, and of what was applied last. */
  const namesOf = new WeakMap<Rendering, ReadonlyMap<string, string>>()
  let names: ReadonlyMap<string, string> = new Map()
  /** What the kernel said the last time that it could be asked, since the last commit. */
  let known: KernelRules | undefined
  return {
    name: 'cumulus',
    placement: options.profile === 'cl5' ? 'ingress' : 'forward',
    interfaceDefault: 'swp+',
    refusalOf: () => undefined,
    costOf,
    notesOf: () => [],
    render(all) {
      const rendering = new Map(all.map(entry => [fileOf(entry, options), fileText(entry)]))
      namesOf.set(rendering, namesByText(all))
      return rendering
    },
    apply(rendering) {
      names = namesOf.get(rendering) ?? names
      known = undefined
      return apply(rendering, options)
    },
    async readBack() {
      const { kernel, ...read } = await readBack(names, options, known)
      known = kernel
      return read
    },
    async recover() {
      await options.guard.recover()
      for (const file of await readdir(options.policyDirectory)) {
        if (file.endsWith(TEMPORARY)) await rm(join(options.policyDirectory, file), { force: true })
      }
    },
  }
}

/** Entries in the TCAM: in × out interfaces, doubled by each port range ("Estimate the Number of Rules"). */
function costOf(rule: Rule): number {
  const { inInterfaces, outInterfaces, sourcePort, destinationPort } = rule.match
  const ranges = [sourcePort, destinationPort].filter(port => typeof port === 'object').length
  return Math.max(1, inInterfaces.length) * Math.max(1, outInterfaces.length) * 2 ** ranges
}

function fileOf(entry: NamedRules, options: CumulusOptions): string {
  const onlyMarks = entry.rules.every(
    ({ action }) => action.type === 'mark' || action.type === 'class',
  )
  return `${onlyMarks ? options.prefixMark : options.prefixDrop}${entry.name}${SUFFIX}`
}

function fileText(entry: NamedRules): string {
  const lines = [`${HEADER}${entry.key}`]
  let section = ''
  for (const rule of entry.rules) {
    if (section !== sectionOf(rule.family)) {
      section = sectionOf(rule.family)
      lines.push(section)
    }
    if (lines.length === 2 && entry.comment !== '') lines.push(`# ${entry.comment}`)
    lines.push(formatRule(rule))
  }
  return `${lines.join('\n')}\n`
}

async function apply(rendering: Rendering, options: CumulusOptions): Promise<ApplyResult> {
  try {
    const foreign = await writeFiles(rendering, options)
    if (foreign !== undefined) return foreign
  } catch (error) {
    return { ok: false, kind: 'unavailable', message: (error as Error).message }
  }
  const { run, program, timeoutMs, guard } = options
  const result = await runGuarded(run, guard, [program, '-i'], { timeoutMs })
  if (result.status === 0) return { ok: true }
  const message = failureText(program, result)
  if (result.timedOut) return { ok: false, kind: 'timeout', message }
  if (result.status === undefined) return { ok: false, kind: 'unavailable', message }
  return { ok: false, kind: 'rejected', message, culprit: culpritOf(message, rendering, options) }
}

/** The policy folder becomes what is rendered, beside the operators' files. */
async function writeFiles(
  rendering: Rendering,
  options: CumulusOptions,
): Promise<ApplyResult | undefined> {
  const directory = options.policyDirectory
  const present = await ownFiles(options)
  for (const [file, text] of rendering) {
    const before = present.get(file)
    if (before === text) continue
    if (before === undefined && (await exists(directory, file))) {
      const culprit = nameOf(file, options)
      return {
        ok: false,
        kind: 'rejected',
        message: `${file} is there and not of this agent`,
        culprit,
      }
    }
    await writeDurably(directory, file, `${file}${TEMPORARY}`, text, 0o644)
  }
  for (const file of present.keys()) {
    if (!rendering.has(file)) await rm(join(directory, file), { force: true })
  }
  await syncDirectory(directory)
  return undefined
}

async function exists(directory: string, file: string): Promise<boolean> {
  return (await readdir(directory)).includes(file)
}

/** Files with our prefixes that begin with our line, and their text. */
async function ownFiles(options: CumulusOptions): Promise<ReadonlyMap<string, string>> {
  const own = new Map<string, string>()
  for (const file of (await readdir(options.policyDirectory)).sort()) {
    if (nameOf(file, options) === undefined) continue
    const text = await readFile(join(options.policyDirectory, file), 'utf8')
    if (text.startsWith(HEADER)) own.set(file, text)
  }
  return own
}

function nameOf(file: string, options: CumulusOptions): string | undefined {
  const prefix = [options.prefixDrop, options.prefixMark].find(start => file.startsWith(start))
  if (prefix === undefined || !file.endsWith(SUFFIX)) return undefined
  const name = file.slice(prefix.length, -SUFFIX.length)
  return /^[a-z0-9_]+$/.test(name) ? name : undefined
}

/** The one file, or the one rule, that the tool names in what it says. */
function culpritOf(
  said: string,
  rendering: Rendering,
  options: CumulusOptions,
): string | undefined {
  const named = [...rendering].filter(([file]) => said.includes(file))
  const quoted = [...rendering].filter(([, text]) =>
    text.split('\n').some(line => /(^| )-A /.test(line) && said.includes(line)),
  )
  const [only, second] = named.length > 0 ? named : quoted
  return only === undefined || second !== undefined ? undefined : nameOf(only[0], options)
}

/**
 * Our files, and our rules as the kernel has them. Where the kernel cannot be asked, the files alone
 * tell whether somebody has changed something.
 */
async function readBack(
  names: ReadonlyMap<string, string>,
  options: CumulusOptions,
  known: KernelRules | undefined,
): Promise<ReadBack & { readonly kernel: KernelRules | undefined }> {
  const kernel = await kernelRules(names, options)
  const asked = 'failure' in kernel ? undefined : kernel
  const present = (asked ?? known)?.present ?? []
  const files = [...(await ownFiles(options))].flat()
  const fingerprint = createHash('sha256')
    .update([...files, ...present].join('\n'))
    .digest('hex')
  const missing = 'failure' in kernel ? kernel.failure : undefined
  return { fingerprint, hits: asked?.hits ?? new Map(), missing, kernel: asked ?? known }
}

interface KernelRules {
  readonly present: readonly string[]
  readonly hits: ReadonlyMap<string, Hits>
}

async function kernelRules(
  names: ReadonlyMap<string, string>,
  options: CumulusOptions,
): Promise<KernelRules | { readonly failure: string }> {
  const hits = new Map<string, Hits>()
  const present: string[] = []
  for (const [family, program] of [
    ['ipv4', 'iptables-save'],
    ['ipv6', 'ip6tables-save'],
  ] as const) {
    const argv = [join(options.programDirectory, program), '-c']
    const result = await options.run(argv, { timeoutMs: options.timeoutMs })
    if (result.status !== 0) return { failure: failureText(program, result) }
    for (const rule of parseSaved(result.stdout).rules) {
      const text = canonicalText(`-t ${rule.table} ${rule.text}`, family)
      const name = text === undefined ? undefined : names.get(text)
      if (name === undefined) continue
      present.push(`${text}`)
      addHits(hits, name, rule)
    }
  }
  return { present, hits }
}

function namesByText(all: readonly NamedRules[]): ReadonlyMap<string, string> {
  return new Map(
    all.flatMap(({ name, rules }) =>
      rules.flatMap(savedTexts).map((text): [string, string] => [text, name]),
    ),
  )
}

function savedTexts(rule: Rule): readonly string[] {
  return expandInterfaces(rule).map(one => `${one.family} ${formatRule(one)}`)
}

/** A rule of the kernel in our own words; undefined if it is none that we could have made. */
function canonicalText(words: string, family: Family): string | undefined {
  const parsed = parseRuleLine(words, family)
  if (!parsed.ok || parsed.value.kind !== 'rule') return undefined
  return `${family} ${formatRule(parsed.value.rule)}`
}
