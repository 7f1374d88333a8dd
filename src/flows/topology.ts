/**
 * Which ports join switches, in the form of sFlow-RT's topology: nodes with their agent and ports,
 * links between ports. A port with a link is `core`, any other `edge`: packets enter the network at
 * edge ports once, so `ports: edge` counts each packet once however many switches it crosses.
 * Ports are written by name or by ifIndex; a name is looked up among those that the agent reports.
 */
import { formatIp4, formatIp6, parseIp4, parseIp6 } from '../packet/format.ts'
import { WordIndex } from '../state/word-index.ts'
import type { FlowView } from './flow-view.ts'

export const LINKS_MAX = 50_000
/** What a port is, is asked again after this: names come late, and ports are renumbered. */
const RECHECK_MS = 10_000
/** More ports than this on one device are made up. */
const PORTS_PER_NODE_MAX = 4096
const KEY_WORDS = 6

export interface TopologyNode {
  /** Address of its sFlow agent. */
  readonly agent?: string | undefined
  readonly ports?: Readonly<Record<string, TopologyPort>> | undefined
}

export interface TopologyPort {
  readonly ifindex?: string | number | undefined
}

export interface TopologyLink {
  /** Names of nodes, or agent addresses. */
  readonly node1: string
  readonly node2: string
  /** A text is a name, a number an ifIndex. */
  readonly port1: string | number
  readonly port2: string | number
}

export interface TopologyContent {
  readonly nodes?: Readonly<Record<string, TopologyNode>> | undefined
  readonly links?: Readonly<Record<string, TopologyLink>> | undefined
}

/** One end of a link: `a` is that of node1 and port1. */
export interface LinkEnd {
  readonly link: string
  readonly end: 'a' | 'b'
}

/** ifName of a port of the sample's agent, where it is known. */
export type IfName = (view: FlowView, ifIndex: number) => string | undefined

/** A fault of a topology, with the keys that lead to it. */
export class TopologyFault extends RangeError {
  readonly path: readonly string[]

  constructor(path: readonly string[], message: string) {
    super(message)
    this.path = path
  }
}

interface Port {
  link: string | undefined
  checkedMs: number
}

interface Node {
  readonly name: string
  readonly byName: Map<string, LinkEnd>
  readonly byIndex: Map<number, LinkEnd>
  /** What was found out for ports that samples named. */
  readonly found: Map<number, Port>
}

export class Topology {
  readonly #ifName: IfName
  readonly #nodes: Node[] = []
  readonly #index = new WordIndex(KEY_WORDS, 0)
  readonly #byAgent = new Map<string, Node>()
  readonly #key = new Int32Array(KEY_WORDS)

  /** Throws a TopologyFault. */
  constructor(content: TopologyContent, ifName: IfName) {
    this.#ifName = ifName
    const links = Object.entries(content.links ?? {})
    if (links.length > LINKS_MAX) throw new TopologyFault(['links'], `more than ${LINKS_MAX} links`)
    const nodes = new Map<string, Node>()
    for (const [name, node] of Object.entries(content.nodes ?? {})) {
      nodes.set(name, this.#addNode(name, node.agent, ['nodes', name, 'agent']))
    }
    for (const [name, link] of links) {
      for (const [place, end] of [
        ['1', 'a'],
        ['2', 'b'],
      ] as const) {
        const [nodeName, port] = [link[`node${place}`], link[`port${place}`]]
        const node =
          nodes.get(nodeName) ?? this.#byAddress(nodeName, ['links', name, `node${place}`])
        const listed = Object.hasOwn(content.nodes ?? {}, nodeName) ? content.nodes?.[nodeName] : {}
        addPort(node, port, listed, { link: name, end }, ['links', name, `port${place}`])
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
    if (node === undefined || ifIndex <= 0) return undefined
    const known = node.found.get(ifIndex)
    if (known !== undefined && view.nowMs - known.checkedMs < RECHECK_MS) return known.link
    const link = endAt(node, ifIndex, this.#ifName(view, ifIndex))?.link
    if (known !== undefined) {
      known.link = link
      known.checkedMs = view.nowMs
    } else if (node.found.size < PORTS_PER_NODE_MAX) {
      node.found.set(ifIndex, { link, checkedMs: view.nowMs })
    }
    return link
  }

  /** Name of the node that the sample's agent is. */
  node(view: FlowView): string | undefined {
    return this.#nodeOf(view)?.name
  }

  /** Whether the agent with this address is a node: only its ports can be ends of links. */
  hasAgent(agent: string): boolean {
    return this.#byAgent.has(agent)
  }

  /** The end of a link that a port is, by the agent's address as labels show it. */
  endOf(agent: string, ifIndex: number, ifName: string | undefined): LinkEnd | undefined {
    const node = this.#byAgent.get(agent)
    return node && endAt(node, ifIndex, ifName)
  }

  #addNode(name: string, agent: string | undefined, path: readonly string[]): Node {
    const node = { name, byName: new Map(), byIndex: new Map(), found: new Map() }
    if (agent === undefined) return node
    const quad = parseIp4(agent)
    const words = quad === undefined ? parseIp6(agent) : [quad, 0, 0, 0]
    if (words === undefined) throw new TopologyFault(path, `${agent} is no agent address`)
    const text = quad === undefined ? formatIp6(Int32Array.from(words), 0) : formatIp4(quad)
    const other = this.#byAgent.get(text)
    if (other !== undefined) throw new TopologyFault(path, `${agent} is the agent of ${other.name}`)
    this.#index.set(
      Int32Array.from([quad === undefined ? 2 : 1, ...words, 0]),
      this.#nodes.push(node) - 1,
    )
    this.#byAgent.set(text, node)
    return node
  }

  /** A node that is told by its agent's address only. */
  #byAddress(name: string, path: readonly string[]): Node {
    const known = this.#byAgent.get(name)
    if (known !== undefined) return known
    if (parseIp4(name) === undefined && parseIp6(name) === undefined) {
      throw new TopologyFault(path, `there is no node ${name}, and it is no agent address`)
    }
    return this.#addNode(name, name, path)
  }

  #nodeOf(view: FlowView): Node | undefined {
    const key = this.#key
    const wide = view.addressType !== 1
    key[0] = view.addressType
    key[1] = view.address[0] as number
    key[2] = wide ? (view.address[1] as number) : 0
    key[3] = wide ? (view.address[2] as number) : 0
    key[4] = wide ? (view.address[3] as number) : 0
    return this.#nodes[this.#index.find(key)]
  }
}

function endAt(node: Node, ifIndex: number, ifName: string | undefined): LinkEnd | undefined {
  const byIndex = node.byIndex.get(ifIndex)
  return byIndex ?? (ifName === undefined ? undefined : node.byName.get(ifName))
}

/** A port is the end of one link, or what is sent over it could not be told. */
function addPort(
  node: Node,
  port: string | number,
  { ports }: TopologyNode = {},
  end: LinkEnd,
  path: readonly string[],
): void {
  const name = typeof port === 'string' ? port : undefined
  const listed = name !== undefined && Object.hasOwn(ports ?? {}, name) ? ports?.[name] : undefined
  const ifIndex = Number(name === undefined ? port : (listed?.ifindex ?? Number.NaN))
  const other = (name && node.byName.get(name)) || node.byIndex.get(ifIndex)
  if (other) throw new TopologyFault(path, `port ${port} is an end of link ${other.link}, too`)
  if (name !== undefined) node.byName.set(name, end)
  if (Number.isInteger(ifIndex)) node.byIndex.set(ifIndex, end)
}
