/**
 * The text buffer of the reference program: 2,047 bytes, and what does not fit is left out. Long AS
 * paths, label stacks and packet headers come out cut at the same place as there.
 */
const CAPACITY = 2_048

export class BoundedText {
  text = ''

  append(text: string): this {
    this.text += text.slice(0, Math.max(0, CAPACITY - 1 - this.text.length))
    return this
  }

  /** Numbers with a separator between them, up to the first that does not fit. */
  appendNumbers(values: readonly number[], separator: string): this {
    for (const [index, value] of values.entries()) {
      const digits = String(value)
      if (this.text.length + 1 + digits.length >= CAPACITY) return this
      this.text += index > 0 ? separator + digits : digits
    }
    return this
  }

  toString(): string {
    return this.text
  }
}

/** Bytes that fit when each takes three characters. */
export const HEADER_BYTES_MAX = Math.floor((CAPACITY - 1) / 3)
