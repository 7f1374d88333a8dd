/** The kernel's cap on receive buffers, raised for one test where we may, and put back after it. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'

const CAP = '/proc/sys/net/core/rmem_max'

export function raiseReceiveCap(t: ExecutionContext, bytes: number): void {
  const before = readFileSync(CAP, 'utf8').trim()
  if (Number(before) >= bytes) return
  try {
    writeFileSync(CAP, String(bytes))
    t.teardown(() => writeFileSync(CAP, before))
  } catch {
    t.log(`the receive buffer is capped at ${before} bytes: not root`)
  }
}
