/** The subcommand table, and nothing else. */
import { runCommandLine } from './commands/run.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), {
  serve: async () => (await import('./commands/serve.ts')).command,
  decode: async () => (await import('./commands/decode.ts')).command,
  'acl-agent': async () => (await import('./commands/acl-agent.ts')).command,
  controller: async () => (await import('./commands/controller.ts')).command,
  capacity: async () => (await import('./commands/capacity.ts')).command,
  check: async () => (await import('./commands/check.ts')).command,
  dashboards: async () => (await import('./commands/dashboards.ts')).command,
  'dns-sd': async () => (await import('./commands/dns-sd.ts')).command,
  healthcheck: async () => (await import('./commands/healthcheck.ts')).command,
  replay: async () => (await import('./commands/replay.ts')).command,
  demo: async () => (await import('./commands/demo.ts')).command,
  simulate: async () => (await import('./commands/simulate.ts')).command,
})
