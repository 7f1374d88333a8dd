/** `dashboards`: Grafana's JSON for the flow definitions of a configuration, as files in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contextOf, definitionsInForce } from '../config/flow-check.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { dashboardJson } from '../dashboards/dashboard.ts'
import { flowShape } from '../dashboards/flow-shape.ts'
import { ownFlowsDashboard } from '../dashboards/own-flows.ts'
import { compileFlow } from '../flows/compile-flow.ts'
import { UsageError } from '../usage-error.ts'
import type { Command } from './command.ts'

const FILE = 'sflow-own-flows.json'

export const command: Command = {
  name: 'dashboards',
  summary: 'write a Grafana dashboard with a row for each flow definition of a configuration',
  flags: [
    {
      name: 'config.file',
      type: 'string',
      placeholder: 'FILE',
      help: 'the configuration; without it the shipped flow definitions',
    },
    {
      name: 'out',
      type: 'string',
      placeholder: 'DIR',
      default: './dashboards',
      help: 'the folder to write to',
    },
  ],
  examples: ['sflow-bridge dashboards --config.file=bridge.yaml --out=/var/lib/grafana/dashboards'],
  async run({ flags }) {
    const folder = flags.string('out')
    const config = configOrThrow(loadConfig(flags.optional('config.file'), process.env))
    const context = contextOf(config)
    const shapes = definitionsInForce(config).map(definition => {
      const { flow, fault } = compileFlow(definition, context)
      if (flow === undefined) throw new Error(`flow ${definition.name}: ${fault.message}`)
      return flowShape(flow)
    })
    const path = join(folder, FILE)
    try {
      mkdirSync(folder, { recursive: true })
      writeFileSync(path, dashboardJson(ownFlowsDashboard(shapes)))
    } catch (error) {
      throw new UsageError(`--out=${folder}: ${(error as Error).message}`)
    }
    const rows = shapes.filter(({ series }) => series).length
    process.stdout.write(
      `${path}: ${rows} flow definitions, ${shapes.length - rows} without series\n`,
    )
    return 0
  },
}
