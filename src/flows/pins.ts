/** Numbers for the entries that must outlive purges. Counted: an entry stays until all let go. */
export class Pins {
  readonly max: number
  readonly #entryOf: Int32Array
  readonly #references: Int32Array
  readonly #free: number[] = []

  constructor(max: number) {
    this.max = max
    this.#entryOf = new Int32Array(max).fill(-1)
    this.#references = new Int32Array(max)
    for (let pin = max - 1; pin >= 0; pin--) this.#free.push(pin)
  }

  get taken(): number {
    return this.max - this.#free.length
  }

  /** The entry of a pin, or -1. */
  entryOf(pin: number): number {
    return this.#entryOf[pin] as number
  }

  /** A pin for an entry that has none; -1: all are taken. */
  take(entry: number): number {
    const pin = this.#free.pop() ?? -1
    if (pin >= 0) this.#entryOf[pin] = entry
    return pin
  }

  hold(pin: number): void {
    this.#references[pin] = (this.#references[pin] as number) + 1
  }

  /** Takes back one `hold`. True: it was the last, and the pin is free. */
  release(pin: number): boolean {
    const references = (this.#references[pin] as number) - 1
    this.#references[pin] = references
    if (references > 0) return false
    this.#entryOf[pin] = -1
    this.#free.push(pin)
    return true
  }
}
