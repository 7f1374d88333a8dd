/**
 * The gateway record (BGP): sflow_version_5.txt, "extended_gateway". Its numbers are found once per
 * sample; path and communities are written as digits into one buffer, so that a key makes no text.
 */
import type { FlowView } from '../flow-view.ts'
import { TEXT_BYTES_MAX } from '../functions/texts.ts'
import { readAddress } from './declare.ts'

const GATEWAY = 1003
/** Longer lists are a lie: a sample has at most some 60,000 bytes, real paths some ten AS numbers. */
const SEGMENTS_MAX = 64
const NUMBERS_MAX = 1024
const AS_SET = 1

/** Numbers that the record lacks are -1. */
export class Gateway {
  as = -1
  sourceAs = -1
  sourcePeerAs = -1
  firstAs = -1
  lastAs = -1
  localPreference = -1
  /** Where segments and communities begin, with their count; -1 where they are cut. */
  path = -1
  communities = -1
  end = 0
}

const gateway = new Gateway()
const nextHop = new Int32Array(4)
let seen: FlowView | undefined
let stamp = 0
let whole = false

/** The gateway record of this sample, or undefined. The object is re-used for the next sample. */
export function findGateway(view: FlowView): Gateway | undefined {
  if (seen !== view || stamp !== view.stamp) {
    seen = view
    stamp = view.stamp
    whole = read(view)
  }
  return whole ? gateway : undefined
}

function read(view: FlowView): boolean {
  const record = view.record(GATEWAY)
  if (record < 0) return false
  const bytes = view.sample.view
  const start = view.sample.recordStarts[record] as number
  const end = view.sample.recordEnds[record] as number
  const address = readAddress(bytes, start, end, nextHop, 0)
  const at = start + address
  if (address === 0 || end - at < 16) return false
  gateway.as = bytes.getUint32(at)
  gateway.sourceAs = bytes.getUint32(at + 4)
  gateway.sourcePeerAs = bytes.getUint32(at + 8)
  gateway.firstAs = -1
  gateway.lastAs = -1
  gateway.localPreference = -1
  gateway.path = at + 12
  gateway.communities = -1
  gateway.end = end
  readLists(bytes)
  return true
}

function readLists(bytes: DataView): void {
  const { end } = gateway
  const segments = bytes.getUint32(gateway.path)
  let at = gateway.path + 4
  if (segments > SEGMENTS_MAX) return
  for (let segment = 0; segment < segments; segment++) {
    if (end - at < 8) return
    const count = bytes.getUint32(at + 4)
    if (count > NUMBERS_MAX || count * 4 > end - at - 8) return
    if (count > 0) {
      if (gateway.firstAs < 0) gateway.firstAs = bytes.getUint32(at + 8)
      gateway.lastAs = bytes.getUint32(at + 4 + count * 4)
    }
    at += 8 + count * 4
  }
  if (end - at < 4) return
  const communities = bytes.getUint32(at)
  if (communities > NUMBERS_MAX || communities * 4 > end - at - 4) return
  gateway.communities = at
  const preference = at + 4 + communities * 4
  if (end - preference >= 4) gateway.localPreference = bytes.getUint32(preference)
}

/** What the writers below fill: at most TEXT_BYTES_MAX bytes, the rest is left out. */
export const gatewayText = new DataView(new ArrayBuffer(TEXT_BYTES_MAX))
let length = 0

/** Writes the path, `65001-65002`, a set as `{65003,65004}`; its length, 0 for an empty path. */
export function writePath(view: FlowView): number {
  const found = findGateway(view)
  if (found === undefined || found.lastAs < 0) return 0
  const bytes = view.sample.view
  length = 0
  let at = found.path + 4
  for (let segment = bytes.getUint32(found.path); segment > 0 && found.end - at >= 8; segment--) {
    const isSet = bytes.getUint32(at) === AS_SET
    const last = at + 4 + bytes.getUint32(at + 4) * 4
    if (last + 4 > found.end) break
    if (length > 0) put(0x2d)
    if (isSet) put(0x7b)
    for (let number = at + 8; number <= last; number += 4) {
      if (number > at + 8) put(isSet ? 0x2c : 0x2d)
      putNumber(bytes.getUint32(number))
    }
    if (isSet) put(0x7d)
    at = last + 4
  }
  return length
}

/** Writes the communities, `65001:100-65001:200`; the length, 0 where there are none. */
export function writeCommunities(view: FlowView): number {
  const found = findGateway(view)
  if (found === undefined || found.communities < 0) return 0
  const bytes = view.sample.view
  length = 0
  const count = bytes.getUint32(found.communities)
  for (let index = 0; index < count; index++) {
    const community = bytes.getUint32(found.communities + 4 + index * 4)
    if (index > 0) put(0x2d)
    putNumber(community >>> 16)
    put(0x3a)
    putNumber(community & 0xffff)
  }
  return length
}

function put(character: number): void {
  if (length < TEXT_BYTES_MAX) gatewayText.setUint8(length++, character)
}

function putNumber(number: number): void {
  let divisor = 1
  while (divisor * 10 <= number) divisor *= 10
  for (; divisor >= 1; divisor /= 10) put(0x30 + (Math.floor(number / divisor) % 10))
}
