/**
 * What the sequence numbers of one (agent, sub-agent) tell: lost, duplicated, reordered, restarted,
 * or two devices that claim one address. A gap becomes a loss when it leaves a window of 64 numbers
 * or stays open for three seconds, so that mere reordering is no loss. Time is judged by the agent's
 * own uptime; arrival time only closes gaps.
 */
export const FRESH = 0
export const LATE = 1
export const DUPLICATE = 2
export const RESTARTED = 3
export const CONFLICT = 4

/** What networks put out of order. Always a power of two. */
const WINDOW = 64
const SETTLE_MS = 3_000
/** No exporter sends a million datagrams a second: a larger step is a new sequence, not a loss. */
const RATE_MAX_PER_MS = 1_000
/** A late datagram is at most this much older, by the agent's clock. */
const LATE_MS_MAX = 60_000
/** A gap beyond this is believed only when the next datagram goes on from it. */
const GAP_SURE = 1_024
/** So often must former streams come back; odd, so that the first device is then the one that counts. */
const RETURNS_MIN = 3
/** A second device is kept out until the first has been silent for so long. */
const RIVAL_WAIT_MS = 60_000

const RECEIVED = 0
const MISSING = 1
const GIVEN_UP = 2

interface Position {
  sequence: number
  uptimeMs: number
  lastMs: number
}

export class DatagramSequence {
  lost = 0
  duplicated = 0
  reordered = 0
  restarts = 0
  conflicts = 0
  #main: Position | undefined
  /** Where the stream before the last break stood; a confirmed rival device if `#rivalSure`. */
  #other: Position | undefined
  #rivalSure = false
  #returns = 0
  #pendingLost = 0
  #open = 0
  #window: number
  #slots: Uint8Array
  #uptimes: Uint32Array

  /** `window`, a power of two: datagrams that are so many numbers late are still told from a restart. */
  constructor(window = WINDOW) {
    this.#window = window
    this.#slots = new Uint8Array(window)
    this.#uptimes = new Uint32Array(window)
  }

