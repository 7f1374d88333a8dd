/** Seeded mutations of real and made datagrams: what a fuzz run feeds the engine. */
import { newDatagramCounts, readDatagrams } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'
import type { Random } from '../../src/simulate/random.ts'
import { CAPTURES, capturePath } from './engine.ts'

/** Numbers that break careless code. */
const EVIL = [
  0, 1, 2, 3, 4, 5, 0x3fffffff, 0x40000100, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe,
  0xffffffff,
]

export async function seedDatagrams(): Promise<Uint8Array[]> {
  const seeds: Uint8Array[] = []
  const every = new URL('../simulate/every-record.pcap', import.meta.url).pathname
  for (const path of [...CAPTURES.map(capturePath), every]) {
    const capture = await openCapture(path)
    const options = { name: path, port: undefined, counts: newDatagramCounts() }
    for await (const { bytes } of readDatagrams(capture.chunks, options)) seeds.push(bytes.slice())
  }
  return seeds
}

/** One mutated copy, in a buffer that is used again. Returns its length. */
export function mutate(seed: Uint8Array, into: Uint8Array, random: Random): number {
  into.set(seed)
  let length = seed.length
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  const changes = 1 + random.integer(6)
  for (let change = 0; change < changes; change++) {
    const word = random.integer(Math.max(1, length >> 2)) * 4
    switch (random.integer(7)) {
      case 0:
        into[random.integer(length || 1)] = random.integer(256)
        break
      case 1:
        view.setUint32(word, EVIL[random.integer(EVIL.length)] as number)
        break
      case 2:
        view.setUint32(word, (view.getUint32(word) + random.integer(9) - 4) >>> 0)
        break
      case 3:
        length = random.integer(length + 1)
        break
      case 4:
        into.copyWithin(word, random.integer(length || 1), length)
        break
      case 5:
        // Mostly what stands near the front decides: agent, sequence, counts, lengths.
        view.setUint32(4 * random.integer(24), EVIL[random.integer(EVIL.length)] as number)
        break
      default:
        into[word] = (into[word] as number) ^ (1 << random.integer(8))
    }
  }
  return length
}
