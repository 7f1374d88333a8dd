/**
 * Numbers and addresses as `sflowtool -j` writes them. It is a C program: decimals are those of
 * printf, exact and half to even, where `toFixed` goes half up.
 */

/** As "%.3f" and the like, for any double. */
export function fixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return isNegative(value) ? '-nan' : 'nan'
  const sign = isNegative(value) ? '-' : ''
  const absolute = Math.abs(value)
  if (absolute === Number.POSITIVE_INFINITY) return `${sign}inf`
  const digits = scaled(absolute, decimals)
    .toString()
    .padStart(decimals + 1, '0')
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Hundredths of a percent; all ones is unknown. The reference divides in single precision. */
export function percent(hundredths: number): string {
  if (hundredths === 0xffffffff) return 'unknown'
  return fixed(Math.fround(Math.fround(hundredths) / 100), 2)
}

function isNegative(value: number): boolean {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getUint8(0) >= 0x80
}

/** value × 10^decimals as an integer, half to even: a double is mantissa × 2^exponent exactly. */
function scaled(value: number, decimals: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponentBits = Number(bits >> 52n)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = exponentBits === 0 ? fraction : fraction | 0x10000000000000n
  const exponent = Math.max(exponentBits, 1) - 1_075
  const product = mantissa * 10n ** BigInt(decimals)
  if (exponent >= 0) return product << BigInt(exponent)
  const shift = BigInt(-exponent)
  const whole = product >> shift
  const rest = product - (whole << shift)
  const half = 1n << (shift - 1n)
  const up = rest > half || (rest === half && (whole & 1n) === 1n)
  return up ? whole + 1n : whole
}

export function hex(view: DataView, start: number, bytes: number, separator = ''): string {
  const parts: string[] = []
  for (let at = start; at < start + bytes; at++) {
    parts.push(view.getUint8(at).toString(16).padStart(2, '0'))
  }
  return parts.join(separator)
}

export function ipv4Text(view: DataView, start: number): string {
  return [0, 1, 2, 3].map(byte => view.getUint8(start + byte)).join('.')
}

/** All eight groups with all digits. */
export function ipv6Text(view: DataView, start: number): string {
  return [0, 2, 4, 6, 8, 10, 12, 14].map(byte => hex(view, start + byte, 2)).join(':')
}

export function uuidText(view: DataView, start: number): string {
  const parts = [hex(view, start, 4), hex(view, start + 4, 2), hex(view, start + 6, 2)]
  return [...parts, hex(view, start + 8, 2), hex(view, start + 10, 6)].join('-')
}

/** Enterprise and format of a tag. */
export function tagText(tag: number): string {
  return `${Math.floor(tag / 4096)}:${tag % 4096}`
}

/** Local time as ISO 8601 without a colon in the offset: strftime's "%Y-%m-%dT%H:%M:%S%z". */
export function localTime(timeMs: number): string {
  const date = new Date(timeMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())].join(':')
  const offset = -date.getTimezoneOffset()
  const minutes = Math.abs(offset)
  const zone = `${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
  return `${day}T${time}${offset < 0 ? '-' : '+'}${zone}`
}
