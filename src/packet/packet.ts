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
import { NO_SHAPE, type PlacedLayer, SHAPE_LAYERS, Shapes } from './shapes.ts'
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
  readonly #shapes = new Shapes()
  /** That of the latest packet: `order`, `#touched` and more say so already; or NO_SHAPE. */
  #shape = NO_SHAPE
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
    this.#forget()
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

  #forget(): void {
    this.count = 0
    this.#layers = 0
    for (let index = 0; index < this.#touchedCount; index++) {
      this.offsets[this.#touched[index] as number] = -1
    }
    this.#touchedCount = 0
    this.#shape = NO_SHAPE
  }

  #find(): void {
    this.#found = true
    if (this.#records !== undefined) this.#layOut(this.#records)
    const shape = this.#protocol === 1 ? this.#shapes.of(this.view, this.start, this.end) : NO_SHAPE
    if (shape === NO_SHAPE) this.#walk()
    else this.#lay(shape)
  }

  /** Layer by layer. */
  #walk(): void {
    this.#forget()
    this.next = this.start
    let layer = this.#protocol === INFINIBAND ? readInfiniband(this, this.start) : this.#first()
    for (let step = 0; step < LAYERS_MAX && layer !== NOTHING; step++) {
      layer = readLayer(this, layer, this.next)
    }
  }

  /** Just what the readers of layers would find, at once. */
  #lay(shape: number): void {
    const { start, offsets } = this
    const layers = SHAPE_LAYERS[shape] as readonly PlacedLayer[]
    this.end = this.#shapes.end
    if (shape !== this.#shape) {
      this.#forget()
      for (const [layer, at] of layers) this.add(layer, start + at)
      this.ip6ExtensionCount[0] = 0
      this.ip6Extensions[0] = 0
      this.#shape = shape
      return
    }
    for (let index = 0; index < layers.length; index++) {
      const [layer, at] = layers[index] as PlacedLayer
      offsets[layer] = start + at
    }
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
