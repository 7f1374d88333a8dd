/**
 * The view of one sampled packet: its bytes and where each layer begins. Re-used for every sample;
 * layers are found once, when somebody first asks. Offsets are only ever those of headers that lie
 * inside the sampled bytes; whoever reads a field checks that the field does too (`end`).
 */
import {
  readEthernet,
  readLlc,
  readMpls,
  readPpp,
  readPppoe,
  readVlan,
  readWlan,
} from './ethernet.ts'
import { readIp, readIp6 } from './ip.ts'
import { DEPTHS, FIRST_HIDDEN, LAYER, LAYERS_MAX, NOTHING } from './layers.ts'
import { RECORD_ETHERNET, RECORD_IPV4, writeRecords } from './records.ts'
import { readErspan, readLeaf, readUdp } from './transport.ts'
import {
  readDns,
  readGeneve,
  readGre,
  readGtpu,
  readIbbt,
  readInfiniband,
  readVxlan,
} from './tunnel.ts'

/** header_protocol of a sampled header: sflow_version_5.txt, "header_protocol". */
const PROTOCOL_LAYER: Readonly<Record<number, number>> = {
  1: LAYER.eth,
  7: LAYER.ppp,
  10: LAYER.ip,
  11: LAYER.ip,
  12: LAYER.ip6,
  13: LAYER.mpls,
  14: LAYER.ppp,
  15: LAYER.wlan,
  16: LAYER.wlan,
  17: LAYER.eth,
}
const INFINIBAND = 18

const ETHERNET_BYTES = 14
const IP_BYTES = 20
/** The type of IPv4 and the first byte of its header, if that has no options. */
const ETHERTYPE_IP_PLAIN = 0x080045
const TCP = 6
const UDP = 17
/** Of 16 bits that tell of fragments: more follow, and the offset. */
const FRAGMENT = 0x3fff
/** The readers of layers have to find out. */
const UNSURE = -2
/** What `#readPlain` notes of each packet: so many layers in `order`, so many in `#touched`. */
const PLAIN_COUNT = 2
const PLAIN_TOUCHED = 3
const PLAIN_LAYERS = (1 << LAYER.eth) | (1 << LAYER.ethertype) | (1 << LAYER.ip)

/** Longest packet that records 2, 3 and 4 are turned into: Ethernet, IPv6, TCP. */
const SCRATCH_BYTES = 14 + 40 + 20

export class PacketView {
  view: DataView = new DataView(new ArrayBuffer(0))
  /** First byte, and the first byte behind the last that may be read; the inner length fields shorten it. */
  start = 0
  end = 0
  /** Bytes that the agent took off before it measured the frame (its FCS, tags). */
  stripped = 0
  /** Built from records 2, 3 and 4: fields that those lack must not be read. */
  synthetic = false
  /** Layers in order, hidden ones not counted. */
  readonly order = new Uint8Array(LAYERS_MAX)
  count = 0
  /** Where the next layer begins: set by a layer's reader that names one. */
  next = 0
  /** By depth: how many IPv6 extension headers, and their numbers, a byte each. */
  readonly ip6ExtensionCount = new Uint8Array(DEPTHS)
  readonly ip6Extensions = new Int32Array(DEPTHS)

  /**
   * By slot; -1 where there is none. Good once `layers` or `offset` was asked of this packet. Only
   * those in #touched are set back for the next packet.
   */
  readonly offsets = new Int32Array(DEPTHS * 32).fill(-1)
  readonly #touched = new Uint8Array(DEPTHS * 32)
  #touchedCount = 0
  /** The latest packet began as `#readPlain` knows it: `order` and `#touched` say so already. */
  #isPlain = false
  #layers = 0
  readonly #scratch = new DataView(new ArrayBuffer(SCRATCH_BYTES))
  #protocol = 0
  #found = true
  #records: DataView | undefined
  /** Where the records 2, 3 and 4 begin, by tag; -1: it is not there. */
  readonly #recordStarts = new Int32Array(5)

  /** No packet. */
  clear(): void {
    this.#protocol = 0
    this.#records = undefined
    this.#found = true
    this.start = 0
    this.end = 0
    this.stripped = 0
    this.synthetic = false
    this.#forget(0)
  }

