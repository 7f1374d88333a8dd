/**
 * Sends what a simulation makes, in real time and step by step. On a machine that cannot keep up it
 * falls behind and never hurries after, so that what is sent in a second is a second's worth or less.
 * Between two steps everything that was made is sent: whoever takes a turn there finds it so.
 */
import { setTimeout as after } from 'node:timers/promises'
import type { UdpSender } from '../../src/ingest/sender.ts'
import { type Simulation, STEP_MS } from '../../src/simulate/simulate.ts'
import type { Turns } from './turns.ts'

export interface PacedOptions {
  readonly sender: UdpSender
  readonly signal: AbortSignal
  readonly turns: Turns
  /** Called at the end of each step with the seconds of the simulation that have passed. */
  readonly passed?: (seconds: number) => void
}

export async function sendPaced(
  simulation: Simulation,
  { sender, signal, turns, passed }: PacedOptions,
): Promise<void> {
  let dueMs = performance.now()
  for (let steps = 1; !signal.aborted; steps++) {
    await turns.take(async () => {
      for (const { bytes } of simulation.advance()) {
        const room = sender.send(bytes)
        if (room !== undefined) await room
      }
      await sender.flush()
      passed?.((steps * STEP_MS) / 1_000)
    })
    dueMs = Math.max(dueMs + STEP_MS, performance.now())
    await after(Math.max(0, dueMs - performance.now()))
  }
}
