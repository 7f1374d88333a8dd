/**
 * YAML text as a tree that remembers where everything stands, so that every fault can say its line
 * and column. Reads at most 4 MiB, refuses duplicate keys, unknown tags and alias bombs.
 */
import { isUtf8 } from 'node:buffer'
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'

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

/** Faults that leave the tree whole, so that the rest can be judged as well. */
const HARMLESS: readonly string[] = ['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE']

/** The tree, or every fault of a text that is not good YAML. */
export function parseSource(given: string | Buffer, file: string): Source | readonly Fault[] {
  const { source, faults } = readSource(given, file)
  return source === undefined || faults.length > 0 ? faults : source
}

/** Also a tree where the faults leave one to go on with. */
export function readSource(
  given: string | Buffer,
  file: string,
): { readonly source?: Source; readonly faults: readonly Fault[] } {
  const atStart = (rule: string) => ({ faults: [{ file, line: 1, column: 1, path: '', rule }] })
  if (given.length > CHARACTERS_MAX) return atStart('the file has more than 4 MiB')
  const foreign = typeof given === 'string' ? undefined : notUtf8(given)
  if (foreign !== undefined) return { faults: [{ file, path: '', ...foreign }] }
  const text = given.toString()
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
  const faults = problems.map(({ code, pos, message }): Fault => {
    return { file, ...at(pos[0]), path: '', rule: OWN_WORDS[code] ?? plain(message) }
  })
  faults.push(...unresolvedAliases(document, file, at))
  if (problems.some(({ code }) => !HARMLESS.includes(code))) {
    // Tabs alone are mended, to see what else there is.
    const others = problems.filter(
      ({ code }) => code !== 'TAB_AS_INDENT' && !HARMLESS.includes(code),
    )
    if (others.length > 0) return { faults }
    const spaced = readSource(
      text.replaceAll(/^[ \t]+/gm, indent => ' '.repeat(indent.length)),
      file,
    )
    return spaced.source === undefined
      ? { faults }
      : { ...spaced, faults: [...faults, ...spaced.faults] }
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: ALIAS_EXPANSION_MAX })
  } catch (error) {
    return faults.length > 0 ? { faults } : atStart(plain((error as Error).message))
  }
  const source: Source = {
    file,
    value: value ?? {},
    fault(path, rule, which = 'value', character = 0) {
      const offset = offsetOf(document.contents, path, which)
      const shift = character > 0 ? shiftWithin(text, offset, character) : 0
      return { file, ...at(offset + shift), path: formatPath(path), rule }
    },
  }
  return { source, faults }
}

/** Where bytes are not UTF-8: they would otherwise be read as something else than was written. */
function notUtf8(bytes: Buffer): Pick<Fault, 'line' | 'column' | 'rule'> | undefined {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0)
  if (mark === 0xfffe || mark === 0xfeff) {
    return { line: 1, column: 1, rule: 'the file is UTF-16: save it as UTF-8' }
  }
  if (isUtf8(bytes)) return undefined
  const text = bytes.toString()
  let at = text.indexOf(REPLACEMENT)
  // One that was written as such is no fault.
  while (bytes.indexOf(REPLACEMENT, bytesBefore(text, at)) === bytesBefore(text, at)) {
    at = text.indexOf(REPLACEMENT, at + 1)
  }
  const before = text.slice(0, at)
  const byte = (bytes[bytesBefore(text, at)] ?? 0).toString(16)
  const line = before.split('\n').length
  return {
    line,
    column: at - before.lastIndexOf('\n'),
    rule: `the byte 0x${byte} here is no UTF-8`,
  }
}

/** What decoding puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd'

function bytesBefore(text: string, at: number): number {
  return Buffer.byteLength(text.slice(0, at))
}

/** Aliases of anchors that nothing before them sets, each at its place. */
function unresolvedAliases(
  document: Document.Parsed,
  file: string,
  at: (offset: number) => { readonly line: number; readonly column: number },
): Fault[] {
  const faults: Fault[] = []
  const anchors = new Set<string>()
  visit(document, {
    Node(_, node) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor)
        return
      }
      if (anchors.has(node.source)) return
      const rule = `no anchor before this is called ${node.source}`
      faults.push({ file, ...at(startOf(node)), path: '', rule })
    },
  })
  return faults
}

/** `["flows", 2, "keys"]` as `flows[2].keys`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^\w+$/.test(String(step))) text += `${text === '' ? '' : '.'}${String(step)}`
    else text += `[${JSON.stringify(String(step))}]`
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
