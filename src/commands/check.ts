/**
 * `check`: judges a configuration file. Exit status 0 if it is good, with what it costs at worst;
 * 1 with every fault otherwise.
 */
import { definitionsInForce } from '../config/flow-check.ts'
import { loadConfig } from '../config/load.ts'
import { formatFault } from '../config/source.ts'
import { worstCaseLines } from '../config/worst-case.ts'
import type { Command } from './command.ts'

export const command: Command = {
  name: 'check',
  summary: 'judge a configuration file: every fault with its line, column and rule',
  flags: [
    {
      name: 'config.file',
      type: 'string',
      placeholder: 'FILE',
      help: 'the file to judge; without it the defaults, which shows what they cost',
    },
  ],
  examples: ['sflow-bridge check --config.file=bridge.yaml'],
  async run({ flags }) {
    const given = flags.optional('config.file')
    const file = given ?? 'the defaults'
    const result = loadConfig(given, process.env)
    if ('faults' in result) {
      for (const fault of result.faults) process.stderr.write(`${formatFault(fault)}\n`)
      const { length } = result.faults
      process.stderr.write(`${file}: ${length} ${length === 1 ? 'fault' : 'faults'}\n`)
      return 1
    }
    const lines = worstCaseLines(result.config.limits, definitionsInForce(result.config))
    process.stdout.write(`${file}: good\n${lines.map(line => `  ${line}\n`).join('')}`)
    return 0
  },
}
