/**
 * Sends the datagrams of a capture again, in their own time or faster, once or round and round.
 * A round begins when the one before is through; the bytes are sent as they were taken, so from the
 * second round on a receiver sees the same sequence numbers again, as from an agent that restarts.
 */
import { type DatagramCounts, newDatagramCounts, readDatagrams } from './datagrams.ts'
import type { OpenCapture } from './open.ts'
import { type Clock, Pace } from './pace.ts'

export interface ReplayOptions {
  readonly open: () => Promise<OpenCapture>
  /** Undefined sends every UDP datagram. */
  readonly port: number | undefined
  readonly speed: number
  readonly loop: boolean
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Takes the bytes at once; a promise asks to wait before the next. */
  readonly send: (bytes: Uint8Array) => Promise<void> | undefined
  readonly onProgress: (progress: ReplayProgress) => void
}

export interface ReplayProgress {
  readonly rounds: number
  readonly datagrams: number
  /** Of the file, in this round; undefined for a pipe. */
  readonly readRatio: number | undefined
}

export interface ReplayResult {
  readonly rounds: number
  readonly datagrams: number
  /** Of the last round. */
  readonly counts: DatagramCounts
}

/** Throws CaptureError. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  let rounds = 0
  let datagrams = 0
  for (;;) {
    const counts = newDatagramCounts()
    await replayOnce(options, counts, ratio => {
      options.onProgress({ rounds, datagrams: datagrams + counts.datagrams, readRatio: ratio })
    })
    datagrams += counts.datagrams
    rounds += 1
    if (!options.loop || options.signal.aborted || counts.datagrams === 0) {
      return { rounds, datagrams, counts }
    }
  }
}

async function replayOnce(
  options: ReplayOptions,
  counts: DatagramCounts,
  onProgress: (readRatio: number | undefined) => void,
): Promise<void> {
  const { port, send, signal } = options
  const pace = new Pace(options.clock, options.speed, signal)
  const capture = await options.open()
  const { name, sizeBytes } = capture
  for await (const datagram of readDatagrams(capture.chunks, { name, port, counts })) {
    const wait = pace.until(datagram.timeMs)
    if (wait !== undefined) await wait
    if (signal.aborted) {
      counts.datagrams -= 1
      break
    }
    const room = send(datagram.bytes)
    if (room !== undefined) await room
    onProgress(sizeBytes === undefined ? undefined : capture.readBytes() / sizeBytes)
  }
}
