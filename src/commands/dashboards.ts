/** `dashboards`: Grafana's JSON for the flow definitions of a configuration, as files in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { dashboardJson } from '../dashboards/dashboard.ts'
import { flowShape } from '../dashboards/flow-shape.ts'
import { ownFlowsDashboard } from '../dashboards/own-flows.ts'
import { compileFlow } from '../flows/compile-flow.ts'
import { FlowContext } from '../flows/functions/context.ts'
import { SHIPPED_FLOWS } from '../flows/shipped.ts'
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
    { name: 'out', type: 'string', placeholder: 'DIR', help: 'the folder to write to; needed' },
  ],
  examples: ['sflow-bridge dashboards --config.file=bridge.yaml --out=/var/lib/grafana/dashboards'],
  async run({ flags }) {
    const folder = flags.string('out')
    const definitions = definitionsOf(flags.optional('config.file'))
    const context = new FlowContext()
    const shapes = definitions.map(definition => {
      const { flow, fault } = compileFlow(definition, context)
      if (flow !== undefined) return flowShape(flow)
      throw new UsageError(
        `flows: ${fault.attribute} "${fault.text}", character ${fault.position}: ${fault.message}`,
      )
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

/** The definitions of the file; the shipped ones where it says nothing of flows. */
function definitionsOf(file: string | undefined): readonly unknown[] {
  if (file === undefined) return SHIPPED_FLOWS
  return configOrThrow(loadConfig(file, process.env)).flows ?? SHIPPED_FLOWS
}
