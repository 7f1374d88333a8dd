/**
 * Which ports join switches: the form of sFlow-RT's topology file, nodes with their agent and ports,
 * links between ports. A port with a link is `core`, any other `edge`: packets enter the network at
 * edge ports once, so `ports: edge` counts each packet once however many switches it crosses.
 */
import { parseIp4, parseIp6 } from '../packet/format.ts'
import { WordIndex } from '../state/word-index.ts'
import type { FlowView } from './compiled.ts'

export const LINKS_MAX = 50_000
/** How long a port that could not be named yet is taken for an edge port. */
const RECHECK_MS = 10_000
const KEY_WORDS = 6

export interface TopologyNode {
  readonly agent?: string
  readonly ports?: Readonly<Record<string, { readonly ifindex?: string | number }>>
}

export interface TopologyLink {
  readonly node1: string
  readonly port1: string
  readonly node2: string
  readonly port2: string
}

export interface TopologyContent {
  readonly nodes?: Readonly<Record<string, TopologyNode>>
  readonly links?: Readonly<Record<string, TopologyLink>>
}

/** ifName of a port of the sample's agent, where it is known. */
export type IfName = (view: FlowView, ifIndex: number) => string | undefined

interface Port {
  readonly link: string | undefined
  readonly checkedMs: number
}

export class Topology {
  readonly #ifName: IfName
  readonly #nodes = new WordIndex(KEY_WORDS, 0)
  /** By node: links by the name and by the ifIndex of their port there. */
  readonly #byName: Map<string, string>[] = []
  readonly #byIndex: Map<number, string>[] = []
  readonly #nodeNames: string[] = []
  /** What was found out for ports of known agents, by node; at most as many as samples name. */
  readonly #ports: Map<number, Port>[] = []
  readonly #key = new Int32Array(KEY_WORDS)

  /** Throws a RangeError that names the link or node at fault. */
  constructor(content: TopologyContent, ifName: IfName) {
    this.#ifName = ifName
    const nodes = Object.entries(content.nodes ?? {})
    const links = Object.entries(content.links ?? {})
    if (links.length > LINKS_MAX) throw new RangeError(`more than ${LINKS_MAX} links`)
    const numbers = new Map(nodes.map(([name], number) => [name, number]))
    for (const [name, node] of nodes) this.#addNode(name, node)
    for (const [name, link] of links) {
      for (const [node, port] of [
        [link.node1, link.port1],
        [link.node2, link.port2],
      ] as const) {
        const number = numbers.get(node)
        if (number === undefined) throw new RangeError(`link ${name}: there is no node ${node}`)
        this.#addPort(number, port, name, content.nodes?.[node])
      }
    }
  }

  /** Sets `core` of the view: whether the port where the sample was taken has a link. */
  mark(view: FlowView): void {
    const { sourceClass, sourceIndex } = view.sample
    const port = sourceClass === 0 && sourceIndex > 0 ? sourceIndex : view.ifIndex
    view.core = this.link(view, port) !== undefined
  }

  /** Name of the link that ends at a port of the sample's agent. */
  link(view: FlowView, ifIndex: number): string | undefined {
    const node = this.#nodeOf(view)
    if (node < 0 || ifIndex <= 0) return undefined
    const byIndex = this.#byIndex[node]?.get(ifIndex)
    if (byIndex !== undefined) return byIndex
    const ports = this.#ports[node] as Map<number, Port>
    const known = ports.get(ifIndex)
    if (
      known !== undefined &&
      (known.link !== undefined || view.nowMs - known.checkedMs < RECHECK_MS)
    ) {
      return known.link
    }
    const name = this.#ifName(view, ifIndex)
    const link = name === undefined ? undefined : this.#byName[node]?.get(name)
    if (known !== undefined || ports.size < PORTS_PER_NODE_MAX) {
      ports.set(ifIndex, { link, checkedMs: view.nowMs })
    }
    return link
  }

  /** Name of the node that the sample's agent is. */
  node(view: FlowView): string | undefined {
    const node = this.#nodeOf(view)
    return node < 0 ? undefined : this.#nodeNames[node]
  }

  #addNode(name: string, { agent }: TopologyNode): void {
    const number = this.#nodeNames.length
    this.#nodeNames.push(name)
    this.#byName.push(new Map())
    this.#byIndex.push(new Map())
    this.#ports.push(new Map())
    if (agent === undefined) return
    const quad = parseIp4(agent)
    const words = quad === undefined ? parseIp6(agent) : [quad, 0, 0, 0]
    if (words === undefined) throw new RangeError(`node ${name}: ${agent} is no agent address`)
    this.#nodes.set(Int32Array.from([quad === undefined ? 2 : 1, ...words, 0]), number)
  }

  #addPort(node: number, port: string, link: string, { ports }: TopologyNode = {}): void {
    this.#byName[node]?.set(port, link)
    const ifIndex = Number(ports?.[port]?.ifindex ?? Number.NaN)
    if (Number.isInteger(ifIndex)) this.#byIndex[node]?.set(ifIndex, link)
  }

  #nodeOf(view: FlowView): number {
    const key = this.#key
    const wide = view.addressType !== 1
    key[0] = view.addressType
    key[1] = view.address[0] as number
    key[2] = wide ? (view.address[1] as number) : 0
    key[3] = wide ? (view.address[2] as number) : 0
    key[4] = wide ? (view.address[3] as number) : 0
    return this.#nodes.find(key)
  }
}

/** More ports than this on one device are made up. */
const PORTS_PER_NODE_MAX = 4096
