/**
 * `npm run schemas`: JSON Schemas of Grafana's own published types (@grafana/schema, Apache-2.0) into
 * ../grafana/schema/, which the tests there use. Run it again when Grafana's version is raised.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const GRAFANA = join(HERE, 'node_modules/@grafana/schema')
const TYPES = join(GRAFANA, 'dist/types/raw')
const OUT = join(HERE, '../grafana/schema')

/** File: where the type is declared, and its name. */
const SCHEMAS = {
  dashboard: ['dashboard/x/types.gen.d.ts', 'Dashboard'],
  'annotation-query': ['dashboard/x/types.gen.d.ts', 'AnnotationQuery'],
  panel: ['dashboard/x/types.gen.d.ts', 'Panel'],
  'timeseries-options': ['composable/timeseries/panelcfg/x/types.gen.d.ts', 'Options'],
  'timeseries-field': ['composable/timeseries/panelcfg/x/types.gen.d.ts', 'FieldConfig'],
  'stat-options': ['composable/stat/panelcfg/x/types.gen.d.ts', 'Options'],
  'bargauge-options': ['composable/bargauge/panelcfg/x/types.gen.d.ts', 'Options'],
  'table-options': ['composable/table/panelcfg/x/types.gen.d.ts', 'Options'],
  'table-field': ['composable/table/panelcfg/x/types.gen.d.ts', 'FieldConfig'],
  'state-timeline-options': ['composable/statetimeline/panelcfg/x/types.gen.d.ts', 'Options'],
  'state-timeline-field': ['composable/statetimeline/panelcfg/x/types.gen.d.ts', 'FieldConfig'],
  'text-options': ['composable/text/panelcfg/x/types.gen.d.ts', 'Options'],
} as const

/** The query of the Prometheus data source is published with the SDK only. */
const SDK_TYPES = join(HERE, '../../node_modules/@grafana/grafana-foundation-sdk/dist')
const SDK_SCHEMAS = { 'prometheus-query': ['prometheus/types.gen.d.ts', 'Dataquery'] } as const

const { version } = JSON.parse(readFileSync(join(GRAFANA, 'package.json'), 'utf8')) as {
  version: string
}

/** The generator takes files of the project only, so that each type is re-exported from one. */
function schemaOf(folder: string, path: string, type: string): object {
  const file = join(HERE, '.schema-source.ts')
  writeFileSync(
    file,
    `export type { ${type} } from '${join(folder, path).replace(/\.d\.ts$/, '')}'\n`,
  )
  try {
    const options = { path: file, type, skipTypeCheck: true, additionalProperties: false }
    return createGenerator(options).createSchema(type)
  } finally {
    rmSync(file)
  }
}

function write(name: string, folder: string, path: string, type: string, from: string): void {
  const $comment = `From the type ${type} of ${from}, Apache-2.0, Grafana Labs.`
  const schema = { $comment, ...schemaOf(folder, path, type) }
  writeFileSync(join(OUT, `${name}.json`), `${JSON.stringify(schema, undefined, 1)}\n`)
  process.stdout.write(`${name}\n`)
}

mkdirSync(OUT, { recursive: true })
for (const [name, [path, type]] of Object.entries(SCHEMAS)) {
  write(name, TYPES, path, type, `@grafana/schema ${version}`)
}
for (const [name, [path, type]] of Object.entries(SDK_SCHEMAS)) {
  write(name, SDK_TYPES, path, type, '@grafana/grafana-foundation-sdk')
}
