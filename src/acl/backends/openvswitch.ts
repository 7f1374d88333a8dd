/**
 * Open vSwitch by ovs-ofctl: flows in table 0 with a cookie of ours, changed in one bundle. A drop
 * is a flow without actions; a mark or a limit does its work, sets a bit of register 15 so that it
 * does not match again, and sends the packet through table 0 once more, so that whatever operators
 * have there decides as before. Limits are meters with ids of a range of ours. Where an entry names
 * `swp+` or `bond+`, every port is meant.
 */
import { createHash } from 'node:crypto'
import type { Refusal } from '../rule/refusal.ts'
import type { Rule } from '../rule/rule.ts'
import type { ApplyResult, Backend, Hits, NamedRules, ReadBack, Rendering } from './backend.ts'
import { type CommitGuard, noGuard, runGuarded } from './commit-guard.ts'
import { actionsOf, type Meter, matchesOf, meterOf, PRIORITIES } from './openvswitch-flow.ts'
import { failureText, type RunProgram } from './run-program.ts'
import { addHits, expandInterfaces } from './tables.ts'

export interface OpenvswitchOptions {
  readonly run: RunProgram
  readonly guard?: CommitGuard
  readonly program: string
  readonly bridge: string
  /** First of the 4096 meter ids that are ours. */
  readonly meterBase: number
  readonly timeoutMs: number
}

/** The first 16 bits of our cookies. */
const COOKIE_MARK = '5f0a'
const COOKIE_ALL = `cookie=0x${COOKIE_MARK}000000000000/0xffff000000000000`
const METERS = 4_096
const VERSION = ['-O', 'OpenFlow14']

export function openvswitchBackend(options: OpenvswitchOptions): Backend {
  return new OpenvswitchBackend(options)
}

class OpenvswitchBackend implements Backend {
  readonly name = 'openvswitch'
  readonly placement = 'forward'
  readonly #options: OpenvswitchOptions
  /** Names by cookie: of a rendering, and of what was applied last. */
  readonly #namesOf = new WeakMap<Rendering, ReadonlyMap<string, string>>()
  #names: ReadonlyMap<string, string> = new Map()
  /** Flows as they were right after they were put there, by cookie. */
  #put: ReadonlyMap<string, string> = new Map()

  constructor(options: OpenvswitchOptions) {
    this.#options = options
  }

  refusalOf({ match, action }: Rule): Refusal | undefined {
    if (match.outInterfaces.length > 0) {
      return { reason: 'backend', message: 'openvswitch matches no output interface' }
    }
    if (action.type !== 'class' && action.type !== 'accept') return undefined
    return { reason: 'backend', message: `openvswitch knows no ${action.type}` }
  }

  costOf(rule: Rule): number {
    return expandInterfaces(rule).reduce((sum, one) => sum + matchesOf(one).length, 0)
  }

  notesOf({ match, action }: Rule): readonly string[] {
    const notes: string[] = []
    if (match.inInterfaces.some(name => name.endsWith('+'))) notes.push('every port is meant')
    if (action.type === 'mark' && action.cos !== undefined)
      notes.push('CoS is set in tagged frames')
    return notes
  }

