/** `npm run dashboards`: writes grafana/dashboards/ and grafana/alerting/ anew. A test fails when they are stale. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dashboardJson } from '../src/dashboards/dashboard.ts'
import { alertingFiles } from './alerting.ts'
import { DASHBOARDS } from './all.ts'

const FOLDER = fileURLToPath(new URL('dashboards/', import.meta.url))

mkdirSync(FOLDER, { recursive: true })
for (const name of readdirSync(FOLDER)) if (name.endsWith('.json')) rmSync(FOLDER + name)
for (const spec of DASHBOARDS) writeFileSync(`${FOLDER}${spec.uid}.json`, dashboardJson(spec))
const ALERTING = fileURLToPath(new URL('alerting/', import.meta.url))
mkdirSync(ALERTING, { recursive: true })
for (const [name, text] of Object.entries(alertingFiles())) writeFileSync(ALERTING + name, text)
process.stdout.write(`${DASHBOARDS.length} dashboards in grafana/dashboards\n`)
