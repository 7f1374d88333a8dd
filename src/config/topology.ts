/**
 * Section `topology`: which ports join switches. The form is sFlow-RT's (nodes with agent and ports,
 * links with node1, port1, node2, port2), here or in a file of its own; what else such a file says of
 * nodes and links is left aside.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { LINKS_MAX, Topology, type TopologyContent, TopologyFault } from '../flows/topology.ts'
import { faultsOf } from './issues.ts'
import { agentAddress, fileName } from './kinds.ts'
import { type Fault, parseSource, type Source } from './source.ts'

const NODES_MAX = 20_000
const name = z.string().min(1).max(256)

const portSchema = z.object({
  ifindex: z
    .union([z.int().min(1), z.string().regex(/^[1-9]\d{0,9}$/, 'expected an ifIndex above 0')])
    .optional()
    .describe('Its ifIndex, where its name alone is not enough.'),
})

const nodeSchema = z.object({
  agent: agentAddress.optional().describe('Address of its sFlow agent.'),
  ports: z.record(name, portSchema).optional().describe('By name, with `ifindex`.'),
})

const port = z.union([name, z.int().min(1).max(0xffffffff)])

const linkSchema = z.object({
  node1: name.describe('End a: the name of a node, or an agent address.'),
  port1: port.describe('Port of end a: a text is an ifName, a number an ifIndex.'),
  node2: name.describe('End b.'),
  port2: port.describe('Port of end b.'),
})

const content = {
  nodes: z
    .record(name, nodeSchema)
    .refine(nodes => Object.keys(nodes).length <= NODES_MAX, `at most ${NODES_MAX} nodes`)
    .default({})
    .describe('Switches and routers by name.'),
  links: z
    .record(name, linkSchema)
    .refine(links => Object.keys(links).length <= LINKS_MAX, `at most ${LINKS_MAX} links`)
    .default({})
    .describe('Links by name, which is the label `link` of sflow_link_end_info.'),
}

/** What stands in a file, and what `PUT /api/v1/topology` brings. */
const topologyContentSchema = z.object(content)

export const topologySchema = z.strictObject({
  file: fileName
    .optional()
    .describe('A file with the keys below, JSON or YAML, read again on reload; its entries win.'),
  ...content,
})

type TopologySection = z.output<typeof topologySchema>

/** The section with what its file says; or the faults of both, each where it stands. */
export function loadTopology(
  section: TopologySection,
  source: Source,
): { readonly topology: TopologySection } | { readonly faults: readonly Fault[] } {
  const file = section.file === undefined ? undefined : readTopology(section.file, source)
  if (file?.faults !== undefined) return { faults: file.faults }
  const nodes = { ...section.nodes, ...file?.content.nodes }
  const links = { ...section.links, ...file?.content.links }
  const found = topologyFaults({ nodes, links })
  if (found.length === 0) return { topology: { ...section, nodes, links } }
  const faults = found.map(fault => {
    const [kind = '', entry = ''] = fault.path
    const isOfFile = Object.hasOwn(file?.content[kind as 'nodes' | 'links'] ?? {}, entry)
    const place = file !== undefined && isOfFile ? file.source : source
    const path = place === source ? ['topology', ...fault.path] : fault.path
    return place.fault(path, fault.message)
  })
  return { faults }
}

/** One for each entry that has any; more than these are as good as endless. */
const FAULTS_MAX = 100

function topologyFaults({ nodes = {}, links = {} }: TopologyContent): readonly TopologyFault[] {
  const faults: TopologyFault[] = []
  const rest = { nodes: { ...nodes }, links: { ...links } }
  for (let fault = topologyFault(rest); fault !== undefined; fault = topologyFault(rest)) {
    faults.push(fault)
    const [kind = '', entry = ''] = fault.path
    // Links of a node with a fault cannot be judged, and too many are one fault.
    if (kind !== 'links' || entry === '' || faults.length === FAULTS_MAX) break
    delete rest.links[entry]
  }
  return faults
}

function readTopology(fileNamed: string, source: Source) {
  const file = resolve(dirname(source.file), fileNamed)
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return { faults: [source.fault(['topology', 'file'], `cannot read ${fileNamed} (${code})`)] }
  }
  const parsed = parseSource(bytes, file)
  if (!('value' in parsed)) return { faults: parsed }
  const checked = topologyContentSchema.safeParse(parsed.value)
  if (!checked.success)
    return { faults: faultsOf(checked.error.issues, topologyContentSchema, parsed) }
  return { content: checked.data, source: parsed }
}

function topologyFault(content: TopologyContent): TopologyFault | undefined {
  try {
    new Topology(content, () => undefined)
  } catch (error) {
    if (error instanceof TopologyFault) return error
    throw error
  }
  return undefined
}

/** What `PUT /api/v1/topology` brings. */
export function parseTopology(
  body: unknown,
): { readonly topology: TopologyContent } | { readonly fault: string } {
  const parsed = topologyContentSchema.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { fault: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}` }
  }
  const fault = topologyFault(parsed.data)
  return fault === undefined
    ? { topology: parsed.data }
    : { fault: `${fault.path.join('.')}: ${fault.message}` }
}
