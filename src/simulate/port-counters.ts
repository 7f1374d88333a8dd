/** The counters of one port, as numbers without end; the encoder cuts them to the width of the wire. */
import type { Random } from './random.ts'

export interface PortCounters {
  inOctets: number
  inUnicast: number
  inMulticast: number
  inErrors: number
  inDiscards: number
  outOctets: number
  outUnicast: number
  outMulticast: number
  outDiscards: number
  outErrors: number
}

/** A device that has been up for a while: 32-bit counters stand anywhere, some close to their wrap. */
export function newCounters(random: Random, speed: number): PortCounters {
  const octets = speed / 8
  return {
    inOctets: Math.floor(octets * random.between(1_000, 100_000)),
    inUnicast: somewhere(random),
    inMulticast: random.integer(1_000_000),
    inErrors: random.integer(3),
    inDiscards: random.integer(3),
    outOctets: Math.floor(octets * random.between(1_000, 100_000)),
    outUnicast: somewhere(random),
    outMulticast: random.integer(1_000_000),
    outDiscards: random.integer(30),
    outErrors: 0,
  }
}

/** Anywhere in 32 bits; one in four so close to the end that a minute or two of traffic wraps it. */
function somewhere(random: Random): number {
  return random.fraction() < 0.25 ? 2 ** 32 - random.integer(3_000_000) : random.word()
}
