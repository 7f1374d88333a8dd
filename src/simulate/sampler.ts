/**
 * Random packet sampling of one data source, 1 in `rate`, as `sflow_version_5.txt`, "Packet Flow
 * Sampling" describes it: every packet counts into the pool, and a random skip leads to the next one
 * that is taken. Packets are given in batches; the positions inside a batch are exact.
 */
import type { Random } from './random.ts'

export class Sampler {
  readonly rate: number
  /** Packets that could have been taken: cumulative. */
  pool = 0
  /** Flow samples so far: the sequence number of the last one. */
  sequence = 0
  readonly #random: Random
  #untilNext: number

  constructor(rate: number, random: Random) {
    this.rate = rate
    this.#random = random
    this.#untilNext = random.skip(rate)
  }

  /** Calls `take` with the position (from 0) of every packet of the batch that is sampled. */
  batch(packets: number, take: (position: number) => void): void {
    const poolBefore = this.pool
    let position = this.#untilNext - 1
    while (position < packets) {
      this.pool = poolBefore + position + 1
      this.sequence += 1
      take(position)
      position += this.#random.skip(this.rate)
    }
    this.#untilNext = position + 1 - packets
    this.pool = poolBefore + packets
  }
}
