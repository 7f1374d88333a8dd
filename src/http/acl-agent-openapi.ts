/**
 * The OpenAPI 3.1 page of the ACL agent, `docs/openapi/acl-agent.json`: paths as a table, schemas
 * from the code that checks requests and from what tests hold answers against.
 */
import { z } from 'zod'
import { EXAMPLES, ref, SCHEMAS, type SchemaName } from './acl-agent-page-schemas.ts'
import { type Method, PARAMETERS, PATHS } from './acl-agent-paths.ts'

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
          Object.entries(methods).map(([verb, method]) => [verb, methodPage(path, method)]),
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

function methodPage(path: string, { summary, parameters = [], body, answers }: Method): object {
  const all = { ...commonAnswers(path, body !== undefined), ...answers }
  return {
    summary,
    parameters: parameters.map(name => ({ name, ...PARAMETERS[name] })),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': body } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(all).map(([status, answer]) => [
          status,
          { description: STATUS_TEXT[status] ?? '', ...headersOf(status), ...contentOf(answer) },
        ]),
      ),
      default: { description: 'Any other error.', ...contentOf('Error') },
    },
  }
}

/** Credentials and bodies are asked of every path; under /acl/ a body is JSON whatever its type says. */
function commonAnswers(path: string, hasBody: boolean): Method['answers'] {
  const statuses = hasBody ? [400, 401, 403, 413, 429] : [400, 401, 403]
  if (hasBody && !path.startsWith('/acl/')) statuses.push(415)
  return Object.fromEntries(statuses.map(status => [status, 'Error' as const]))
}

function contentOf(answer: SchemaName | object): object {
  if (typeof answer === 'object') {
    const isEmpty = Object.keys(answer).length === 0
    return isEmpty ? {} : { content: { 'application/json': { schema: answer } } }
  }
  const example = answer in EXAMPLES ? EXAMPLES[answer as keyof typeof EXAMPLES] : undefined
  const examples = example === undefined ? {} : { example }
  return { content: { 'application/json': { schema: ref(answer), ...examples } } }
}

function headersOf(status: string): object {
  const one = (name: string, description: string) => ({
    headers: { [name]: { description, schema: { type: 'string' } } },
  })
  if (status === '401') return one('WWW-Authenticate', 'Which credentials would do.')
  if (status === '429' || status === '503') return one('Retry-After', 'Seconds, where it is known.')
  return {}
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  200: 'Done, or it was so already.',
  201: 'On the device.',
  202: 'Durable, and on its way to the device.',
  204: 'Gone from the device.',
  400: 'Not a body, or a parameter, that this path takes.',
  304: 'What the caller has still stands.',
  401: 'No credentials, or wrong ones.',
  403: 'The credentials do not reach so far, or a page of another site asks.',
  404: 'There is none.',
  409: 'The device refused it, or a later change came in between.',
  412: 'Something else stands there.',
  413: 'More than a megabyte.',
  415: 'The body is not application/json, or compressed.',
  422: 'Well-formed, and not allowed; the code tells why.',
  428: 'The header Confirm is missing.',
  429: 'Too many changes in a minute.',
  503: 'Not on the device yet; the agent goes on trying.',
  507: 'A limit is reached, or the disk is full.',
}
