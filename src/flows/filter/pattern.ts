/**
 * Patterns of `~` and `!~`: a safe part of JavaScript's regular expressions, matched against the whole
 * text. No pattern may cost more than a small polynomial of the text's length (texts have at most
 * TEXT_BYTES_MAX bytes): no back references, no look-around, groups repeat at most once (`?`), and
 * at most REPEATS_MAX characters or classes repeat. What a text answers is remembered by the caller.
 */
import { Fault } from '../functions/fault.ts'

export const PATTERN_LENGTH_MAX = 128
/** `.*a.*b.*` needs three; each adds one factor of the text's length to the worst case. */
export const REPEATS_MAX = 3
const COUNT_MAX = 64
const ALTERNATIVES_MAX = 64

/** Compiles a pattern that begins at `position` of the filter. Throws a Fault. */
export function compilePattern(pattern: string, position: number): RegExp {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new Fault(position, `a pattern has at most ${PATTERN_LENGTH_MAX} characters`)
  }
  check(pattern, position)
  try {
    return new RegExp(`^(?:${pattern})$`, 'su')
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : ''
    throw new Fault(position, `no pattern: ${reason.toLowerCase()}`)
  }
}

function check(pattern: string, position: number): void {
  let repeats = 0
  let alternatives = 0
  let afterGroup = false
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string
    const place = position + at
    if (character === '\\') {
      at += checkEscape(pattern, at, place)
      afterGroup = false
    } else if (character === '[') {
      at = endOfClass(pattern, at, place)
      afterGroup = false
    } else if (character === '(') {
      if (pattern[at + 1] === '?' && pattern[at + 2] !== ':') {
        throw new Fault(place, 'look-around and named groups are not taken')
      }
      if (pattern[at + 1] === '?') at += 2
      afterGroup = false
    } else if (character === ')') afterGroup = true
    else if (character === '|') {
      alternatives += 1
      if (alternatives > ALTERNATIVES_MAX) throw new Fault(place, 'too many alternatives')
      afterGroup = false
    } else if (character === '*' || character === '+' || character === '{') {
      if (afterGroup) throw new Fault(place, 'a group may only be made optional, not repeated')
      if (character === '{') at = endOfCount(pattern, at, place)
      repeats += 1
      if (repeats > REPEATS_MAX) throw new Fault(place, `more than ${REPEATS_MAX} repetitions`)
    } else if (character !== '?') afterGroup = false
  }
}

/** Classes and literal characters may be escaped; digits would be back references. */
function checkEscape(pattern: string, at: number, place: number): number {
  const escaped = pattern[at + 1]
  if (escaped === undefined) throw new Fault(place, 'a backslash ends the pattern')
  if (!/^[dDsSwW.\\/|()[\]{}*+?^$,&=~!:-]$/.test(escaped)) {
    throw new Fault(place, `\\${escaped} is not taken`)
  }
  return 1
}

function endOfClass(pattern: string, start: number, place: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === ']' && at > start + 1) return at
  }
  throw new Fault(place, 'this bracket is not closed')
}

function endOfCount(pattern: string, start: number, place: number): number {
  const match = /^\{(\d{1,3})(?:,(\d{1,3})?)?\}/.exec(pattern.slice(start))
  if (match === null) throw new Fault(place, 'expected a count such as {3} or {1,3}')
  if (Math.max(Number(match[1]), Number(match[2] ?? 0)) > COUNT_MAX) {
    throw new Fault(place, `a count is at most ${COUNT_MAX}`)
  }
  return start + match[0].length - 1
}
