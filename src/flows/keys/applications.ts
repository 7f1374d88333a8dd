/** Keys of hosts and applications: entities, users, sockets, TCP state, transactions, HTTP. */
import type { FlowView } from '../flow-view.ts'
import type { FlowContext } from '../functions/context.ts'
import type { TextTable } from '../functions/texts.ts'
import { type KeyDeclaration, keysOf } from './declare.ts'
import {
  type CompletePlace,
  completePlaces,
  Found,
  findField,
  type RecordPlace,
} from './expression.ts'
import { IP4, IP6, type Kind, NUMBER, named, SMALL, WIDE } from './kinds.ts'

const application = keysOf('Hosts and applications')

const USER = 1004
const URL_DEPRECATED = 1005
const SOCKET_4 = 2100
const SOCKET_6 = 2101
const MEMCACHE = 2200
const HTTP_DEPRECATED = 2201
const OPERATION = 2202
const PARENT = 2203
const INITIATOR = 2204
const TARGET = 2205
const HTTP = 2206
const PROXY_REQUEST = 2207
const TCP_INFO = 2209
const ENTITIES = 2210

/** The container, virtual machine or host at one end: class and index at `fixed`, name from the context. */
function entity(fixed: number) {
  return (view: FlowView, { texts, names }: FlowContext): number => {
    const record = view.record(ENTITIES)
    if (record < 0) return -1
    const { sample } = view
    const at = (sample.recordStarts[record] as number) + fixed
    if ((sample.recordEnds[record] as number) - at < 8) return -1
    const sourceClass = sample.view.getUint32(at)
    const index = sample.view.getUint32(at + 4)
    if (index === 0) return -1
    const name = names.entityName?.(view, sourceClass, index)
    return name === undefined ? -1 : texts.ofText(name)
  }
}

/** Where a field stands in each of the two HTTP records; the newer one has a word more before its texts. */
function http(texts: number, after = 0): readonly RecordPlace[] {
  return [
    { tag: HTTP, fixed: 8, texts, after },
    { tag: HTTP_DEPRECATED, fixed: 4, texts, after },
  ]
}

const HTTP_TEXTS = 7
const OPERATION_TEXTS = 4
const afterOperation = (after: number): RecordPlace => ({
  tag: OPERATION,
  texts: OPERATION_TEXTS,
  after,
})
const afterHttp = (after: number) => http(HTTP_TEXTS, after)

const METHOD: Kind = named(
  'HTTP method',
  new Map(
    ['OTHER', 'OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'].entries(),
  ),
)

/** 1001 is version 1.1: thousands and units. */
const VERSION: Kind = {
  name: 'HTTP version',
  width: 1,
  spare: true,
  format: (words, at) =>
    `${Math.floor((words[at] as number) / 1000)}.${(words[at] as number) % 1000}`,
  parse: text => {
    const match = /^(\d)\.(\d)$/.exec(text)
    return match === null ? undefined : [Number(match[1]) * 1000 + Number(match[2])]
  },
}

const STATUS: Kind = named(
  'status of an operation',
  new Map(
    [
      'success',
      'other',
      'timeout',
      'internal_error',
      'bad_request',
      'forbidden',
      'too_large',
      'not_implemented',
      'not_found',
      'unavailable',
      'unauthorized',
    ].entries(),
  ),
)

const MEMCACHE_COMMAND: Kind = named(
  'memcache command',
  new Map(
    [
      'other',
      'set',
      'add',
      'replace',
      'append',
      'prepend',
      'cas',
      'get',
      'gets',
      'incr',
      'decr',
      'delete',
      'stats',
      'flush',
      'version',
      'quit',
      'touch',
    ].entries(),
  ),
)

const TCP_DIRECTION: Kind = named(
  'direction',
  new Map([
    [0, 'unknown'],
    [1, 'received'],
    [2, 'sent'],
  ]),
)

const transaction = [OPERATION, HTTP, HTTP_DEPRECATED, MEMCACHE]

