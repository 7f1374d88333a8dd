/** One at a time, in the order in which they ask. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(task: () => Promise<T>): Promise<T> {
    const own = this.#last.then(task)
    this.#last = own.catch(() => {})
    return own
  }
}
