/** Words for people: what was probably meant, and durations as Prometheus writes them. */

/** The name that is fewest edits away, if it is near enough to be what was meant. */
export function nearest(asked: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(asked.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(asked, name)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}

const DURATION_UNITS_MS = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
} as const

/** Prometheus' durations: `90s`, `1h30m`, `0`. Milliseconds, or undefined if it is none. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)) {
    total += Number(count) * DURATION_UNITS_MS[unit as keyof typeof DURATION_UNITS_MS]
  }
  return total
}

/** The shortest text that parseDurationMs reads back: 5400000 is `1h30m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s'
  let rest = durationMs
  let text = ''
  for (const [unit, unitMs] of Object.entries(DURATION_UNITS_MS)) {
    const count = Math.floor(rest / unitMs)
    if (count > 0) text += `${count}${unit}`
    rest -= count * unitMs
  }
  return text
}