// biome-ignore format: one key a line, as a table
export const APPLICATION_KEYS: readonly KeyDeclaration[] = [
  application.customText('entitysource', 'Name of the container, virtual machine or host that sent the packet.', entity(0), 1, { records: [ENTITIES] }),
  application.customText(
    'entitydestination',
    'Name of the container, virtual machine or host that the packet goes to.',
    entity(8),
  ),
  application.record('entitysourceindex', NUMBER, 4, { tag: ENTITIES, fixed: 4 }, 'Data source index of the sender.'),
  application.record('entitydestinationindex', NUMBER, 4, { tag: ENTITIES, fixed: 12 }, 'Data source index of the receiver.'),
  application.recordText('usersource', { tag: USER, fixed: 4 }, 'User of the source, as the switch knows it.'),
  application.recordText(
    'userdestination',
    { tag: USER, fixed: 4, texts: 1, after: 4 },
    'User of the destination, as the switch knows it.',
  ),
  ...tcpInfo(),
  ...sockets(),
  application.custom('requests', SMALL, 'One for a sample of a transaction, and for one of a DNS or ARP packet.', requests),
  application.record(
    'duration',
    NUMBER,
    4,
    [afterOperation(16), ...afterHttp(16), { tag: MEMCACHE, fixed: 8, texts: 1, after: 8 }],
    'Microseconds that the transaction took.',
  ),
  application.record('reqbytes', WIDE, 8, [afterOperation(0), ...afterHttp(0)], 'Bytes of the request.'),
  application.record('respbytes', WIDE, 8, [afterOperation(8), ...afterHttp(8)], 'Bytes of the response.'),
  application.recordText('application', { tag: OPERATION }, 'Application of the transaction.'),
  application.recordText('appoperation', { tag: OPERATION, texts: 1 }, 'Operation of the transaction.'),
  application.recordText('appattributes', { tag: OPERATION, texts: 2 }, 'Attributes of the transaction.'),
  application.recordText('appstatusdescr', { tag: OPERATION, texts: 3 }, 'Status of the transaction in its own words.'),
  application.record('appstatus', STATUS, 4, afterOperation(20), 'Status of the transaction: success, timeout, ...'),
  application.recordText('appinitiator', { tag: INITIATOR }, 'Who asked for the transaction.'),
  application.recordText('apptarget', { tag: TARGET }, 'Whom the transaction is about.'),
  application.recordText('appparent', { tag: PARENT }, 'Application that this transaction is a part of.'),
  application.recordText('appparentoperation', { tag: PARENT, texts: 1 }, 'Operation that this transaction is a part of.'),
  application.recordText('appparentattributes', { tag: PARENT, texts: 2 }, 'Attributes of that operation.'),
  ...web(),
]

/** Which samples describe one request: transactions, and packets that are themselves one. */
function requests(view: FlowView, into: Int32Array, at: number): boolean {
  into[at] = 1
  if (view.frameLength > 0) return true
  for (const tag of transaction) if (view.record(tag) >= 0) return true
  return false
}

function tcpInfo(): KeyDeclaration[] {
  const fields = [
    ['tcpsndmss', 'Largest segment that is sent.'],
    ['tcprcvmss', 'Largest segment that is received.'],
    ['tcpunacked', 'Segments sent and not acknowledged.'],
    ['tcplost', 'Segments taken for lost.'],
    ['tcpretrans', 'Segments sent again.'],
    ['tcppmtu', 'Path MTU.'],
    ['tcprtt', 'Smoothed round trip time in microseconds.'],
    ['tcprttvar', 'Variation of the round trip time in microseconds.'],
    ['tcpcwnd', 'Congestion window in segments.'],
    ['tcpreordering', 'Reordering that the connection allows for.'],
    ['tcprttmin', 'Least round trip time in microseconds.'],
  ] as const
  // biome-ignore format: one key a line, as a table
  return [
    application.record('tcpdirection', TCP_DIRECTION, 4, { tag: TCP_INFO }, 'Whether the host sent or received the packet.'),
    ...fields.map(([name, help], index) => application.record(name, NUMBER, 4, { tag: TCP_INFO, fixed: 4 + index * 4 }, help)),
  ]
}

