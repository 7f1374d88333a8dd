/**
 * Which host, container or virtual machine an address belongs to: by the MAC addresses of its
 * adapters (host_adapters, sFlow 0:2001), and by the address of a host's own agent. Bounded; an
 * address belongs to the source that reported it last, until that one is gone.
 */
import type { HostAttribute } from '../flows/functions/name-functions.ts'
import { MACHINE_TYPES, OS_NAMES } from '../state/entity.ts'
import type { Source } from '../state/source.ts'
import { WordIndex } from '../state/word-index.ts'

/** A key takes some 40 bytes and a slot; 131,072 are 4,000 hosts with 32 adapters. */
export const ADAPTERS_MAX = 131_072
export const ADAPTERS_PER_SOURCE_MAX = 256

export class HostIndex {
  /** Addresses that found no room. */
  refused = 0
  created = 0
  evicted = 0
  readonly #byMac: WordIndex
  readonly #byAgent: WordIndex
  readonly #sources: (Source | undefined)[] = []
  readonly #free: number[] = []
  /** Keys of a source: pairs of MAC words. */
  readonly #macs = new Map<Source, Int32Array>()
  readonly #mac = new Int32Array(2)
  readonly #address = new Int32Array(4)

  constructor(seed: number) {
    this.#byMac = new WordIndex(2, seed)
    this.#byAgent = new WordIndex(4, seed)
  }

  /** The host whose agent has this address of four words, IPv4 behind ::ffff:0:0/96. */
  ofAddress(words: Int32Array, at: number): Source | undefined {
    return this.#sources[this.#byAgent.find(at === 0 ? words : words.subarray(at, at + 4))]
  }

  /** The host, container or virtual machine with this MAC address. */
  ofMac(high: number, low: number): Source | undefined {
    this.#mac[0] = high
    this.#mac[1] = low
    return this.#sources[this.#byMac.find(this.#mac)]
  }

  /** The description of a host: its agent's address is one of its own. */
  describe(source: Source): void {
    if (source.sourceClass !== 2) return
    this.#set(this.#byAgent, wideAddress(source, this.#address), source)
  }

  /** Its adapters, from the record between `start` and `end`: a count, then ifIndex and MAC list each. */
  adapters(source: Source, count: number, view: DataView, start: number, end: number): void {
    const macs: number[] = []
    let at = start
    for (let adapter = 0; adapter < count && end - at >= 8; adapter++) {
      const addresses = view.getUint32(at + 4)
      at += 8
      if (addresses > (end - at) / 8) break
      for (let each = 0; each < addresses; each++, at += 8) {
        const [high, low] = [view.getUint16(at), view.getInt32(at + 2)]
        const isReal = (high !== 0 || low !== 0) && (high & 0x100) === 0
        if (isReal && macs.length < ADAPTERS_PER_SOURCE_MAX * 2) macs.push(high, low)
      }
    }
    const known = this.#macs.get(source)
    if (known?.length === macs.length && known.every((word, index) => word === macs[index])) return
    this.#forgetMacs(source)
    this.#macs.set(source, Int32Array.from(macs))
    for (let index = 0; index < macs.length; index += 2) {
      this.#mac[0] = macs[index] as number
      this.#mac[1] = macs[index + 1] as number
      this.#set(this.#byMac, this.#mac, source)
    }
  }

  /** The source is gone. */
  release(source: Source): void {
    this.#forgetMacs(source)
    if (source.sourceClass === 2)
      this.#delete(this.#byAgent, wideAddress(source, this.#address), source)
  }

  stats(table: string) {
    const { refused, created, evicted } = this
    const series = this.#byMac.size + this.#byAgent.size
    return { table, series, seriesMax: ADAPTERS_MAX, created, refused, evicted }
  }

  #forgetMacs(source: Source): void {
    const macs = this.#macs.get(source)
    if (macs === undefined) return
    this.#macs.delete(source)
    for (let index = 0; index < macs.length; index += 2) {
      this.#delete(this.#byMac, macs.subarray(index, index + 2), source)
    }
  }

  #set(index: WordIndex, key: Int32Array, source: Source): void {
    const known = index.find(key)
    if (known >= 0) {
      this.#sources[known] = source
      return
    }
    const slot = this.#free.pop() ?? this.#sources.length
    if (slot >= ADAPTERS_MAX) {
      this.refused += 1
      return
    }
    this.#sources[slot] = source
    index.set(key, slot)
    this.created += 1
  }

  /** Unless another source has taken it over. */
  #delete(index: WordIndex, key: Int32Array, source: Source): void {
    const slot = index.find(key)
    if (slot < 0 || this.#sources[slot] !== source) return
    index.delete(key)
    this.#sources[slot] = undefined
    this.#free.push(slot)
    this.evicted += 1
  }
}

/** `parent` is the host that a container or virtual machine runs on. */
export function hostAttribute(
  source: Source,
  parent: Source | undefined,
  attribute: HostAttribute,
): string | undefined {
  const { texts, hostName } = source
  switch (attribute) {
    case 'host_name':
      return (source.sourceClass === 2 ? hostName : parent?.hostName) || undefined
    case 'vir_host_name':
      return (source.sourceClass === 2 ? undefined : texts.hostname) || undefined
    case 'uuid':
      return texts.uuid
    case 'os_name':
      return OS_NAMES[texts.osName ?? -1]
    case 'os_release':
      return texts.osRelease || undefined
    case 'machine_type':
      return MACHINE_TYPES[texts.machineType ?? -1]
  }
}

/** The agent's address as flow keys hold addresses. */
function wideAddress({ agent }: Source, into: Int32Array): Int32Array {
  const { words } = agent
  const isShort = words[0] === 1
  for (let word = 0; word < 4; word++) into[word] = isShort ? 0 : (words[word + 1] as number)
  if (isShort) {
    into[2] = 0xffff
    into[3] = words[1] as number
  }
  return into
}
