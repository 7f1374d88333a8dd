/** Draws ranks from 0 by Zipf's law: rank r comes up in proportion to 1 / (r + 1) ^ exponent. */
import type { Random } from './random.ts'

/** Builds the sums once (8 bytes a rank); a draw is a binary search. */
export function zipf(ranks: number, exponent: number, random: Random): () => number {
  const sums = new Float64Array(ranks)
  let total = 0
  for (let rank = 0; rank < ranks; rank++) {
    total += 1 / (rank + 1) ** exponent
    sums[rank] = total
  }
  return () => {
    const wanted = random.fraction() * total
    let low = 0
    let high = ranks - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
