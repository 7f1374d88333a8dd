/** The middle of some numbers, and other places in their order. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** The number below which a part of them lies; 1 gives the greatest. NaN of none. */
export function quantile(numbers: readonly number[], ratio: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN
}
