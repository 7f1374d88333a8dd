/**
 * The paths of the ACL agent as a table: methods, parameters, bodies, and what they answer by status.
 * What every path may answer besides stands in `acl-agent-openapi.ts`.
 */
import { EXAMPLE_INTENT, EXAMPLE_LINES, ref, type SchemaName } from './acl-agent-page-schemas.ts'

/** One method of one path; what it answers by status: a schema, or a sentence where there is none. */
export interface Method {
  readonly summary: string
  readonly parameters?: readonly (keyof typeof PARAMETERS)[]
  readonly body?: object
  readonly answers: Readonly<Record<string, SchemaName | object>>
}

export const PARAMETERS = {
  name: { in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z0-9_]{1,64}$' } },
  id: { in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
  wait: {
    in: 'query',
    description: 'Wait for the device as long as this, such as 5s; 5 s if empty, at most 30s.',
    schema: { type: 'string' },
    example: '5s',
  },
  dryRun: {
    in: 'query',
    description: 'true: check, tell what it would be, change nothing.',
    schema: { type: 'boolean' },
    example: true,
  },
  owner: { in: 'query', description: 'Only rules of this owner.', schema: { type: 'string' } },
  policy: { in: 'query', description: 'Only rules of this policy.', schema: { type: 'string' } },
  'If-Match': { in: 'header', description: 'Only if this stands.', schema: { type: 'string' } },
  'If-None-Match': {
    in: 'header',
    description: 'PUT: *, only if nothing stands. GET: 304 if this stands.',
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
  200: { oneOf: [ref('PutAnswer'), ref('DryRun')] },
  201: 'PutAnswer',
  202: 'PutAnswer',
  409: 'Error',
  412: 'Error',
  422: 'Error',
  503: 'Error',
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
      answers: { 204: {}, 503: 'Error', 507: 'Error' },
    },
  },
  '/acl/{name}': {
    get: {
      summary: 'The lines, as they were put',
      parameters: ['name', 'If-None-Match'],
      answers: { 200: LINES, 304: {}, 404: 'Error' },
    },
    put: {
      summary: 'Puts lines; answers once the device has them, or after 5 s',
      parameters: ['name', 'If-Match', 'If-None-Match'],
      body: { schema: LINES, example: EXAMPLE_LINES },
      answers: {
        201: {},
        404: 'Error',
        409: 'Error',
        412: 'Error',
        422: 'Error',
        503: 'Error',
        507: 'Error',
      },
    },
    delete: {
      summary: 'Ends the rule, if it is there',
      parameters: ['name', 'If-Match'],
      answers: { 204: {}, 404: 'Error', 412: 'Error', 503: 'Error', 507: 'Error' },
    },
  },
  '/api/v1/rules': {
    get: {
      summary: 'All rules with state, lifetime and counters',
      parameters: ['owner', 'policy'],
      answers: { 200: 'Rules' },
    },
    post: {
      summary:
        'Puts an intent under a name that follows from it, or lines under the name they bring',
      parameters: ['wait', 'dryRun'],
      body: {
        schema: { oneOf: [ref('Intent'), ref('Lines')] },
        examples: {
          intent: { value: EXAMPLE_INTENT },
          lines: { value: { name: 'ddos1', lines: EXAMPLE_LINES, ttlSeconds: 600 } },
        },
      },
      answers: PUT_ANSWERS,
    },
    delete: {
      summary: 'Ends all rules, or those of one owner; takes the scope delete-all',
      parameters: ['owner', 'wait', 'Confirm'],
      answers: {
        200: one('operations', { type: 'array', items: ref('Operation') }),
        202: one('operations', { type: 'array', items: ref('Operation') }),
        409: 'Error',
        428: 'Error',
        507: 'Error',
      },
    },
  },
  '/api/v1/rules/{name}': {
    get: {
      summary: 'One rule. 304 where its content is known: its counters may have moved',
      parameters: ['name', 'If-None-Match'],
      answers: { 200: 'Rule', 304: {}, 404: 'Error' },
    },
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
        409: 'Error',
        412: 'Error',
        503: 'Error',
        507: 'Error',
      },
    },
  },
  '/api/v1/rules/{name}/renew': {
    post: {
      summary: 'Gives the rule a new life',
      parameters: ['name'],
      body: { schema: lifetime, example: { ttlSeconds: 60 } },
      answers: { 200: 'Rule', 404: 'Error', 422: 'Error', 507: 'Error' },
    },
  },
  '/api/v1/renewals': {
    post: {
      summary: 'Gives many rules a new life: a heartbeat',
      body: {
        schema: {
          ...lifetime,
          properties: { ...lifetime.properties, names: NAMES },
          required: ['names'],
        },
        example: { names: ['ddos1', 'mark2'], ttlSeconds: 60 },
      },
      answers: {
        200: {
          type: 'object',
          properties: { renewed: { type: 'integer' }, missing: NAMES },
          required: ['renewed', 'missing'],
        },
        422: 'Error',
        507: 'Error',
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
  '/api/v1/openapi.json': {
    get: { summary: 'This page', answers: { 200: { type: 'object' } } },
  },
}
