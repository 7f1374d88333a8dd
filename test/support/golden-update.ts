/**
 * `npm run golden`: makes golden files that are missing, and writes anew what ours says of all of
 * them; review the difference. `SFLOWTOOL=PATH npm run golden` also asks that program.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/sflow/decode/json.ts'
import { decodedJson, expositions, readGoldens, withoutOrigin, writeGolden } from './golden.ts'
import { RECIPES } from './golden-recipes.ts'
import { parseHex } from './xdr.ts'

const program = process.env.SFLOWTOOL
const held = new Map(readGoldens().map(golden => [golden.name, golden]))

const datagrams = RECIPES.map(({ name, build }) => held.get(name)?.datagram ?? build().toString())
const exposed = expositions(datagrams.map(parseHex))

for (const [index, recipe] of RECIPES.entries()) {
  const golden = held.get(recipe.name)
  const datagram = datagrams[index] as string
  const bytes = parseHex(datagram)
  writeGolden({
    name: recipe.name,
    why: golden?.why ?? recipe.why,
    spec: golden?.spec ?? recipe.spec,
    datagram,
    json: decodedJson(bytes),
    sflowtool: program === undefined ? (golden?.sflowtool ?? '') : ask(program, bytes),
    exposition: exposed[index] as string,
  })
}
console.log(`${RECIPES.length} golden files, ${RECIPES.length - held.size} of them new`)

/** What the reference program prints for one datagram; what is not JSON stays as it is. */
function ask(path: string, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'))
  try {
    const file = join(folder, 'one.pcap')
    writeFileSync(file, capture(bytes))
    const output = execFileSync(path, ['-r', file, '-j'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const line = output.trim()
    try {
      return JSON.stringify(withoutOrigin(JSON.parse(line) as JsonObject))
    } catch {
      return 'gives up'
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A capture of one datagram to port 6343. */
function capture(bytes: Uint8Array): Buffer {
  const file = Buffer.alloc(24 + 16 + 42 + bytes.length)
  file.writeUInt32LE(0xa1b2c3d4, 0)
  file.writeUInt16LE(2, 4)
  file.writeUInt16LE(4, 6)
  file.writeUInt32LE(65_535, 16)
  file.writeUInt32LE(1, 20)
  const packet = file.subarray(40)
  file.writeUInt32LE(1, 24)
  file.writeUInt32LE(packet.length, 32)
  file.writeUInt32LE(packet.length, 36)
  packet.writeUInt16BE(0x0800, 12)
  packet.writeUInt8(0x45, 14)
  packet.writeUInt16BE(28 + bytes.length, 16)
  packet.writeUInt8(64, 22)
  packet.writeUInt8(17, 23)
  packet.set([10, 0, 0, 1, 10, 0, 0, 2], 26)
  packet.writeUInt16BE(6_343, 34)
  packet.writeUInt16BE(6_343, 36)
  packet.writeUInt16BE(8 + bytes.length, 38)
  packet.set(bytes, 42)
  return file
}
