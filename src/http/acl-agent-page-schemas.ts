/** The schemas of the ACL agent's page by name, with an example of each that it answers. */
import { intentSchema } from '../acl/rule/intent.ts'
import { linesSchema } from './acl-agent-body.ts'
import {
  dryRunSchema,
  errorSchema,
  operationSchema,
  putAnswerSchema,
  ruleSchema,
  rulesSchema,
  statusSchema,
} from './acl-agent-schemas.ts'

export const EXAMPLE_LINES = [
  '[iptables]',
  '# DNS amplification',
  '-A FORWARD --in-interface swp+ -d 10.10.100.10 -p udp --sport 53 -j DROP',
]

export const EXAMPLE_INTENT = {
  action: { type: 'mark', dscp: 10, cos: 5 },
  match: {
    family: 'ipv4',
    source: '10.100.10.151',
    destination: '10.100.20.150',
    protocol: 'tcp',
    sourcePort: 39_533,
    destinationPort: 5_001,
  },
  ttlSeconds: 60,
  owner: 'controller',
  policy: 'elephants',
  reason: '940 Mbit/s, more than 100 Mbit/s for 1 s',
}

export const SCHEMAS = {
  Intent: intentSchema,
  Lines: linesSchema,
  Rule: ruleSchema,
  Rules: rulesSchema,
  Operation: operationSchema,
  PutAnswer: putAnswerSchema,
  DryRun: dryRunSchema,
  Status: statusSchema,
  Error: errorSchema,
} as const

export type SchemaName = keyof typeof SCHEMAS

const OPERATION = {
  id: '7d7f7e0a-5b2b-4b57-9a0e-0d6ec1d0a001',
  kind: 'put',
  name: 'mark1',
  state: 'committed',
  message: '',
  createdAt: '2026-01-01T12:00:00.000Z',
  endedAt: '2026-01-01T12:00:00.040Z',
}

const RULE = {
  name: 'mark1',
  state: 'committed',
  intent: { name: 'mark1', ...EXAMPLE_INTENT },
  lines: [
    '[iptables]',
    '# elephants: 940 Mbit/s, more than 100 Mbit/s for 1 s',
    '-t mangle -A FORWARD -s 10.100.10.151 -d 10.100.20.150 -p tcp --sport 39533 --dport 5001 -j SETQOS --set-dscp 10 --set-cos 5',
  ],
  owner: 'controller',
  policy: 'elephants',
  reason: EXAMPLE_INTENT.reason,
  etag: '"581e7e780ee3"',
  generation: 12,
  ttlSeconds: 60,
  createdAt: '2026-01-01T12:00:00.000Z',
  ageSeconds: 20,
  expiresAt: '2026-01-01T12:01:00.000Z',
  expiresInSeconds: 40,
  hits: { packets: 1_534, bytes: 2_301_000 },
}

/** Tests hold each against its schema. */
export const EXAMPLES: Readonly<Record<Exclude<SchemaName, 'Intent' | 'Lines'>, object>> = {
  Operation: OPERATION,
  Rule: RULE,
  Rules: { rules: [RULE], removing: ['ddos1'], settled: true },
  PutAnswer: { operation: OPERATION, changed: true, notes: [], rule: RULE },
  DryRun: {
    dryRun: true,
    name: 'mark1',
    rules: [`[iptables] ${RULE.lines[2]}`],
    ttlSeconds: 60,
    cost: 1,
    notes: [],
    rendered: { '60rest-mark1.rules': RULE.lines.join('\n') },
  },
  Status: {
    backend: 'cumulus',
    state: 'degraded',
    message: '/usr/cumulus/bin/cl-acltool did not end in time and was killed',
    rules: 12,
    cost: 24,
    pendingOperations: 1,
    lastCommitAt: '2026-01-01T12:00:00.000Z',
  },
  Error: {
    error: { code: 'chain', message: 'line 1: OUTPUT is no chain of table filter', line: 1 },
  },
}

export function ref(name: SchemaName): object {
  return { $ref: `#/components/schemas/${name}` }
}
