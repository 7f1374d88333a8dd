/**
 * Loaded into the bridge by a benchmark: how long its main thread kept an event waiting, and how much of
 * that it worked itself instead of waiting for a core that others had. A line a second on standard error.
 */
import { isMainThread } from 'node:worker_threads'

const LOOK_MS = 2
const TELL_MS = 1_000

function probe(): void {
  let pauseMs = 0
  let workMs = 0
  let lookedMs = performance.now()
  let usedUs = cpuUs()
  let toldMs = lookedMs
  const look = () => {
    const nowMs = performance.now()
    const nowUs = cpuUs()
    pauseMs = Math.max(pauseMs, nowMs - lookedMs - LOOK_MS)
    workMs = Math.max(workMs, (nowUs - usedUs) / 1_000)
    if (nowMs - toldMs >= TELL_MS) {
      process.stderr.write(`${JSON.stringify({ msg: 'pause', pauseMs, workMs })}\n`)
      pauseMs = workMs = 0
      toldMs = nowMs
    }
    lookedMs = performance.now()
    usedUs = cpuUs()
  }
  setInterval(look, LOOK_MS).unref()
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

if (isMainThread) probe()
