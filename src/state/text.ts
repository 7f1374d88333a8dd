/**
 * Text from the wire on its way to a label: cut to a length, always valid Unicode, without control
 * characters, escaped as the exposition format wants it.
 */
const decoder = new TextDecoder('utf-8')

/** At most `bytesMax` bytes of UTF-8; bytes that are none become U+FFFD, controls become spaces. */
export function readText(view: DataView, start: number, length: number, bytesMax: number): string {
  let bytes = Math.min(length, bytesMax)
  const at = view.byteOffset + start
  const all = new Uint8Array(view.buffer, at, length)
  // Cut between characters, not inside one.
  if (bytes < length) while (bytes > 0 && ((all[bytes] as number) & 0xc0) === 0x80) bytes--
  let text = decoder.decode(all.subarray(0, bytes))
  const nul = text.indexOf('\0')
  if (nul >= 0) text = text.slice(0, nul)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ').trimEnd()
}

/** A label's value between its quotes: prometheus/docs, "text-based format". */
export function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value
}

/** `a="x",b="y"`; a label with an undefined value is left out. */
export function labelText(labels: Readonly<Record<string, string | undefined>>): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(labels)) {
    if (value !== undefined) parts.push(`${name}="${escapeLabel(value)}"`)
  }
  return parts.join(',')
}

/** Canonical text of an agent address: dotted quad, or RFC 5952. */
export function addressText(type: number, words: Int32Array): string {
  if (type === 1) {
    const word = words[0] as number
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
  }
  const groups: number[] = []
  for (let word = 0; word < 4; word++) {
    groups.push(((words[word] as number) >>> 16) & 0xffff, (words[word] as number) & 0xffff)
  }
  const [zeroAt, zeroCount] = longestZeros(groups)
  const hex = groups.map(group => group.toString(16))
  if (zeroCount < 2) return hex.join(':')
  return `${hex.slice(0, zeroAt).join(':')}::${hex.slice(zeroAt + zeroCount).join(':')}`
}

function longestZeros(groups: readonly number[]): readonly [number, number] {
  let best = 0
  let bestCount = 0
  for (let start = 0; start < groups.length; start++) {
    let count = 0
    while (start + count < groups.length && groups[start + count] === 0) count++
    if (count > bestCount) {
      best = start
      bestCount = count
    }
  }
  return [best, bestCount]
}