  render(all: readonly NamedRules[]): Rendering {
    const meters = new Map<number, Meter>()
    const flows = [...all]
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .flatMap(entry =>
        entry.rules.flatMap(rule => flowsOf(rule, entry.key, meters, this.#options)),
      )
    const meterText = [...meters].map(([id, meter]) => `meter=${id},${meter}\n`)
    const rendering = new Map([
      ['flows', flows.map(flow => `${flow}\n`).join('')],
      ['meters', meterText.join('')],
    ])
    this.#namesOf.set(rendering, new Map(all.map(entry => [cookieOf(entry.key), entry.name])))
    return rendering
  }

  async apply(rendering: Rendering): Promise<ApplyResult> {
    this.#names = this.#namesOf.get(rendering) ?? this.#names
    const before = await this.#flows().catch((error: Error) => error)
    if (before instanceof Error) return { ok: false, kind: 'unavailable', message: before.message }
    const wanted = (rendering.get('meters') ?? '').split('\n').filter(line => line !== '')
    const present = await this.#meterIds(wanted.length > 0)
    for (const meter of wanted) {
      const id = Number(/^meter=(\d+)/.exec(meter)?.[1])
      const verb = present.includes(id) ? 'mod-meter' : 'add-meter'
      const made = await this.#ofctl([verb, this.#options.bridge, meter])
      if (!made.ok) return made
    }
    const stdin = changes(rendering.get('flows') ?? '', textsByCookie(before), this.#put)
    // One bundle: the switch sees the old flows or the new ones, never a part.
    const replaced = await this.#ofctl(['--bundle', 'add-flows', this.#options.bridge, '-'], stdin)
    if (!replaced.ok) return replaced
    this.#put = textsByCookie(await this.#flows().catch(() => []))
    const used = wanted.map(meter => Number(/^meter=(\d+)/.exec(meter)?.[1]))
    for (const id of present.filter(id => !used.includes(id))) {
      await this.#ofctl(['del-meter', this.#options.bridge, `meter=${id}`])
    }
    return { ok: true }
  }

  async readBack(): Promise<ReadBack> {
    const flows = await this.#flows()
    const hits = new Map<string, Hits>()
    for (const flow of flows) {
      const name = this.#names.get(flow.cookie)
      if (name !== undefined) addHits(hits, name, flow)
    }
    const texts = flows.map(flow => flow.text).sort()
    return { fingerprint: createHash('sha256').update(texts.join('\n')).digest('hex'), hits }
  }

  recover(): Promise<void> {
    return (this.#options.guard ?? noGuard).recover()
  }

  async #flows(): Promise<readonly DumpedFlow[]> {
    const { run, program, bridge, timeoutMs } = this.#options
    const argv = [program, ...VERSION, 'dump-flows', bridge, COOKIE_ALL]
    const result = await run(argv, { timeoutMs })
    if (result.status !== 0) throw new Error(failureText(program, result))
    return result.stdout.split('\n').flatMap(parseFlow)
  }

  /** Ids of our meters; not asked for where none can be. */
  async #meterIds(needed: boolean): Promise<readonly number[]> {
    const { run, program, bridge, timeoutMs, meterBase } = this.#options
    const result = await run([program, ...VERSION, 'dump-meters', bridge], { timeoutMs })
    if (result.status !== 0 && !needed) return []
    const ids = Array.from(result.stdout.matchAll(/meter=(\d+)/g), match => Number(match[1]))
    return ids.filter(id => id >= meterBase && id < meterBase + METERS)
  }

  async #ofctl(words: readonly string[], stdin = ''): Promise<ApplyResult> {
    const { run, guard = noGuard, program, timeoutMs } = this.#options
    const argv = [program, ...VERSION, ...words]
    const result = await runGuarded(run, guard, argv, { stdin, timeoutMs })
    if (result.status === 0) return { ok: true }
    const message = failureText(program, result)
    if (result.timedOut) return { ok: false, kind: 'timeout', message }
    if (result.status === undefined || /connect|is not a bridge/.test(result.stderr)) {
      return { ok: false, kind: 'unavailable', message }
    }
    const line = Number(/-:(\d+):/.exec(result.stderr)?.[1] ?? 0)
    const cookie = /cookie=0x([0-9a-f]+)/.exec(stdin.split('\n')[line - 1] ?? '')?.[1]
    return { ok: false, kind: 'rejected', message, culprit: this.#names.get(cookie ?? '') }
  }
}

interface DumpedFlow extends Hits {
  readonly cookie: string
  readonly text: string
}

function parseFlow(line: string): readonly DumpedFlow[] {
  const found = /cookie=0x([0-9a-f]+),.* n_packets=(\d+), n_bytes=(\d+),/.exec(line)
  if (found === null) return []
  const [, cookie = '', packets, bytes] = found
  const text = line.replace(/ (duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*,/g, '').trim()
  return [
    { cookie: cookie.padStart(16, '0'), text, packets: Number(packets), bytes: Number(bytes) },
  ]
}

function textsByCookie(flows: readonly DumpedFlow[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const flow of [...flows].sort((one, other) => (one.text < other.text ? -1 : 1))) {
    texts.set(flow.cookie, `${texts.get(flow.cookie) ?? ''}${flow.text}\n`)
  }
  return texts
}

/**
 * The bundle that makes what is there into what is wanted. Flows that are as they were put stay, and
 * so do their counters.
 */
function changes(
  wanted: string,
  there: ReadonlyMap<string, string>,
  put: ReadonlyMap<string, string>,
): string {
  const cookieIn = (line: string) => /cookie=0x([0-9a-f]+)/.exec(line)?.[1] ?? ''
  const adds = wanted.split('\n').filter(line => line !== '')
  const wantedCookies = new Set(adds.map(cookieIn))
  const stays = (cookie: string) =>
    wantedCookies.has(cookie) &&
    there.get(cookie) !== undefined &&
    there.get(cookie) === put.get(cookie)
  const gone = [...there.keys()].filter(cookie => !stays(cookie))
  return [
    ...gone.map(cookie => `delete cookie=0x${cookie}/-1`),
    ...adds.filter(line => !stays(cookieIn(line))),
    '',
  ].join('\n')
}

function cookieOf(key: string): string {
  return `${COOKIE_MARK}${createHash('sha256').update(key).digest('hex').slice(0, 12)}`
}

function flowsOf(
  rule: Rule,
  key: string,
  meters: Map<number, Meter>,
  options: OpenvswitchOptions,
): readonly string[] {
  const { action } = rule
  let meterId: number | undefined
  if (action.type === 'limit') {
    meterId = freeMeter(key, meters, options.meterBase)
    meters.set(meterId, meterOf(action))
  }
  const head = `table=0,cookie=0x${cookieOf(key)}`
  return expandInterfaces(rule).flatMap(one =>
    matchesOf(one).flatMap(match =>
      actionsOf(one, meterId).map(({ extra, priority, actions }) =>
        [
          `add ${head},priority=${PRIORITIES[action.type] + priority}`,
          match,
          ...extra,
          `actions=${actions}`,
        ].join(','),
      ),
    ),
  )
}

/** The id follows from the key, so that it stays while others come and go; the next if it is taken. */
function freeMeter(key: string, taken: ReadonlyMap<number, Meter>, base: number): number {
  const first = Number.parseInt(createHash('sha256').update(key).digest('hex').slice(0, 3), 16)
  for (let step = 0; step < METERS; step++) {
    const id = base + ((first + step) % METERS)
    if (!taken.has(id)) return id
  }
  throw new Error(`more than ${METERS} meters, which the limits of the agent do not allow`)
}
