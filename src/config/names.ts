/**
 * Section `names`: what the wire does not say or says wrongly. Interface names usually come with the
 * port-name record; those from here fill the gaps and win over it. Names may stand in the
 * configuration file or, for tools that write them, in a file of their own (YAML or JSON).
 */
import { z } from 'zod'
import { agentAddress, fileName } from './kinds.ts'
import { snmpSchema } from './names-snmp.ts'

const AGENTS_MAX = 100_000
const name = z.string().min(1).max(256)

const interfaceNames = z.union([
  name.transform((text): InterfaceName => ({ name: text })),
  z.strictObject({
    name: name.optional().describe('ifName, the label `ifname`.'),
    alias: name.optional().describe('ifAlias, the description that people gave the port.'),
  }),
])

export interface InterfaceName {
  readonly name?: string | undefined
  readonly alias?: string | undefined
}

const ifIndex = z.string().regex(/^[1-9]\d{0,9}$/, 'expected an ifIndex, a whole number above 0')

export const interfacesByAgent = z
  .record(agentAddress, z.record(ifIndex, interfaceNames))
  .refine(agents => Object.keys(agents).length <= AGENTS_MAX, `at most ${AGENTS_MAX} agents`)

/** What stands in a names file: the same three tables. */
const tables = {
  interfaces: interfacesByAgent
    .default({})
    .describe('By agent address and ifIndex: a name, or `name` and `alias`.'),
  hosts: z
    .record(name, name)
    .default({})
    .describe('By agent address or reported host name: the value of label `host`.'),
  kinds: z
    .record(name, z.enum(['container', 'pod', 'unit', 'vm', 'jvm']))
    .default({})
    .describe(
      'By reported name, `*` standing for any text: what it is, where that is guessed wrongly.',
    ),
}

export const namesFileSchema = z.strictObject(tables)

export const namesSchema = z.strictObject({
  file: fileName
    .optional()
    .describe('A file with the keys below, YAML or JSON, read again on reload; its entries win.'),
  ...tables,
  snmp: snmpSchema
    .prefault({})
    .describe(
      'Names by SNMP, for interfaces that neither this section nor sFlow names, and ifAlias.',
    ),
})

export type NamesTables = z.output<typeof namesFileSchema>
