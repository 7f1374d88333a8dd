/**
 * How fast the simulation goes, in its seconds to a second, smoothed as the bridge smooths rates of
 * flows: it stands while Prometheus scrapes, and on a crowded machine it is slow. As there, it is
 * that of the latest sample, however long ago: until then nothing is known to have become less.
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
    const faded = this.#smoothed * Math.exp((this.#atMs - nowMs) / this.#tauMs)
    this.#smoothed = faded + stepMs / this.#tauMs
    this.#atMs = nowMs
  }

  get latest(): number {
    return this.#smoothed
  }
}
