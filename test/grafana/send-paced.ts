/**
 * Sends what a simulation makes, in real time. On a machine that cannot keep up it falls behind and
 * never hurries after, so that what is sent in a second is a second's worth or less, and the thread
 * has time for others in each step.
 */
import { setTimeout as after } from 'node:timers/promises'
import type { UdpSender } from '../../src/ingest/sender.ts'
import type { Simulation } from '../../src/simulate/simulate.ts'

const STEP_MS = 100

export interface PacedOptions {
  readonly sender: UdpSender
  readonly signal: AbortSignal
  /** Called after each step with the seconds of the simulation that have passed. */
  readonly passed?: (seconds: number) => void
}

export async function sendPaced(
  simulation: Simulation,
  { sender, signal, passed }: PacedOptions,
): Promise<void> {
  let beganMs: number | undefined
  let stepMs = 0
  let dueMs = performance.now()
  for (const { timeMs, bytes } of simulation) {
    beganMs ??= timeMs
    while (timeMs - beganMs >= stepMs + STEP_MS) {
      stepMs += STEP_MS
      passed?.(stepMs / 1_000)
      dueMs = Math.max(dueMs + STEP_MS, performance.now())
      await after(Math.max(0, dueMs - performance.now()))
      if (signal.aborted) return
    }
    const room = sender.send(bytes)
    if (room !== undefined) await room
  }
  await sender.flush()
}
