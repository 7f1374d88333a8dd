/** `npm run docs`: writes the pages that are generated from the program. A page is a line of the table. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flowCosts } from './capacity/flow-costs.ts'
import { capacityReferenceText } from './capacity/reference.ts'
import { configJsonSchemaText } from './config/json-schema.ts'
import { configOrThrow, loadConfig } from './config/load.ts'
import { configReferenceText } from './config/reference.ts'
import { flowKeysReferenceText } from './flows/keys/reference.ts'
import { aclAgentOpenApiText } from './http/acl-agent-openapi.ts'
import { agentPageReferenceText } from './metrics/agent-page-reference.ts'
import { metricsReferenceText } from './metrics/reference.ts'
import { structuresReferenceText } from './structures/reference.ts'

const PAGES: Readonly<Record<string, () => string>> = {
  'docs/config.schema.json': configJsonSchemaText,
  'docs/reference/configuration.md': configReferenceText,
  'docs/openapi/acl-agent.json': aclAgentOpenApiText,
  'docs/reference/capacity.md': () =>
    capacityReferenceText(flowCosts(configOrThrow(loadConfig(undefined, {})))),
  'docs/reference/flow-keys.md': flowKeysReferenceText,
  'docs/reference/agent-page.md': agentPageReferenceText,
  'docs/reference/metrics.md': metricsReferenceText,
  'docs/reference/structures.md': structuresReferenceText,
}

for (const [page, text] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(`../${page}`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text())
}
