/** Functions on texts: map, prefix, suffix, concat, uri. */
import type { FlowView } from '../flow-view.ts'
import { CustomExpression, type Expression, OncePerSample } from '../keys/expression.ts'
import { type Kind, textKind } from '../keys/kinds.ts'
import type { FunctionDeclaration } from './call.ts'
import { derivedText } from './derived.ts'
import { Fault, nearest } from './fault.ts'
import { NOTHING_DERIVED, WordCache } from './word-cache.ts'

const PARTS_MAX = 64

const map: FunctionDeclaration = {
  name: 'map',
  usage: 'map:KEY:TABLE',
  help: 'What a table of `maps` holds for the text of the key; nothing where it holds nothing.',
  compile: call => {
    call.arity(2)
    const { texts, maps } = call.context
    const key = call.key(0)
    const name = call.text(1)
    const table = maps.table(name)
    if (table === undefined) {
      const near = nearest(name, maps.names())
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      throw new Fault(call.position(1), `no map is called ${name}${hint}`)
    }
    const words = new Int32Array(key.kind.width)
    const look = (from: Int32Array, at: number) => {
      const text = table.entries.get(key.kind.format(from, at))
      return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
    }
    const cache = new WordCache(key.kind.width, look, texts)
    let revision = table.revision
    return new OncePerSample(
      new CustomExpression(textKind(texts), (view, into, at) => {
        if (!key.read(view, words, 0)) return false
        if (revision !== table.revision) {
          cache.clear()
          revision = table.revision
        }
        const word = cache.get(words, 0)
        into[at] = word
        return word !== NOTHING_DERIVED
      }),
    )
  },
}

const prefix: FunctionDeclaration = {
  name: 'prefix',
  usage: 'prefix:KEY:DELIMITER:COUNT',
  help: 'The first parts of a text: prefix:uripath:/:2 of /a/b is /a.',
  compile: call => {
    call.arity(3)
    const [key, delimiter, count] = [call.key(0), call.text(1), call.number(2, 1, PARTS_MAX)]
    if (delimiter === '') throw new Fault(call.position(1), 'expected a delimiter')
    return derivedText(call, key, text => text.split(delimiter).slice(0, count).join(delimiter))
  },
}

const suffix: FunctionDeclaration = {
  name: 'suffix',
  usage: 'suffix:KEY:DELIMITER:COUNT',
  help: 'The last parts of a text: suffix:dnsqname:.:2 of www.example.com is example.com.',
  compile: call => {
    call.arity(3)
    const [key, delimiter, count] = [call.key(0), call.text(1), call.number(2, 1, PARTS_MAX)]
    if (delimiter === '') throw new Fault(call.position(1), 'expected a delimiter')
    return derivedText(call, key, text => text.split(delimiter).slice(-count).join(delimiter))
  },
}

/** Several keys side by side: no text is made until it is shown. */
class ConcatExpression implements Expression {
  readonly kind: Kind
  readonly #parts: readonly Expression[]

  constructor(parts: readonly Expression[], separator: string) {
    this.#parts = parts
    this.kind = {
      name: 'text',
      width: parts.reduce((sum, part) => sum + part.kind.width, 0),
      spare: false,
      local: parts.some(part => part.kind.local === true),
      format: (words, at) => {
        let offset = at
        const texts = parts.map(({ kind }) => {
          offset += kind.width
          return kind.format(words, offset - kind.width)
        })
        return texts.join(separator)
      },
      parse: () => undefined,
      comparesText: true,
    }
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    let offset = at
    for (const part of this.#parts) {
      if (!part.read(view, into, offset)) return false
      offset += part.kind.width
    }
    return true
  }
}

const concat: FunctionDeclaration = {
  name: 'concat',
  usage: 'concat:SEPARATOR:KEY:KEY...',
  help: 'Keys joined to one text: concat:-:ipsource:ipdestination. Write a colon as \\:.',
  compile: call => {
    call.arity(2, 16)
    return new ConcatExpression(call.keys(1), call.text(0))
  },
}

const URI_PARTS = [
  'protocol',
  'host',
  'port',
  'path',
  'file',
  'extension',
  'query',
  'fragment',
] as const

const uri: FunctionDeclaration = {
  name: 'uri',
  usage: 'uri:KEY:PART',
  help: `A part of a URL: ${URI_PARTS.join(', ')}.`,
  compile: call => {
    call.arity(2)
    const part = call.choice(1, URI_PARTS, 'path')
    return derivedText(call, call.key(0), text => uriPart(text, part))
  },
}

/** RFC 3986, appendix B, without its regular expression: a URL or only its path. */
function uriPart(text: string, part: (typeof URI_PARTS)[number]): string | undefined {
  const [withoutFragment = '', fragment] = cut(text, '#')
  const [withoutQuery = '', query] = cut(withoutFragment, '?')
  const scheme = withoutQuery.indexOf('://')
  const rest = scheme < 0 ? withoutQuery : withoutQuery.slice(scheme + 3)
  const slash = rest.indexOf('/')
  const authority = scheme < 0 ? '' : slash < 0 ? rest : rest.slice(0, slash)
  const path = scheme < 0 ? rest : slash < 0 ? '' : rest.slice(slash)
  const file = path.slice(path.lastIndexOf('/') + 1)
  const address = authority.slice(authority.lastIndexOf('@') + 1)
  const port = /:(\d{1,5})$/.exec(address)
  const parts: Record<(typeof URI_PARTS)[number], string | undefined> = {
    protocol: scheme < 0 ? undefined : withoutQuery.slice(0, scheme),
    host: port === null ? address : address.slice(0, port.index),
    port: port?.[1],
    path,
    file,
    extension: file.includes('.') ? file.slice(file.lastIndexOf('.') + 1) : undefined,
    query,
    fragment,
  }
  return parts[part] || undefined
}

function cut(text: string, delimiter: string): [string, string | undefined] {
  const at = text.indexOf(delimiter)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

export const TEXT_FUNCTIONS: readonly FunctionDeclaration[] = [map, prefix, suffix, concat, uri]
