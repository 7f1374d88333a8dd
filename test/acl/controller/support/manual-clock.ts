/** A clock that moves when the test says so, and runs what falls due on the way, in order. */
import type { JumpingClock } from '../../../../src/acl/controller/controller.ts'

interface Timer {
  readonly dueMs: number
  readonly task: () => void
}

export class ManualClock implements JumpingClock {
  #nowMs: number
  #pendingJumpMs = 0
  #timers = new Set<Timer>()

  constructor(nowMs = Date.parse('2026-01-02T03:04:05Z')) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  /** As SteadyClock: the new time is adopted when the jump is taken. Timers run on steady time. */
  takeJump(): number {
    const jumpMs = this.#pendingJumpMs
    this.#pendingJumpMs = 0
    this.#nowMs += jumpMs
    this.#timers = new Set(
      [...this.#timers].map(timer => Object.assign(timer, { dueMs: timer.dueMs + jumpMs })),
    )
    return jumpMs
  }

  jump(deltaMs: number): void {
    this.#pendingJumpMs += deltaMs
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves on, and lets promises settle after every timer. */
  async advance(ms: number): Promise<void> {
    let leftMs = ms
    await settle()
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)[0]
      const stepMs = next === undefined ? leftMs + 1 : next.dueMs - this.#nowMs
      if (next === undefined || stepMs > leftMs) break
      this.#nowMs += Math.max(0, stepMs)
      leftMs -= Math.max(0, stepMs)
      this.#timers.delete(next)
      next.task()
      await settle()
    }
    this.#nowMs += leftMs
    await settle()
  }
}

/** Long enough for chains of promises that wait for no I/O. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}
