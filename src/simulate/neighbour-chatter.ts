/** Link-layer discovery: every half minute each switch tells its neighbours its name. */
import type { Fabric, Port } from './fabric.ts'
import { FRAME_BYTES_MIN } from './frames.ts'
import type { StreamOptions } from './stream.ts'

const LLDP_INTERVAL_MS = 30_000

export function neighbourChatter(fabric: Fabric, startMs: number): readonly StreamOptions[] {
  return fabric.uplinks.flat().flatMap(({ lower, upper }) => {
    return [lldpBetween(lower, upper, startMs), lldpBetween(upper, lower, startMs)]
  })
}

function lldpBetween(from: Port, to: Port, startMs: number): StreamOptions {
  const nobody = new Uint8Array(0)
  const one = { host: undefined, guest: undefined, mac: from.mac, address: nobody }
  return {
    label: 'lldp',
    from: one,
    to: one,
    shape: {
      sourceMac: from.mac,
      destinationMac: to.mac,
      source: nobody,
      destination: nobody,
      protocol: 0,
      sourcePort: 0,
      destinationPort: 0,
      frameBytes: FRAME_BYTES_MIN,
    },
    bytesPerSecond: FRAME_BYTES_MIN / (LLDP_INTERVAL_MS / 1_000),
    startMs,
    endMs: Number.POSITIVE_INFINITY,
    multicast: true,
    hops: [
      { input: undefined, output: from, local: true },
      { input: to, output: undefined, local: true },
    ],
  }
}
