/** A decoded datagram for people: one line for what frames it, one for each field, names of structures. */
import { counterStructureByTag, flowStructureByTag } from '../../structures/index.ts'
import type { Json, JsonObject } from './json.ts'

/** Said in the line of the datagram. */
const HEAD = new Set([
  'datagramSourceIP',
  'datagramSize',
  'unixSecondsUTC',
  'unixSecondsUTC_uS',
  'localtime',
  'pcapTimestamp',
  'pcapTimestamp_uS',
  'datagramVersion',
  'agentSubId',
  'agent',
  'packetSequenceNo',
  'sysUpTime',
  'samplesInPacket',
])
/** Said in the line of the sample or record. */
const SAMPLE_HEAD = new Set(['sampleType_tag', 'sampleType', 'sampleSequenceNo', 'sourceId'])
const TAG_KEY = /(counter|flow)Block_tag$/
const KEY_WIDTH = 28

export function datagramText(datagram: JsonObject): string {
  const microseconds = String(datagram.unixSecondsUTC_uS ?? '0').padStart(6, '0')
  const lines = [
    [
      `${datagram.localtime} +${microseconds} us`,
      `agent ${datagram.agent ?? '?'}`,
      `sub-agent ${datagram.agentSubId ?? '?'}`,
      `sequence ${datagram.packetSequenceNo ?? '?'}`,
      `up ${Number(datagram.sysUpTime ?? 0) / 1_000} s`,
      `${datagram.datagramSize} bytes from ${datagram.datagramSourceIP}`,
    ].join(', '),
  ]
  addFields(datagram, HEAD, 1, lines)
  return `${lines.join('\n')}\n`
}

function addFields(
  object: JsonObject,
  said: ReadonlySet<string>,
  depth: number,
  lines: string[],
): void {
  for (const [key, value] of Object.entries(object)) {
    if (said.has(key) || TAG_KEY.test(key)) continue
    if (typeof value === 'string') {
      lines.push(`${'  '.repeat(depth)}${key.padEnd(KEY_WIDTH)} ${printable(value)}`)
    } else if (Array.isArray(value)) {
      addList(key, value, depth, lines)
    } else {
      addObject(key, value as JsonObject, depth, lines)
    }
  }
}

function addList(key: string, list: readonly Json[], depth: number, lines: string[]): void {
  for (const one of list) {
    if (typeof one !== 'string') addObject(key, one as JsonObject, depth, lines)
    else lines.push(`${'  '.repeat(depth)}${key.padEnd(KEY_WIDTH)} ${printable(one)}`)
  }
}

function addObject(key: string, object: JsonObject, depth: number, lines: string[]): void {
  lines.push('  '.repeat(depth) + title(key, object))
  addFields(object, 'sampleType_tag' in object ? SAMPLE_HEAD : new Set(), depth + 1, lines)
}

function title(key: string, object: JsonObject): string {
  if ('sampleType_tag' in object) {
    const source = object.sourceId === undefined ? '' : `, source ${object.sourceId}`
    const number =
      object.sampleSequenceNo === undefined ? '' : `, sequence ${object.sampleSequenceNo}`
    return `sample ${object.sampleType_tag} ${object.sampleType ?? 'of unknown type'}${source}${number}`
  }
  const tagKey = Object.keys(object).find(one => TAG_KEY.test(one))
  if (tagKey === undefined) return key
  const label = String(object[tagKey])
  const [enterprise = 0, format = 0] = label.split(':').map(Number)
  const byTag = tagKey.endsWith('counterBlock_tag') ? counterStructureByTag : flowStructureByTag
  return `record ${label} ${byTag.get(enterprise * 4096 + format)?.name ?? 'of unknown structure'}`
}

/** Control characters could do things to a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, character =>
    JSON.stringify(character).slice(1, -1),
  )
}
