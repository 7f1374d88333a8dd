/** What a server tells of itself, for metrics. Every limit that is reached is told here. */
export interface HttpObserver {
  connectionOpened(): void
  connectionClosed(): void
  /** All connections were at work, so that a new one was closed at once. */
  connectionRefused(): void
  /** An idle connection was ended to let a new one in. */
  connectionEvicted(): void
  /** An answer is out, or its client went away before. */
  answered(status: number): void
}

export const NO_OBSERVER: HttpObserver = {
  connectionOpened() {},
  connectionClosed() {},
  connectionRefused() {},
  connectionEvicted() {},
  answered() {},
}
