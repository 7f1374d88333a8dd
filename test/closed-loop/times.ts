/** Measured times in words. */

/** Percentiles by nearest rank: with few values the 95th is the largest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function percentileText(seconds: readonly number[]): string {
  const text = (share: number) => `${percentile(seconds, share).toFixed(2)} s`
  return `p50 ${text(0.5)}, p95 ${text(0.95)}, of ${seconds.map(one => one.toFixed(2)).join(' ')}`
}
