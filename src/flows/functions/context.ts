/**
 * What compiled flows share and ask: the table of texts, groups and maps, address databases, and the
 * names that the rest of the bridge knows. Handed to `compileFlow`; groups and maps may change later.
 */
import type { FlowView } from '../flow-view.ts'
import { Groups } from './groups.ts'
import { Lookups } from './lookups.ts'
import { Maps } from './maps.ts'
import type { HostAttribute } from './name-functions.ts'
import { Stacks } from './stacks.ts'
import { TextTable } from './texts.ts'

/**
 * Names known elsewhere. Every method answers from memory, at once, with a text that exists already
 * (nothing is built per sample), or undefined.
 */
export interface NameSource {
  /** ifName of a port of the sample's agent. */
  ifName?(view: FlowView, ifIndex: number): string | undefined
  /** Host name of the sample's agent. */
  nodeName?(view: FlowView): string | undefined
  /** Name of the link of the topology that a port of the sample's agent ends. */
  linkName?(view: FlowView, ifIndex: number): string | undefined
  /** Container, virtual machine or host behind a data source of the sample's agent. */
  entityName?(view: FlowView, sourceClass: number, index: number): string | undefined
  /** What is known of the host with this MAC address. */
  hostOfMac?(high: number, low: number, attribute: HostAttribute): string | undefined
  /** The same of the host whose agent has this address: four words, IPv4 behind ::ffff:0:0/96. */
  hostOfAddress?(words: Int32Array, at: number, attribute: HostAttribute): string | undefined
  /** Name of an address: four words, IPv4 behind ::ffff:0:0/96. */
  dnsName?(words: Int32Array, at: number): string | undefined
}

export interface FlowContextOptions {
  readonly texts?: TextTable
  readonly groups?: Groups
  readonly maps?: Maps
  readonly names?: NameSource
  readonly lookups?: Lookups
}

export class FlowContext {
  readonly texts: TextTable
  readonly stacks: Stacks
  readonly groups: Groups
  readonly maps: Maps
  readonly names: NameSource
  readonly lookups: Lookups

  constructor(options: FlowContextOptions = {}) {
    this.texts = options.texts ?? new TextTable()
    this.stacks = new Stacks(this.texts)
    this.groups = options.groups ?? new Groups()
    this.maps = options.maps ?? new Maps()
    this.names = options.names ?? {}
    this.lookups = options.lookups ?? new Lookups()
  }
}
