/**
 * How often a mouse raises a false event, and how soon an elephant raises a true one, by time
 * constant `t`: the numbers in docs/flows.md. Poisson sampling at random moments, 1500-byte frames,
 * through the engine itself on a virtual clock; each flow is one trial.
 *
 *     node test/benchmark/false-events.ts
 */
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { HandView, handEngine, handFlow, seeded } from '../flows/table-kit.ts'

const TRIALS = 1_000
const SECONDS = 60
const LENGTH = 1_500
/** 1 Gbit/s of 1500-byte frames, 1 in 1000: what a line full of one flow is sampled at. */
const SAMPLING_RATE = 1_000
const LINE_BYTES = 125_000_000
const THRESHOLD = 0.1 * LINE_BYTES

interface Outcome {
  readonly share: number
  readonly p50: number | undefined
  readonly p95: number | undefined
}

/** `TRIALS` flows of `rate` bytes a second: which share fires within the time, and when. */
function run(t: number, rate: number, decideOn: 'estimate' | 'lower'): Outcome {
  const flow = handFlow({ t, by: 'all', series: false, max: 1 })
  const limits = { ...FLOW_LIMITS, activeMax: TRIALS }
  const firedMs: number[] = []
  const { engine } = handEngine([flow], {
    limits,
    onEvent: ({ status, timestamp }) => {
      if (status === 'firing') firedMs.push(timestamp)
    },
  })
  engine.setThreshold({
    name: 'trial',
    flow: 'hand',
    value: { value: THRESHOLD },
    byFlow: true,
    filter: { ifspeed: [], agents: [] },
    // Longer than the run: each trial fires at most once.
    timeoutMs: 2 * SECONDS * 1_000,
    decideOn,
    labels: {},
    notify: false,
  })
  const samples = arrivals(rate / (LENGTH * SAMPLING_RATE), seeded(1 + Math.round(t * 1_000)))
  const view = new HandView()
  let tickMs = 0
  for (const { nowMs, key } of samples) {
    for (; tickMs <= nowMs; tickMs += 1_000) engine.tick(tickMs)
    engine.sample(view.take({ key, length: LENGTH, scale: SAMPLING_RATE, nowMs }))
  }
  firedMs.sort((a, b) => a - b)
  const at = (share: number) => firedMs[Math.ceil(share * TRIALS) - 1]
  return { share: firedMs.length / TRIALS, p50: at(0.5), p95: at(0.95) }
}

function arrivals(perSecond: number, random: () => number) {
  const samples: { readonly nowMs: number; readonly key: number }[] = []
  for (let key = 0; key < TRIALS; key++) {
    let second = 0
    for (;;) {
      second -= Math.log(1 - random()) / perSecond
      if (second >= SECONDS) break
      samples.push({ nowMs: Math.floor(second * 1_000), key })
    }
  }
  return samples.sort((a, b) => a.nowMs - b.nowMs)
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : (ms / 1_000).toFixed(1)
}

console.log('| `t` | `bound` | mouse at half | at the threshold | twice | five times |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const decideOn of ['estimate', 'lower'] as const) {
  for (const t of [0.5, 1, 2, 5, 10]) {
    const mouse = run(t, THRESHOLD / 2, decideOn)
    const elephants = [1, 2, 5].map(times => run(t, THRESHOLD * times, decideOn))
    const times = elephants.map(({ p50, p95 }) => `${seconds(p50)} / ${seconds(p95)}`)
    const share = `${(100 * mouse.share).toFixed(1)} %`
    console.log(`| ${t} | ${decideOn} | ${share} | ${times.join(' | ')} |`)
  }
}
