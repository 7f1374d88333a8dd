/**
 * The OpenAPI 3.1 page of the ACL agent, `docs/openapi/acl-agent.json`: paths as a table, schemas
 * from the code that checks requests and from what tests hold answers against.
 */
import { z } from 'zod'
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

const SCHEMAS = {
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

type SchemaName = keyof typeof SCHEMAS

/** One method of one path; what it answers by status: a schema, or a sentence where there is none. */
interface Method {
  readonly summary: string
  readonly parameters?: readonly (keyof typeof PARAMETERS)[]
  readonly body?: object
  readonly answers: Readonly<Record<string, SchemaName | object>>
}

const PARAMETERS = {
  name: { in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9_]{1,64}$' } },
  id: { in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
  wait: {
    in: 'query',
    description: 'Wait for the device as long as this, such as 5s; at most 30s.',
    schema: { type: 'string' },
    example: '5s',
  },
  dryRun: {
    in: 'query',
    description: 'true: check, tell what it would be, change nothing.',
    schema: { type: 'boolean' },
  },
  owner: { in: 'query', description: 'Only rules of this owner.', schema: { type: 'string' } },
  policy: { in: 'query', description: 'Only rules of this policy.', schema: { type: 'string' } },
  'If-Match': { in: 'header', description: 'Only if this stands.', schema: { type: 'string' } },
  'If-None-Match': {
    in: 'header',
    description: '*: only if nothing stands.',
    schema: { type: 'string' },
  },
  Confirm: { in: 'header', required: true, schema: { const: 'delete-all' } },
} as const

const LINES = { type: 'array', items: { type: 'string' }, maxItems: 64 }
const NAMES = { type: 'array', items: { type: 'string' } }
const lifetime = {
  type: 'object',
  properties: { ttlSeconds: { type: 'integer', minimum: 1 } },
  additionalProperties: false,
}
const RULE_BODY = {
  schema: { oneOf: [ref('Intent'), ref('Lines'), LINES] },
  examples: {
    intent: { value: EXAMPLE_INTENT },
    lines: { value: { lines: EXAMPLE_LINES, ttlSeconds: 600, policy: 'ddos' } },
  },
}
const PUT_ANSWERS = {
  200: 'PutAnswer',
  201: 'PutAnswer',
  202: 'PutAnswer',
  409: 'Error',
  412: 'Error',
  422: 'Error',
  507: 'Error',
} as const
const one = (key: string, schema: object) => ({
  type: 'object',
  properties: { [key]: schema },
  required: [key],
})

export const PATHS: Readonly<Record<string, Readonly<Record<string, Method>>>> = {
  '/acl/': {
    get: { summary: 'The names of all rules', answers: { 200: NAMES } },
    delete: {
      summary: 'Ends all rules; takes the scope delete-all',
      answers: { 204: {}, 503: 'Error' },
    },
  },
  '/acl/{name}': {
    get: {
      summary: 'The lines, as they were put',
      parameters: ['name'],
      answers: { 200: LINES, 404: 'Error' },
    },
    put: {
      summary: 'Puts lines; answers once the device has them, or after 5 s',
      parameters: ['name'],
      body: { schema: LINES, example: EXAMPLE_LINES },
      answers: { 201: {}, 400: 'Error', 409: 'Error', 422: 'Error', 503: 'Error', 507: 'Error' },
    },
    delete: {
      summary: 'Ends the rule, if it is there',
      parameters: ['name'],
      answers: { 204: {}, 503: 'Error' },
    },
  },
  '/api/v1/rules': {
    get: {
      summary: 'All rules with state, lifetime and counters',
      parameters: ['owner', 'policy'],
      answers: { 200: 'Rules' },
    },
    post: {
      summary: 'Puts an intent under a name that follows from it',
      parameters: ['wait', 'dryRun'],
      body: { schema: ref('Intent'), example: EXAMPLE_INTENT },
      answers: PUT_ANSWERS,
    },
    delete: {
      summary: 'Ends all rules, or those of one owner; takes the scope delete-all',
      parameters: ['owner', 'wait', 'Confirm'],
      answers: {
        200: one('operations', { type: 'array', items: ref('Operation') }),
        202: one('operations', { type: 'array', items: ref('Operation') }),
        428: 'Error',
      },
    },
  },
  '/api/v1/rules/{name}': {
    get: { summary: 'One rule', parameters: ['name'], answers: { 200: 'Rule', 404: 'Error' } },
    put: {
      summary:
        'Puts an intent or lines. 202: durable, on its way. With wait: 201 on the device, 200 it was there, 409 refused by it',
      parameters: ['name', 'wait', 'dryRun', 'If-Match', 'If-None-Match'],
      body: RULE_BODY,
      answers: PUT_ANSWERS,
    },
    delete: {
      summary: 'Ends the rule. 404: nothing of that name is wanted, nor on the device any more',
      parameters: ['name', 'wait', 'If-Match'],
      answers: {
        200: one('operation', ref('Operation')),
        202: one('operation', ref('Operation')),
        404: 'Error',
        412: 'Error',
        503: 'Error',
      },
    },
  },
  '/api/v1/rules/{name}/renew': {
    post: {
      summary: 'Gives the rule a new life',
      parameters: ['name'],
      body: { schema: lifetime, example: { ttlSeconds: 60 } },
      answers: { 200: 'Rule', 404: 'Error', 422: 'Error' },
    },
  },
  '/api/v1/renewals': {
    post: {
      summary: 'Gives many rules a new life: a heartbeat',
      body: {
        schema: { ...lifetime, properties: { ...lifetime.properties, names: NAMES } },
        example: { names: ['ddos1', 'mark2'], ttlSeconds: 60 },
      },
      answers: {
        200: {
          type: 'object',
          properties: { renewed: { type: 'integer' }, missing: NAMES },
          required: ['renewed', 'missing'],
        },
      },
    },
  },
  '/api/v1/operations': {
    get: {
      summary: 'The latest changes, newest first',
      answers: { 200: one('operations', { type: 'array', items: ref('Operation') }) },
    },
  },
  '/api/v1/operations/{id}': {
    get: {
      summary: 'What became of a change',
      parameters: ['id', 'wait'],
      answers: { 200: 'Operation', 404: 'Error' },
    },
  },
  '/api/v1/status': {
    get: { summary: 'Backend, state and cost', answers: { 200: 'Status' } },
  },
}

/** The text of the page. */
export function aclAgentOpenApiText(): string {
  const page = {
    openapi: '3.1.0',
    info: {
      title: 'sflow-bridge acl-agent',
      version: '1',
      description:
        'Rules on a switch or router. Under /acl/ the interface of the article "RESTful control of Cumulus Linux ACLs" (2014); under /api/v1 the same rules with operations and lifetimes.',
    },
    servers: [{ url: 'http://127.0.0.1:8080' }],
    security: [{}, { bearer: [] }, { certificate: [] }, { basic: [] }],
    paths: Object.fromEntries(
      Object.entries(PATHS).map(([path, methods]) => [
        path,
        Object.fromEntries(
          Object.entries(methods).map(([verb, method]) => [verb, methodPage(method)]),
        ),
      ]),
    ),
    components: {
      schemas: Object.fromEntries(
        Object.entries(SCHEMAS).map(([name, schema]) => {
          const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
          return [name, rest]
        }),
      ),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic' },
        certificate: { type: 'mutualTLS' },
      },
    },
  }
  return `${JSON.stringify(page, undefined, 2)}\n`
}

function methodPage({ summary, parameters = [], body, answers }: Method): object {
  return {
    summary,
    parameters: parameters.map(name => ({ name, ...PARAMETERS[name] })),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': body } } }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => {
        const schema = typeof answer === 'string' ? ref(answer as SchemaName) : answer
        const empty = Object.keys(schema).length === 0
        const content = empty ? {} : { content: { 'application/json': { schema } } }
        return [status, { description: STATUS_TEXT[status] ?? '', ...content }]
      }),
    ),
  }
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  200: 'Done, or it was so already.',
  201: 'On the device.',
  202: 'Durable, and on its way to the device.',
  204: 'Gone from the device.',
  400: 'Not a body that this path takes.',
  404: 'There is none.',
  409: 'The device refused it, or a later change came in between.',
  412: 'Something else stands there.',
  422: 'Well-formed, and not allowed; the code tells why.',
  428: 'The header Confirm is missing.',
  503: 'Not on the device yet; the agent goes on trying.',
  507: 'A limit is reached, or the disk is full.',
}

function ref(name: SchemaName): object {
  return { $ref: `#/components/schemas/${name}` }
}
