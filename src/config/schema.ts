/**
 * The configuration file: one for `serve`, `controller` and `acl-agent`, each of which reads its
 * sections. Every key is optional. The JSON Schema for editors and the reference page come from here.
 */
import { z } from 'zod'
import type { LookupFiles } from '../flows/functions/lookups.ts'
import { aclAgentSchema } from './acl-agent.ts'
import { controllerSchema } from './controller.ts'
import { flowsSchema } from './flows.ts'
import { groupsSchema, mapsSchema } from './groups.ts'
import { limitsSchema } from './limits.ts'
import { listenSchema } from './listen.ts'
import { lookupsSchema } from './lookups.ts'
import { namesSchema } from './names.ts'
import { notifySchema } from './notify.ts'
import { thresholdsSchema } from './thresholds.ts'
import { topologySchema } from './topology.ts'

export const configSchema = z.strictObject({
  listen: listenSchema.prefault({}).describe('Where sFlow comes in.'),
  limits: limitsSchema.prefault({}).describe('How much is remembered, for how long.'),
  names: namesSchema.prefault({}).describe('Names that the wire does not carry.'),
  topology: topologySchema.prefault({}).describe('Which ports join switches.'),
  lookups: lookupsSchema
    .prefault({})
    .describe('Files and name servers that flow keys look things up in.'),
  groups: groupsSchema.prefault({}).describe('Named lists of address ranges, for flow keys.'),
  maps: mapsSchema.prefault({}).describe('Named tables, for flow keys.'),
  flows: flowsSchema
    .default([])
    .describe(
      'Flow definitions of your own. Those that are shipped stay on; one of the same name takes its place.',
    ),
  thresholds: thresholdsSchema.describe('When a flow or a metric makes an event.'),
  notify: notifySchema.prefault({}).describe('Who is told of events.'),
  controller: controllerSchema.prefault({}).describe('From alerts to rules on ACL agents.'),
  acl_agent: aclAgentSchema.prefault({}).describe('The ACL agent: rules on this device.'),
})

/** What the file says, checked, with every default filled in. Durations are in milliseconds. */
export type Config = z.output<typeof configSchema> & {
  /** What the files of the section `lookups` hold, opened once. */
  readonly lookupFiles?: LookupFiles
}
