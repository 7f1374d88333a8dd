/**
 * A compiled flow that reads records of batches instead of samples: with it a flow table on the main
 * thread counts what workers saw, by the same code and with the same results as in one worker.
 */
import type { CompiledFlow, FlowDefinition, Measure } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import type { TextTable } from '../functions/texts.ts'
import { keyPosition, VALUE } from './batch.ts'

/** The record that is read now. */
export class RecordCursor {
  numbers = new Float64Array(0)
  at = 0
  /** The words of a key that came as texts. */
  words: Int32Array = new Int32Array(0)
}

export class ReplayedFlow implements CompiledFlow {
  readonly definition: FlowDefinition
  readonly labels: readonly string[]
  readonly keyWords: number
  readonly value: Measure
  readonly values: readonly Measure[]
  /** Keys come as texts. */
  readonly localKey: boolean
  /** Position of the key in a record. */
  readonly keyAt: number
  readonly #flow: CompiledFlow
  readonly #cursor: RecordCursor
  readonly #texts: TextTable

  constructor(flow: CompiledFlow, cursor: RecordCursor, texts: TextTable) {
    const replayed = (measure: Measure, position: number): Measure => ({
      ...measure,
      read: () => cursor.numbers[cursor.at + position] as number,
    })
    this.definition = flow.definition
    this.labels = flow.labels
    this.localKey = flow.localKey === true
    // Each text is a word of the table of this thread.
    this.keyWords = this.localKey ? flow.labels.length : flow.keyWords
    this.value = replayed(flow.value, VALUE)
    this.values = flow.values.map((measure, index) => replayed(measure, VALUE + 1 + index))
    this.keyAt = keyPosition(flow)
    this.#flow = flow
    this.#cursor = cursor
    this.#texts = texts
  }

  matches(): boolean {
    return true
  }

  readKey(_view: FlowView, into: Int32Array, at: number): boolean {
    const { numbers, at: record, words } = this.#cursor
    for (let word = 0; word < this.keyWords; word++) {
      into[at + word] = (
        this.localKey ? words[word] : numbers[record + this.keyAt + word]
      ) as number
    }
    return true
  }

  formatKey(words: Int32Array, at: number): string[] {
    if (!this.localKey) return this.#flow.formatKey(words, at)
    return this.labels.map((_, index) => this.#texts.text(words[at + index] as number))
  }
}
