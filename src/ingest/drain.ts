/**
 * The second ingest driver, for Linux: the socket tells of one datagram, and this reads all others
 * that wait behind it, into one buffer, without an allocation each. Where they come one soon after the other it
 * lets the next ones gather (gather.ts) instead of waking for each. The UDP source address of drained
 * datagrams is not known. Reading a descriptor that the runtime owns is no documented use of it: it
 * is tested at start, and whoever cannot drain gets the ordinary driver.
 */
import type { Socket } from 'node:dgram'
import { readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { gatherMs, gatherMsMaxOf, halt } from './gather.ts'

/** UDP's own maximum. */
const DATAGRAM_BYTES_MAX = 65_535
/** So many are read before the first is looked at: the code that reads, or that counts, stays near to the processor. */
const BATCH = 32
/** Where each begins: at a multiple of this. */
const ALIGNED = 8
/** The event loop must turn: each chunk of a scrape, ticks and messages of the main thread wait meanwhile. */
const TURN_MS = 8
/** While a scrape is being made: as long as a slice of it, so that each has half and it ends soon. */
const HURRIED_TURN_MS = 1

const wait = halt()

export interface Drain {
  /**
   * Reads what waits, and what gathers behind it meanwhile; hurried, for a shorter time and without
   * waiting. Returns how many datagrams there were.
   */
  run(hurried: boolean): number
}

export type Receive = (view: DataView, offset: number, length: number, nowMs: number) => void

/** Datagrams that were read and not looked at yet, one behind the other. */
class Batch {
  readonly bytes = new Uint8Array(2 * (DATAGRAM_BYTES_MAX + 1))
  readonly view = new DataView(this.bytes.buffer)
  readonly offsets = new Int32Array(BATCH)
  readonly lengths = new Int32Array(BATCH)
  count = 0
  /** The socket had no more. */
  isLast = false

  /** Reads up to BATCH, fewer if they are so long that another would find no room. */
  read(descriptor: number): void {
    let count = 0
    let at = 0
    this.isLast = false
    while (count < BATCH && at + DATAGRAM_BYTES_MAX <= this.bytes.length) {
      const length = readOne(descriptor, this.bytes, at)
      if (length < 0) {
        this.isLast = true
        break
      }
      this.offsets[count] = at
      this.lengths[count] = length
      count += 1
      at += (length + ALIGNED - 1) & -ALIGNED
    }
    this.count = count
  }
}

/**
 * A drain for a socket that is bound, or undefined with the reason why there is none. `before` are the
 * sockets of this process from before it was bound.
 */
export function createDrain(
  socket: Socket,
  before: ReadonlySet<string>,
  receive: Receive,
): { readonly drain: Drain } | { readonly reason: string } {
  const found = descriptorOf(socket.address().port, before)
  if (found === undefined) return { reason: 'the descriptor of the socket was not found' }
  const batch = new Batch()
  // An empty socket must say so at once; whatever else answers is not ours to read.
  const test = readOne(found, batch.bytes, 0)
  if (test === FAILED) return { reason: 'the descriptor cannot be read' }
  if (test >= 0) receive(batch.view, 0, test, Date.now())
  const maxMs = gatherMsMaxOf(socket.getRecvBufferSize())
  let endedMs = Number.NEGATIVE_INFINITY
  const drainSocket = () => {
    const total = drainAll(found, batch, { maxMs, endedMs }, receive)
    endedMs = performance.now()
    return total
  }
  const drainHurried = () => drainAll(found, batch, HURRIED, receive)
  return { drain: { run: hurried => withoutStacks(hurried ? drainHurried : drainSocket) } }
}

/** How long to let datagrams gather at most, and when the last run ended. */
interface Pace {
  readonly maxMs: number
  readonly endedMs: number
}

const HURRIED: Pace = { maxMs: 0, endedMs: Number.NEGATIVE_INFINITY }

/** Inodes of all sockets of this process. */
export function ownSockets(): ReadonlySet<string> {
  return new Set(socketDescriptors().map(({ inode }) => inode))
}

/** More are on their way if one came soon after the last run, or if more than one waits. */
function drainAll(descriptor: number, batch: Batch, pace: Pace, receive: Receive): number {
  const { maxMs, endedMs } = pace
  const turnMs = maxMs === 0 ? HURRIED_TURN_MS : TURN_MS
  const began = performance.now()
  let least = began - endedMs < maxMs ? 0 : 2
  let total = 0
  let emptyMs = endedMs
  for (let roundMs = began; ; roundMs = performance.now()) {
    let round = 0
    do {
      batch.read(descriptor)
      round += batch.count
      receiveAll(batch, receive)
      if (!batch.isLast && performance.now() - roundMs > turnMs) return total + round
    } while (!batch.isLast)
    total += round
    const now = performance.now()
    // Not before what gathered is read: the runtime would hand it over one by one.
    if (round < least || maxMs === 0 || now - began > turnMs) return total
    wait(gatherMs(round, now - emptyMs, maxMs))
    emptyMs = now
    least = 2
  }
}

/** All have one time: to ask for it costs as much as to walk a sample. */
function receiveAll({ view, offsets, lengths, count }: Batch, receive: Receive): void {
  const nowMs = Date.now()
  for (let index = 0; index < count; index++) {
    receive(view, offsets[index] as number, lengths[index] as number, nowMs)
  }
}

/** That a socket is empty is told by an error: without a stack, which nobody reads, it costs half. */
function withoutStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const EMPTY = -1
const FAILED = -2

/** The length of a datagram, EMPTY or FAILED. */
function readOne(descriptor: number, bytes: Uint8Array, at: number): number {
  try {
    return readSync(descriptor, bytes, at, DATAGRAM_BYTES_MAX, null)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ECONNREFUSED and their like tell of datagrams that we sent; there is nothing to read.
    return code === 'EAGAIN' || code === 'ECONNREFUSED' ? EMPTY : FAILED
  }
}

/** The descriptor of the one socket on this port that was not there before. */
function descriptorOf(port: number, before: ReadonlySet<string>): number | undefined {
  const onPort = new Set<string>()
  for (const file of ['/proc/self/net/udp', '/proc/self/net/udp6']) {
    for (const line of readLines(file)) {
      const columns = line.trim().split(/\s+/)
      const local = Number.parseInt((columns[1] ?? '').split(':')[1] ?? '', 16)
      if (local === port && columns[9] !== undefined) onPort.add(columns[9])
    }
  }
  const fresh = socketDescriptors().filter(({ inode }) => onPort.has(inode) && !before.has(inode))
  return fresh.length === 1 ? fresh[0]?.descriptor : undefined
}

function socketDescriptors(): { readonly descriptor: number; readonly inode: string }[] {
  const found: { descriptor: number; inode: string }[] = []
  let names: string[] = []
  try {
    names = readdirSync('/proc/self/fd')
  } catch {
    // Not Linux: nothing is found.
  }
  for (const name of names) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1]
      if (inode !== undefined) found.push({ descriptor: Number(name), inode })
    } catch {
      // Closed meanwhile.
    }
  }
  return found
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1)
  } catch {
    return []
  }
}
