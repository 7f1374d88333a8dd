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
}

/** A device that has been up for a while: 32-bit counters stand anywhere, some close to their wrap. */
export function newCounters(random: Random, speed: number): PortCounters {
  const octets = speed / 8
  return {
    inOctets: Math.floor(octets * random.between(1_000, 100_000)),
    inUnicast: random.word(),
    inMulticast: random.integer(1_000_000),
    inErrors: random.integer(3),
    inDiscards: random.integer(3),
    outOctets: Math.floor(octets * random.between(1_000, 100_000)),
    outUnicast: random.word(),
    outMulticast: random.integer(1_000_000),
    outDiscards: random.integer(30),
  }
}
