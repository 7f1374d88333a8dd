/**
 * What a reload cannot change: keys that a command reads once, when it starts. Who changes one of them
 * while it runs is told so.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from './schema.ts'

/** By command: sections and keys as the file has them, with dots between. */
export const START_ONLY = {
  serve: [
    'listen.sflow',
    'listen.workers',
    'listen.receive_buffer',
    'limits.flow_definitions',
    'limits.flow_hold',
    'limits.flow_linger',
    'limits.flow_memory',
    'limits.flow_entries',
    'limits.thresholds',
    'limits.threshold_crossings',
  ],
  controller: ['controller.audit_bytes_max'],
  'acl-agent': [
    'acl_agent.backend',
    'acl_agent.device',
    'acl_agent.commit',
    'acl_agent.audit_bytes_max',
  ],
} as const

/** Those of the keys that two configurations do not agree in. */
export function differing(keys: readonly string[], one: Config, other: Config): string[] {
  return keys.filter(key => !isDeepStrictEqual(read(one, key), read(other, key)))
}

function read(config: Config, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], config)
}
