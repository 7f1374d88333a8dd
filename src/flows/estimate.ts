/** What is known of a flow's value. */
export interface Estimate {
  /** Per second; for definitions over `count:`, `avg:`, ... the number itself. */
  readonly value: number
  readonly lowerBound: number
  readonly upperBound: number
  /** Half of the 95 % interval, relative to the value. */
  readonly errorRatio: number
}