  /** The bytes of a sampled header. `protocol` is the number that record 1 begins with. */
  setHeader(view: DataView, protocol: number, start: number, end: number, stripped: number): void {
    // Storing a reference costs more than to see that it is there.
    if (this.view !== view) this.view = view
    if (this.#records !== undefined) this.#records = undefined
    this.start = start
    this.end = end
    this.stripped = stripped
    this.synthetic = false
    this.#protocol = protocol
    this.#found = false
  }

  /** Record 2, 3 or 4 (`tag`) at `start`, whole: laid out as one packet when somebody asks. */
  setRecord(view: DataView, tag: number, start: number): void {
    if (this.#records === undefined) this.#recordStarts.fill(-1)
    this.#records = view
    this.#recordStarts[tag] = start
    this.synthetic = true
    this.#found = false
  }

  /**
   * Offset of a layer, or -1. `slot` is the layer's number plus 32 for each appearance before it:
   * `LAYER.ip + 32` is the second IPv4 header.
   */
  offset(slot: number): number {
    if (!this.#found) this.#find()
    return this.offsets[slot] as number
  }

  /** Bit mask of the layers that are there at least once: bit n is layer n. */
  layers(): number {
    if (!this.#found) this.#find()
    return this.#layers
  }

  /** Called by layer readers: this layer begins at `at`. Returns which appearance it is, from 0. */
  add(layer: number, at: number): number {
    if (layer < FIRST_HIDDEN && this.count < LAYERS_MAX) this.order[this.count++] = layer
    this.#layers |= 1 << layer
    if ((this.offsets[layer] as number) < 0) {
      this.offsets[layer] = at
      this.#touched[this.#touchedCount++] = layer
      return 0
    }
    for (let slot = layer; slot < DEPTHS * 32; slot += 32) {
      if ((this.offsets[slot] as number) >= 0) continue
      this.offsets[slot] = at
      this.#touched[this.#touchedCount++] = slot
      return slot >>> 5
    }
    return DEPTHS
  }

  /** Of the offsets the first so many may stay: they are set anew. */
  #forget(kept: number): void {
    this.count = 0
    this.#layers = 0
    for (let index = kept; index < this.#touchedCount; index++) {
      this.offsets[this.#touched[index] as number] = -1
    }
    this.#touchedCount = 0
    if (kept === 0) this.#isPlain = false
  }

  #find(): void {
    this.#found = true
    if (this.#records !== undefined) this.#layOut(this.#records)
    let layer = this.#protocol === 1 ? this.#readPlain() : UNSURE
    if (layer === UNSURE) {
      this.#forget(0)
      this.next = this.start
      layer = this.#protocol === INFINIBAND ? readInfiniband(this, this.start) : this.#first()
    }
    for (let step = 0; step < LAYERS_MAX && layer !== NOTHING; step++) {
      layer = readLayer(this, layer, this.next)
    }
  }

  /**
   * What nearly all packets begin with, in one go: Ethernet and an IPv4 header without options, whole,
   * of TCP or UDP. Just what the readers of these layers would find; UNSURE: nothing was noted.
   */
  #readPlain(): number {
    const { view, start, offsets } = this
    const ip = start + ETHERNET_BYTES
    if (this.end - ip < IP_BYTES) return UNSURE
    if (view.getUint32(start + 12) >>> 8 !== ETHERTYPE_IP_PLAIN) return UNSURE
    const word = view.getUint32(ip + 6)
    const protocol = word & 0xff
    const isFragment = ((word >>> 16) & FRAGMENT) !== 0
    if (isFragment || (protocol !== TCP && protocol !== UDP)) return UNSURE
    const total = view.getUint16(ip + 2)
    if (total >= IP_BYTES && ip + total < this.end) this.end = ip + total
    this.#forget(this.#isPlain ? PLAIN_TOUCHED : 0)
    offsets[LAYER.eth] = start
    offsets[LAYER.ethertype] = start + 12
    offsets[LAYER.ip] = ip
    if (!this.#isPlain) this.#beginPlain()
    this.count = PLAIN_COUNT
    this.#touchedCount = PLAIN_TOUCHED
    this.#layers = PLAIN_LAYERS
    this.next = ip + IP_BYTES
    return protocol === TCP ? readLeaf(this, LAYER.tcp, this.next) : readUdp(this, this.next)
  }

  #beginPlain(): void {
    this.order[0] = LAYER.eth
    this.order[1] = LAYER.ip
    this.#touched[0] = LAYER.eth
    this.#touched[1] = LAYER.ethertype
    this.#touched[2] = LAYER.ip
    this.#isPlain = true
  }

  #first(): number {
    return this.#protocol === 1 ? LAYER.eth : (PROTOCOL_LAYER[this.#protocol] ?? NOTHING)
  }

  #layOut(records: DataView): void {
    const starts = this.#recordStarts
    this.view = this.#scratch
    this.start = 0
    this.end = writeRecords(records, starts, this.#scratch)
    const ethernet = (starts[RECORD_ETHERNET] as number) >= 0
    this.#protocol = ethernet ? 1 : (starts[RECORD_IPV4] as number) >= 0 ? 11 : 12
  }
}

/** Reads one layer's header at `at`, and answers which layer follows at `packet.next`. */
function readLayer(packet: PacketView, layer: number, at: number): number {
  switch (layer) {
    case LAYER.eth:
      return readEthernet(packet, at)
    case LAYER.ip:
      return readIp(packet, at)
    case LAYER.tcp:
      return readLeaf(packet, layer, at)
    case LAYER.ip6:
      return readIp6(packet, at)
    case LAYER.udp:
      return readUdp(packet, at)
    case LAYER.vlan:
      return readVlan(packet, at)
    case LAYER.llc:
      return readLlc(packet, at)
    case LAYER.mpls:
      return readMpls(packet, at)
    case LAYER.pppoe:
      return readPppoe(packet, at)
    case LAYER.ppp:
      return readPpp(packet, at)
    case LAYER.wlan:
      return readWlan(packet, at)
    case LAYER.gre:
      return readGre(packet, at)
    case LAYER.erspan:
      return readErspan(packet, at)
    case LAYER.vxlan:
      return readVxlan(packet, at)
    case LAYER.geneve:
      return readGeneve(packet, at)
    case LAYER.gtpu:
      return readGtpu(packet, at)
    case LAYER.ibbt:
      return readIbbt(packet, at)
    case LAYER.dns:
      return readDns(packet, at)
    default:
      return readLeaf(packet, layer, at)
  }
}
