/** Numbers as people read them. */

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P']

/** 1234567, 'bit/s' → `1.23 Mbit/s`; unknown → `–`. */
export function scaled(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  let power = 0
  let scaledValue = value
  while (Math.abs(scaledValue) >= 1000 && power < PREFIXES.length - 1) {
    scaledValue /= 1000
    power += 1
  }
  const digits = power === 0 || Math.abs(scaledValue) >= 100 ? 0 : 1
  return `${scaledValue.toFixed(digits)} ${PREFIXES[power]}${unit}`.trim()
}

export function bits(bytesPerSecond) {
  return scaled(bytesPerSecond === null ? null : bytesPerSecond * 8, 'bit/s')
}

export function percent(ratio) {
  return Number.isFinite(ratio) ? `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %` : '–'
}

export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** The time of day here, in 24 hours. */
export function clock(timeMs) {
  return new Date(timeMs).toLocaleTimeString([], { hourCycle: 'h23' })
}