  /** The agent comes by several ways, which are out of step: what is known of each number stays. */
  widen(window: number): void {
    const before = this.#window
    if (window <= before) return
    const [slots, uptimes, last] = [this.#slots, this.#uptimes, this.lastSequence]
    this.#window = window
    this.#slots = new Uint8Array(window).fill(GIVEN_UP)
    this.#uptimes = new Uint32Array(window)
    for (let sequence = last; sequence > last - before; sequence--) {
      this.#slots[sequence & (window - 1)] = slots[sequence & (before - 1)] as number
      this.#uptimes[sequence & (window - 1)] = uptimes[sequence & (before - 1)] as number
    }
  }

  /** The agent's uptime in the newest datagram, in ms. */
  get uptimeMs(): number {
    return this.#main?.uptimeMs ?? 0
  }

  get lastSequence(): number {
    return this.#main?.sequence ?? 0
  }

  /** Takes one datagram's numbers; says what it is. */
  observe(sequence: number, uptimeMs: number, nowMs: number): number {
    const main = this.#main
    if (main === undefined) {
      this.#start(sequence, uptimeMs, nowMs)
      return FRESH
    }
    const step = (sequence - main.sequence) | 0
    const uptimeStep = (uptimeMs - main.uptimeMs) | 0
    const other = this.#other
    if (other && !continues(main, sequence, uptimeMs) && continues(other, sequence, uptimeMs)) {
      return this.#rivalSure
        ? this.#meetRival(sequence, uptimeMs, nowMs)
        : this.#return(main, sequence, uptimeMs, nowMs)
    }
    if (step > 0 && uptimeStep >= 0 && step <= (uptimeStep + 1_000) * RATE_MAX_PER_MS) {
      this.#advance(main, step, sequence, uptimeMs, nowMs)
      return FRESH
    }
    if (step <= 0 && step > -this.#window && uptimeStep <= 0 && uptimeStep > -LATE_MS_MAX) {
      const slot = sequence & (this.#window - 1)
      if (this.#slots[slot] === RECEIVED && this.#uptimes[slot] === uptimeMs) {
        this.duplicated += 1
        return DUPLICATE
      }
      if (this.#slots[slot] !== RECEIVED) return this.#late(slot, uptimeMs)
    }
    return this.#broken(main, sequence, uptimeMs, nowMs)
  }

  /** Counts gaps that have stayed open for too long. Call it about once a second. */
  settle(nowMs: number): void {
    const main = this.#main
    if (main === undefined || nowMs - main.lastMs < SETTLE_MS) return
    this.lost += this.#pendingLost
    this.#pendingLost = 0
    if (this.#open > 0) this.#giveUp()
  }

  /** Counts what is open now, so that sums can be compared at the end of a run. */
  settleNow(): void {
    this.lost += this.#pendingLost
    this.#pendingLost = 0
    this.#giveUp()
  }

  #giveUp(): void {
    for (let slot = 0; slot < this.#window; slot++) {
      if (this.#slots[slot] !== MISSING) continue
      this.#slots[slot] = GIVEN_UP
      this.lost += 1
    }
    this.#open = 0
  }

  #start(sequence: number, uptimeMs: number, nowMs: number): void {
    this.#main = { sequence, uptimeMs, lastMs: nowMs }
    this.#slots.fill(GIVEN_UP)
    this.#open = 0
    this.#mark(sequence, uptimeMs)
  }

  #mark(sequence: number, uptimeMs: number): void {
    const slot = sequence & (this.#window - 1)
    this.#slots[slot] = RECEIVED
    this.#uptimes[slot] = uptimeMs
  }

  #advance(main: Position, step: number, sequence: number, uptimeMs: number, nowMs: number): void {
    this.lost += this.#pendingLost
    this.#pendingLost = 0
    if (step > 1) this.#openGap(main.sequence, step)
    else if (this.#open > 0) this.#closeSlot(sequence)
    this.#mark(sequence, uptimeMs)
    main.sequence = sequence
    main.uptimeMs = uptimeMs
    main.lastMs = nowMs
  }

  #openGap(from: number, step: number): void {
    const missing = step - 1
    const beyond = Math.max(0, missing - (this.#window - 1))
    if (missing > GAP_SURE) {
      this.#pendingLost += missing
      for (let slot = 0; slot < this.#window; slot++) {
        if (this.#slots[slot] === MISSING) this.#closeSlot(slot)
        this.#slots[slot] = GIVEN_UP
      }
      return
    }
    this.lost += beyond
    for (let ahead = beyond + 1; ahead <= step; ahead++) {
      this.#closeSlot(from + ahead)
      if (ahead === step) continue
      this.#slots[(from + ahead) & (this.#window - 1)] = MISSING
      this.#open += 1
    }
  }

  /** The slot is needed for a newer number: what is still missing there is lost. */
  #closeSlot(sequence: number): void {
    const slot = sequence & (this.#window - 1)
    if (this.#slots[slot] !== MISSING) return
    this.#slots[slot] = GIVEN_UP
    this.#open -= 1
    this.lost += 1
  }

  #late(slot: number, uptimeMs: number): number {
    // Given up before: it stays counted as lost, as a counter cannot take back.
    if (this.#slots[slot] === MISSING) this.#open -= 1
    this.#slots[slot] = RECEIVED
    this.#uptimes[slot] = uptimeMs
    this.reordered += 1
    return LATE
  }

  /** It goes on from where a former stream stood: after a few of these, two devices are at work. */
  #return(main: Position, sequence: number, uptimeMs: number, nowMs: number): number {
    this.#returns += 1
    this.#other = { ...main }
    this.#begin(sequence, uptimeMs, nowMs)
    if (this.#returns >= RETURNS_MIN) {
      this.#rivalSure = true
      this.conflicts += 1
    }
    return RESTARTED
  }

  /** It goes on from nothing that is known: a restart, for now. */
  #broken(main: Position, sequence: number, uptimeMs: number, nowMs: number): number {
    this.#other = { ...main }
    this.#rivalSure = false
    this.restarts += 1
    this.#begin(sequence, uptimeMs, nowMs)
    return RESTARTED
  }

  /** A new main stream; what was still missing of the old one is lost, what was doubtful is not. */
  #begin(sequence: number, uptimeMs: number, nowMs: number): void {
    this.#pendingLost = 0
    if (this.#open > 0) this.#giveUp()
    this.#start(sequence, uptimeMs, nowMs)
  }

  #meetRival(sequence: number, uptimeMs: number, nowMs: number): number {
    const main = this.#main as Position
    const rival = this.#other as Position
    if (nowMs - main.lastMs > RIVAL_WAIT_MS) {
      this.#other = undefined
      this.#rivalSure = false
      this.#returns = 0
      this.restarts += 1
      this.#start(sequence, uptimeMs, nowMs)
      return RESTARTED
    }
    rival.sequence = sequence
    rival.uptimeMs = uptimeMs
    rival.lastMs = nowMs
    this.conflicts += 1
    return CONFLICT
  }
}

/** Does this datagram follow closely on that position? */
function continues(position: Position, sequence: number, uptimeMs: number): boolean {
  const step = (sequence - position.sequence) | 0
  const uptimeStep = (uptimeMs - position.uptimeMs) | 0
  return step > 0 && step <= WINDOW && uptimeStep >= 0 && uptimeStep < 600_000
}
