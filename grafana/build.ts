/** `npm run dashboards`: writes grafana/dashboards/ anew. A test fails when the files differ from this. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dashboardJson } from '../src/dashboards/dashboard.ts'
import { DASHBOARDS } from './all.ts'

const FOLDER = fileURLToPath(new URL('dashboards/', import.meta.url))

mkdirSync(FOLDER, { recursive: true })
for (const name of readdirSync(FOLDER)) if (name.endsWith('.json')) rmSync(FOLDER + name)
for (const spec of DASHBOARDS) writeFileSync(`${FOLDER}${spec.uid}.json`, dashboardJson(spec))
process.stdout.write(`${DASHBOARDS.length} dashboards in grafana/dashboards\n`)
