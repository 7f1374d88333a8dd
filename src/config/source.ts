/**
 * YAML text as a tree that remembers where everything stands, so that every fault can say its line
 * and column. Reads at most 4 MiB, refuses duplicate keys, unknown tags and alias bombs.
 */
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** One fault of a configuration file; lines and columns count from 1. */
export interface Fault {
  readonly file: string
  readonly line: number
  readonly column: number
  /** `limits.flow_hold`, `flows[2].keys`; empty for the file as a whole. */
  readonly path: string
  /** What is wrong, or what would be right. */
  readonly rule: string
}

export type Path = readonly PropertyKey[]

export interface Source {
  readonly file: string
  readonly value: unknown
  /** A fault at the value that stands at `path`, or at its key, so many characters into it. */
  fault(path: Path, rule: string, at?: 'value' | 'key', character?: number): Fault
}

const CHARACTERS_MAX = 4_194_304
/** How many nodes aliases may expand to, by the parser's count. */
const ALIAS_EXPANSION_MAX = 1_000

/** Where the parser's own words would not help. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice',
  MULTIPLE_DOCS: 'a second document begins here',
}

export function parseSource(text: string, file: string): Source | readonly Fault[] {
  if (text.length > CHARACTERS_MAX) {
    return [{ file, line: 1, column: 1, path: '', rule: 'the file has more than 4 MiB' }]
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: 'error',
  })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0) {
    return problems.map(({ code, pos, message }) => {
      return { file, ...at(pos[0]), path: '', rule: OWN_WORDS[code] ?? plain(message) }
    })
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: ALIAS_EXPANSION_MAX })
  } catch (error) {
    return [{ file, line: 1, column: 1, path: '', rule: plain((error as Error).message) }]
  }
  return {
    file,
    value: value ?? {},
    fault(path, rule, which = 'value', character = 0) {
      const offset = offsetOf(document.contents, path, which)
      const shift = character > 0 ? shiftWithin(text, offset, character) : 0
      return { file, ...at(offset + shift), path: formatPath(path), rule }
    },
  }
}

/** `["flows", 2, "keys"]` as `flows[2].keys`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^\w+$/.test(String(step))) text += `${text === '' ? '' : '.'}${String(step)}`
    else text += `["${String(step)}"]`
  }
  return text
}

/** `FILE:LINE:COLUMN: PATH: RULE`, which editors and terminals make a link of. */
export function formatFault({ file, line, column, path, rule }: Fault): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${rule}`
}

/** Where the value (or its key) begins; that of its nearest ancestor if it is not in the file. */
function offsetOf(root: unknown, path: Path, which: 'value' | 'key'): number {
  let node: unknown = root
  let offset = startOf(node)
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(item => isPair(item) && keyText(item.key) === String(step))
      if (pair === undefined) return offset
      const wantsKey = which === 'key' && index === path.length - 1
      offset = startOf(wantsKey || !isNode(pair.value) ? pair.key : pair.value)
      node = pair.value
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)]
      if (item === undefined) return offset
      offset = startOf(item)
      node = item
    } else {
      return offset
    }
  }
  return offset
}

/**
 * How far the n-th character of a scalar's text is from the scalar's beginning. Known for texts on one
 * line without escapes; otherwise the beginning is told.
 */
function shiftWithin(text: string, offset: number, character: number): number {
  const quote = text[offset]
  const shift = quote === '"' || quote === "'" ? character + 1 : character
  const passed = text.slice(offset + 1, offset + shift)
  return /[\n\\|>]|''/.test(`${quote === '|' || quote === '>' ? '\n' : ''}${passed}`) ? 0 : shift
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function startOf(node: unknown): number {
  return (isNode(node) ? (node as Node).range?.[0] : undefined) ?? 0
}

/** The parser's sentence without its end, in lower case like ours. */
function plain(message: string): string {
  const first = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
  return first.charAt(0).toLowerCase() + first.slice(1)
}
