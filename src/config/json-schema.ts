/**
 * The JSON Schema of the configuration file, for editors: docs/config.schema.json. It says what zod
 * says before defaults and transforms; rules that JSON Schema cannot say are checked by `check` only.
 */
import { z } from 'zod'
import { configSchema } from './schema.ts'

export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  })
  return {
    ...schema,
    title: 'Configuration of sflow-bridge',
    description: 'Sections of serve, controller and acl-agent. Every key is optional.',
  } as JsonSchema
}

/** The text of docs/config.schema.json. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`
}
