/**
 * Past one machine: bridges behind nginx, one ended under load and one made silent, with Prometheus and
 * VictoriaMetrics as stores. `support/shards-run.ts` does it; here is what must be true of it. Windows of
 * 10 s, and of 60 s with ACCEPTANCE=1. A shorter window shows a gap larger than the shipped 5 m do.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { nginxStreamModule, part } from '../support/parts.ts'

const RUN = fileURLToPath(new URL('../support/shards-run.ts', import.meta.url))
const WINDOW_SECONDS = process.env.ACCEPTANCE === undefined ? 10 : 60
const AGENTS = 12
const PARTS = ['nginx', 'victoria-metrics', 'prometheus', 'nft', 'ip', 'curl'] as const
const NAMESPACES = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']

interface Phase {
  readonly points: number
  readonly least: number
  readonly greatest: number
}

type Phases = Readonly<Record<'before' | 'ended' | 'between' | 'silent' | 'after', Phase>>

interface Loss {
  readonly agents: number
  readonly movedSeconds: number
  readonly settledSeconds: number
}

interface Report {
  readonly shares: readonly number[]
  readonly lostBefore: number
  readonly forwardedBefore: number
  readonly ended: Loss
  readonly silent: Loss
  /** Rates relative to the truth: by Prometheus' rules, of packet samples, by the other store. */
  readonly scraped: Phases
  readonly flows: Phases
  readonly written: Phases
  readonly alerts: readonly string[]
  readonly missedScrapes: number
  readonly top: number
  readonly double: number
}

/** Counters come each second and are read each second: what is between is not known. */
const INTERVALS_SECONDS = 2
/** New flows show 0 for two seconds, and then all: `limits.flow_hold` of the run. */
const HOLD_SECONDS = 2
/** Of reading clocks and of evaluating each second. */
const SLACK = 0.08

test('shards: agents of a lost bridge move, and rates over the fabric stay right', async t => {
  t.timeout(600_000)
  // Had before there is no network to get them by.
  for (const name of PARTS) part(name)
  nginxStreamModule()
  const words = [...NAMESPACES, process.execPath, RUN, String(WINDOW_SECONDS)]
  const { stdout } = await promisify(execFile)(part('unshare'), words, { maxBuffer: 2 ** 24 })
  const report = JSON.parse(stdout) as Report
  t.log(stdout.trim())

  t.is(
    report.shares.reduce((sum, one) => sum + one),
    AGENTS,
    'each agent has one bridge',
  )
  t.true(report.forwardedBefore > 0, 'agents reach the workers of one bridge by many ports')
  t.is(report.lostBefore, 0, 'no false gap')
  t.is(report.double, 0, 'no series twice')
  t.is(report.top, 1, 'one flow of all agents, once')
  // An ended bridge: ICMP tells nginx at the next datagram. A silent one: two tries of a second each.
  t.true(report.ended.movedSeconds < 5, `ended: moved after ${report.ended.movedSeconds} s`)
  t.true(report.silent.movedSeconds < 15, `silent: moved after ${report.silent.movedSeconds} s`)
  for (const lost of ['BridgeDown one', 'BridgeDown three'])
    t.true(report.alerts.includes(lost), lost)

  for (const [store, phases, late] of [
    ['prometheus', report.scraped, 0],
    ['victoria-metrics', report.written, 0],
    ['packet samples', report.flows, HOLD_SECONDS],
  ] as const) {
    const jitter = SLACK + (INTERVALS_SECONDS + late) / WINDOW_SECONDS
    for (const name of ['before', 'ended', 'between', 'silent', 'after'] as const) {
      const phase = phases[name]
      t.true(phase.points > 0, `${store}, ${name}: no reading`)
      t.true(phase.greatest < 1 + jitter, `${store}, ${name}: ${phase.greatest} of the truth`)
    }
    for (const name of ['ended', 'silent'] as const) {
      const { movedSeconds, agents } = report[name]
      // What a busy machine did not scrape is missing as well.
      const unseenSeconds = (movedSeconds * agents) / AGENTS + report.missedScrapes
      const least = 1 - jitter - unseenSeconds / WINDOW_SECONDS
      t.true(phases[name].least > least, `${store}, ${name}: ${phases[name].least}, not ${least}`)
    }
    t.true(phases.after.least > 1 - jitter, `${store}, after: ${phases.after.least}`)
  }
})
