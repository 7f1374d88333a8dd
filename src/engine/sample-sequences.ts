/** Sequence numbers of samples, by data source: what is late or doubled, and how packets were sampled. */
import type { Sample } from '../sflow/samples.ts'
import type { Agent } from '../state/agent.ts'
import type { Source } from '../state/source.ts'

/** A counter sample that is late or came twice must not make counters go backwards. */
export function isNewer(source: Source, sequence: number, agent: Agent): boolean {
  const before = source.counterSequence
  const step = (sequence - before) | 0
  if (before >= 0 && source.epoch === agent.epoch && step <= 0 && step > -1_000) {
    agent.samplesDuplicated += 1
    return false
  }
  if (before >= 0 && source.epoch === agent.epoch && step > 1 && step < 1_000) {
    agent.samplesLost += step - 1
  }
  source.counterSequence = sequence
  return true
}

/** Configured and effective sampling rate of a source. Pool and drops wrap at 2^32. */
export function observeSampling(source: Source, sample: Sample): void {
  source.flowSamples += 1
  source.samplingRate = sample.samplingRate
  const step = source.flowSequence < 0 ? 0 : (sample.sequence - source.flowSequence) | 0
  if (step > 0 && step < 1_000 && source.lastPool >= 0) {
    source.poolTotal += (sample.samplePool - source.lastPool) >>> 0
    source.poolSamples += step
    source.dropsTotal += smallStep((sample.drops - source.lastDrops) >>> 0)
  }
  if (step < 0 && step > -1_000) return
  source.flowSequence = sample.sequence
  source.lastPool = sample.samplePool
  source.lastDrops = sample.drops
}

/** A step of 2^31 or more is a counter that began anew. */
function smallStep(step: number): number {
  return step < 2 ** 31 ? step : 0
}
