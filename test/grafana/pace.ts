/**
 * How fast the simulation goes, in its seconds to a second, smoothed as the bridge smooths rates of
 * flows: it stands while Prometheus scrapes, and on a crowded machine it is slow.
 */
export class Pace {
  readonly #tauMs: number
  #smoothed = 0
  #atMs = 0

  constructor(tauSeconds: number) {
    this.#tauMs = 1_000 * tauSeconds
  }

  /** A step of the simulation was sent. */
  step(stepMs: number, nowMs: number): void {
    this.#smoothed = this.at(nowMs) + stepMs / this.#tauMs
    this.#atMs = nowMs
  }

  at(nowMs: number): number {
    return this.#smoothed * Math.exp((this.#atMs - nowMs) / this.#tauMs)
  }
}
