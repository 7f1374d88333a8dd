/**
 * Cost of a sample in the heavy-hitter table and in a whole definition, calm (Zipf) and under a
 * spoofed flood, interleaved in one run; medians of CPU time. The ratio is what matters.
 *
 *     node test/benchmark/flow-table.ts
 */
import { HeavyHitters } from '../../src/flows/heavy-hitters.ts'
import { HandView, handEngine, handFlow, seeded, zipf } from '../flows/table-kit.ts'

const SAMPLES = 500_000
const ROUNDS = 9
const AGENTS = 100
const SAMPLES_PER_SECOND = 250_000

type Traffic = 'calm' | 'flood'

function keys(traffic: Traffic): Int32Array {
  const random = seeded(41)
  const calm = zipf(100_000, random)
  const made = new Int32Array(SAMPLES)
  for (let sample = 0; sample < SAMPLES; sample++) {
    const spoofed = traffic === 'flood' && random() < 0.9
    made[sample] = spoofed ? (1 << 24) + Math.floor(random() * 2 ** 30) : calm()
  }
  return made
}

const KEYS: Readonly<Record<Traffic, Int32Array>> = { calm: keys('calm'), flood: keys('flood') }

/** The table alone, 5 words a key. */
function tableRound(): Record<Traffic, number> {
  const cost = { calm: 0, flood: 0 }
  for (const traffic of ['calm', 'flood'] as const) {
    const hitters = new HeavyHitters({ words: 5, entriesMax: 16_384, pinnedMax: 2_000, seed: 1 })
    const key = new Int32Array(5)
    const words = KEYS[traffic]
    const start = cpuNs()
    for (let sample = 0; sample < SAMPLES; sample++) {
      key[1] = words[sample] as number
      hitters.add(key, 1_000)
    }
    cost[traffic] = (cpuNs() - start) / SAMPLES
  }
  return cost
}

/** Definitions as they run: units, smoothing, exported flows, ticks. `count` of them. */
function engineRound(count: number): Record<Traffic, number> {
  const cost = { calm: 0, flood: 0 }
  for (const traffic of ['calm', 'flood'] as const) {
    const flows = Array.from({ length: count }, (_, index) =>
      handFlow({ name: `hand${index}`, by: 'agent', n: 10, max: 1_000 }),
    )
    const { engine } = handEngine(flows)
    const view = new HandView()
    const words = KEYS[traffic]
    const samples = SAMPLES / count
    let tickMs = 0
    const start = cpuNs()
    for (let sample = 0; sample < samples; sample++) {
      const nowMs = Math.floor(((sample * 1_000) / SAMPLES_PER_SECOND) * count)
      view.address[0] = sample % AGENTS
      view.sample.sequence = words[sample] as number
      view.frameLength = 1_000
      view.scale = 100
      view.nowMs = nowMs
      view.addressType = 1
      engine.sample(view)
      if (nowMs - tickMs >= 1_000) {
        tickMs = nowMs
        engine.tick(nowMs)
      }
    }
    cost[traffic] = (cpuNs() - start) / samples
  }
  return cost
}

/** CPU time of this process: neighbours on the machine count less than by the wall clock. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1_000
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number
}

function report(title: string, round: () => Record<Traffic, number>): void {
  round()
  const rounds = Array.from({ length: ROUNDS }, round)
  const calm = median(rounds.map(cost => cost.calm))
  const flood = median(rounds.map(cost => cost.flood))
  const ratio = median(rounds.map(cost => cost.flood / cost.calm))
  console.log(
    `${title.padEnd(28)} calm ${calm.toFixed(0).padStart(5)} ns  flood ${flood
      .toFixed(0)
      .padStart(5)} ns  flood/calm ${ratio.toFixed(2)}`,
  )
}

report('table alone', tableRound)
report('one definition', () => engineRound(1))
report('twelve definitions', () => engineRound(12))
