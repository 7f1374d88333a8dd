/**
 * Which sampling rate for which link speed: as few samples as give the wanted error for the smallest
 * flow that matters, and fewer where the datagram budget asks for it. The arithmetic is that of
 * packet sampling: n samples estimate a frame count within 196·√(1/n) % at 95 % confidence
 * (sflow.org, "Packet Sampling Basics").
 */
export interface PlanOptions {
  /** How many links of which speed (bits a second). A count of 0 asks for a rate alone. */
  readonly links: readonly { readonly speed: number; readonly count: number }[]
  /** The wanted 95 % error of a frame count, such as 0.2. */
  readonly error: number
  /** The smallest flow that matters, as a part of its link's speed. */
  readonly share: number
  readonly windowMs: number
  /** Mean frame length, bytes. */
  readonly frameBytes: number
  /** Mean utilisation of the links. */
  readonly utilization: number
  readonly pollingMs: number
  /** Datagrams a second that all agents together may send; 0: no limit. */
  readonly datagramsMax: number
}

export interface LinkPlan {
  readonly speed: number
  readonly count: number
  /** 1 in so many frames. */
  readonly rate: number
  /** The 95 % error that this rate gives. */
  readonly error: number
}

export interface Plan {
  readonly links: readonly LinkPlan[]
  readonly samplesPerSecond: number
  readonly datagramsPerSecond: number
  /** False if even the highest rates leave the counters of all ports beyond the budget. */
  readonly withinBudget: boolean
}

const Z_95 = 1.96
/** Seven samples with 128 bytes of header each fill a datagram of 1,400 bytes. */
const SAMPLES_PER_DATAGRAM = 7
/** Commodity switches take rates up to 2^24 - 1; beyond that a rate is no sampling any more. */
const RATE_MAX = 16_000_000
const STEPS_MAX = 64

export function planSampling(options: PlanOptions): Plan {
  let factor = 1
  let plan = planAt(options, factor)
  // A rounded rate may miss the budget by a little: a few more steps settle that.
  for (let step = 0; step < STEPS_MAX && !plan.withinBudget; step++) {
    const flowDatagrams = plan.samplesPerSecond / SAMPLES_PER_DATAGRAM
    const room = options.datagramsMax - counterDatagrams(options)
    const wanted = room > 0 ? flowDatagrams / room : 2
    factor *= Math.max(1.02, wanted)
    plan = planAt(options, factor)
    if (plan.links.every(link => link.rate === RATE_MAX)) break
  }
  return plan
}

function planAt(options: PlanOptions, factor: number): Plan {
  const links = options.links.map(({ speed, count }) => {
    const frames = flowFrames(options, speed)
    const rate = rounded((frames / (Z_95 / options.error) ** 2) * factor)
    return { speed, count, rate, error: Z_95 * Math.sqrt(rate / frames) }
  })
  const samplesPerSecond = links.reduce((sum, { speed, count, rate }) => {
    const framesPerSecond = (count * speed * options.utilization) / 8 / options.frameBytes
    return sum + framesPerSecond / rate
  }, 0)
  const datagramsPerSecond = samplesPerSecond / SAMPLES_PER_DATAGRAM + counterDatagrams(options)
  const withinBudget = options.datagramsMax === 0 || datagramsPerSecond <= options.datagramsMax
  return { links, samplesPerSecond, datagramsPerSecond, withinBudget }
}

/** Frames of the smallest flow that matters, in the window. */
function flowFrames(options: PlanOptions, speed: number): number {
  return (speed * options.share * options.windowMs) / 8_000 / options.frameBytes
}

function counterDatagrams({ links, pollingMs }: PlanOptions): number {
  const ports = links.reduce((sum, { count }) => sum + count, 0)
  return ports / (pollingMs / 1_000) / SAMPLES_PER_DATAGRAM
}

/** Down to a number that people can remember: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten. */
function rounded(rate: number): number {
  if (rate <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(rate))
  const step = [8, 6, 5, 4, 3, 2, 1.5].find(value => value * power <= rate) ?? 1
  return Math.min(RATE_MAX, Math.max(1, Math.floor(step * power)))
}
