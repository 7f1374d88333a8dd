/** Runs a simulation for tests, and keeps its datagrams as they were read back. */
import { type SimulationOptions, simulate } from '../../src/simulate/simulate.ts'
import { type ReadDatagram, readDatagram } from './read-datagram.ts'

export const START_MS = Date.UTC(2026, 0, 5, 9)
export const SMALL: Partial<SimulationOptions> = {
  startMs: START_MS,
  durationMs: 40_000,
  size: { spines: 2, leaves: 3, hostsPerLeaf: 2, guestsPerHost: 6 },
  keepTruth: true,
}
/** Few samples: what is looked for in it are counters and incidents. */
export const LONG = { ...SMALL, durationMs: 480_000, samplingRate: 20_000 }

interface Timed extends ReadDatagram {
  readonly timeMs: number
  readonly length: number
}

export function run(options: Partial<SimulationOptions>) {
  const simulation = simulate({ ...SMALL, ...options })
  const datagrams: Timed[] = []
  for (const { timeMs, agent, bytes } of simulation) {
    const datagram = readDatagram(bytes)
    if (datagram.agent !== agent) throw new Error(`${agent} sent as ${datagram.agent}`)
    datagrams.push({ timeMs, length: bytes.length, ...datagram })
  }
  return { datagrams, truth: simulation.truth, fabric: simulation.fabric }
}

let longRun: ReturnType<typeof run> | undefined

/** Eight minutes of the ordinary scenario, in which everything happens once; made once. */
export function eightMinutes() {
  longRun ??= run(LONG)
  return longRun
}

/** Calls back for every record of a kind of sample. */
export function each(
  datagrams: readonly Timed[],
  tag: number,
  take: (view: DataView, datagram: Timed, sample: Timed['samples'][number]) => void,
): void {
  for (const datagram of datagrams) {
    for (const sample of datagram.samples) {
      for (const one of sample.records) if (one.tag === tag) take(one.view, datagram, sample)
    }
  }
}
