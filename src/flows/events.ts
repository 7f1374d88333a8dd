/**
 * Events of thresholds: what one is, and the ring in which the last ones are kept. Numbers rise by
 * one from 1, so a reader that remembers the last number it saw misses nothing that is still held.
 */

export interface ThresholdEvent {
  /** Unix time in milliseconds. */
  readonly timestamp: number
  readonly thresholdID: string
  /** `firing` when the value crosses the threshold, `resolved` when it has stayed below long enough. */
  readonly status: 'firing' | 'resolved'
  /** Number that firing and resolved share: one crossing of one threshold by one source or flow. */
  readonly crossing: string
  /** When it began to fire. */
  readonly startedAt: number
  readonly agent: string
  /** The ifIndex as text; empty if the value is the whole agent's. */
  readonly dataSource: string
  /** The flow definition or the metric. */
  readonly metric: string
  readonly threshold: number
  readonly value: number
  /** The 95 % interval of the value. */
  readonly lowerBound: number
  readonly upperBound: number
  /** Half of the interval relative to the value; 0 for counters, which are exact. */
  readonly error: number
  /** What the definition carries besides, if the flow is exported: distinct sources, averages. */
  readonly values: Readonly<Record<string, number>>
  /** Nothing new: the numbers of what fires as they are now, for receivers; not in the ring. */
  readonly isUpdate: boolean
  /** Key texts joined by commas; empty without byFlow and for metrics. */
  readonly flowKey: string
  /** What an alert carries: the threshold's own labels and the keys under their own names. */
  readonly labels: Readonly<Record<string, string>>
  /** Who is told beside the ring: endpoints of the `notify` section. */
  readonly notify: boolean
}

export interface NumberedEvent extends ThresholdEvent {
  readonly eventID: number
}

export interface EventQuery {
  /** Only events with a higher number. */
  readonly after: number
  readonly max: number
  readonly thresholds?: readonly string[]
}

export class EventRing {
  /** The number of the newest event, 0 if there was none. */
  last = 0
  #events: NumberedEvent[] = []
  #max: number
  #waiting: Promise<void> | undefined
  #wake: (() => void) | undefined

  constructor(max: number) {
    this.#max = max
  }

  /** Room for so many from here on; the newest that fit are kept. */
  resize(max: number): void {
    if (max === this.#max) return
    const kept = this.after({ after: this.last - max, max })
    this.#max = max
    this.#events = []
    for (const event of kept) this.#events[event.eventID % max] = event
  }

  /** Updates are not events: they are left out. */
  add(event: ThresholdEvent): NumberedEvent | undefined {
    if (event.isUpdate) return undefined
    this.last += 1
    const numbered = { eventID: this.last, ...event }
    this.#events[this.last % this.#max] = numbered
    this.#wake?.()
    this.#waiting = undefined
    this.#wake = undefined
    return numbered
  }

  /** The oldest first; those that fell out of the ring are left out. */
  after({ after, max, thresholds }: EventQuery): NumberedEvent[] {
    const events: NumberedEvent[] = []
    const oldest = Math.max(after + 1, this.last - this.#max + 1, 1)
    for (let id = oldest; id <= this.last && events.length < max; id++) {
      const event = this.#events[id % this.#max]
      if (event === undefined) continue
      if (thresholds === undefined || thresholds.includes(event.thresholdID)) events.push(event)
    }
    return events
  }

  /** Resolves at the next event. All who wait share one promise. */
  next(): Promise<void> {
    this.#waiting ??= new Promise(resolve => {
      this.#wake = resolve
    })
    return this.#waiting
  }
}
