/** Sends what a simulation makes, in real time, until it ends or is stopped. */
import { parseTarget, REAL_CLOCK } from '../../src/commands/sending.ts'
import { openUdpSender } from '../../src/ingest/sender.ts'
import { Pace } from '../../src/pcap/pace.ts'
import type { Simulation } from '../../src/simulate/simulate.ts'

/** `to` is `HOST:PORT`. */
export async function sendPaced(
  simulation: Simulation,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const { host, port } = parseTarget('to', to)
  const sender = await openUdpSender(host, port)
  const pace = new Pace(REAL_CLOCK, 1, signal)
  try {
    for (const { timeMs, bytes } of simulation) {
      const wait = pace.until(timeMs)
      if (wait !== undefined) await wait
      if (signal.aborted) return
      const room = sender.send(bytes)
      if (room !== undefined) await room
    }
    await sender.flush()
  } finally {
    await sender.close()
  }
}