function sockets(): KeyDeclaration[] {
  const both = (four: number, six: number) => [
    { tag: SOCKET_4, fixed: four },
    { tag: SOCKET_6, fixed: six },
  ]
  // biome-ignore format: one key a line, as a table
  return [
    application.record('socketprotocol', SMALL, 4, both(0, 0), 'IP protocol of the socket.'),
    application.record('socketlocal', IP4, 4, { tag: SOCKET_4, fixed: 4 }, 'Own IPv4 address of the socket.'),
    application.record('socketremote', IP4, 4, { tag: SOCKET_4, fixed: 8 }, 'IPv4 address of the other side.'),
    application.record('socketlocal6', IP6, 16, { tag: SOCKET_6, fixed: 4 }, 'Own IPv6 address of the socket.'),
    application.record('socketremote6', IP6, 16, { tag: SOCKET_6, fixed: 20 }, 'IPv6 address of the other side.'),
    application.record('socketlocalport', SMALL, 4, both(12, 36), 'Own port of the socket.'),
    application.record('socketremoteport', SMALL, 4, both(16, 40), 'Port of the other side.'),
  ]
}

function web(): KeyDeclaration[] {
  const url = [...http(0), { tag: URL_DEPRECATED, fixed: 4 }, { tag: PROXY_REQUEST }]
  const urlPlaces = completePlaces(url)
  const host = [
    ...http(1),
    { tag: URL_DEPRECATED, fixed: 4, texts: 1 },
    { tag: PROXY_REQUEST, texts: 1 },
  ]
  // biome-ignore format: one key a line, as a table
  return [
    application.record('httpmethod', METHOD, 4, [{ tag: HTTP }, { tag: HTTP_DEPRECATED }], 'Method of the request.'),
    application.record('httpversion', VERSION, 4, { tag: HTTP, fixed: 4 }, 'Version of HTTP.'),
    application.recordText('httpurl', url, 'URL, or the part of it that the server saw.'),
    application.customText('uripath', 'Path of the URL, without host, query and fragment.', (view, { texts }) =>
      uriPath(view, texts, urlPlaces),
    ),
    application.recordText('httphost', host, 'Host of the request.'),
    application.recordText('httpreferer', http(2), 'Page that led to the request.'),
    application.recordText('httpuseragent', http(3), 'Program that made the request.'),
    application.recordText('httpxff', http(4), 'X-Forwarded-For.'),
    application.recordText('httpauthuser', http(5), 'User that the server knows.'),
    application.recordText('httpmimetype', http(6), 'Type of the response.'),
    application.record('httpstatus', SMALL, 4, afterHttp(20), 'Status of the response.'),
    application.record('memcachecommand', MEMCACHE_COMMAND, 4, { tag: MEMCACHE, fixed: 4 }, 'Command of a memcache operation.'),
    application.recordText('memcachekey', { tag: MEMCACHE, fixed: 8 }, 'Key of a memcache operation.'),
    application.record(
      'memcachestatus',
      SMALL,
      4,
      { tag: MEMCACHE, fixed: 8, texts: 1, after: 12 },
      'Status of a memcache operation.',
    ),
  ]
}

const found = new Found()

/** From the first slash behind `//` (or the first at all) to a `?` or `#`. */
function uriPath(view: FlowView, texts: TextTable, places: readonly CompletePlace[]): number {
  if (!findField(view, places, found) || found.end - found.offset < 4) return -1
  const bytes = view.sample.view
  const length = bytes.getUint32(found.offset)
  if (length > found.end - found.offset - 4) return -1
  let start = found.offset + 4
  const end = start + length
  const separator = 0x3a2f2f
  for (let at = start; at + 3 <= end; at++) {
    if (((bytes.getUint16(at) << 8) | bytes.getUint8(at + 2)) === separator) {
      start = at + 3
      break
    }
  }
  while (start < end && bytes.getUint8(start) !== 0x2f) start++
  let stop = start
  while (stop < end && bytes.getUint8(stop) !== 0x3f && bytes.getUint8(stop) !== 0x23) stop++
  return stop === start ? -1 : texts.ofBytes(bytes, start, stop - start)
}
