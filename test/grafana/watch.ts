/**
 * `node test/grafana/watch.ts [PORT] [SCENARIO] [MINUTES]`: the stack with a simulated network, until it is ended;
 * Prometheus listens on PORT. For pictures, and for whoever wants to look at queries.
 */
import { setTimeout as after } from 'node:timers/promises'
import { parseTarget } from '../../src/commands/sending.ts'
import { openUdpSender } from '../../src/ingest/sender.ts'
import type { ScenarioName } from '../../src/simulate/scenarios.ts'
import { simulate } from '../../src/simulate/simulate.ts'
import { sendPaced } from './send-paced.ts'
import { Stack } from './stack.ts'
import { Turns } from './turns.ts'

const [port = '9091', scenario = 'demo', minutes = '600'] = process.argv.slice(2)
const simulation = simulate({
  scenario: scenario as ScenarioName,
  seed: 7,
  startMs: Date.now(),
  pollingMs: 10_000,
  // A day in four hours: traffic goes up and down while somebody looks.
  dayMs: 14_400_000,
})
const stack = new Stack({
  everySeconds: 5,
  flowHold: '15s',
  fabric: simulation.fabric,
  port: Number(port),
})
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
try {
  const addresses = await stack.start()
  process.stdout.write(`${JSON.stringify(addresses)}\n`)
  const over = after(60_000 * Number(minutes), undefined, { signal: stop.signal }).catch(() => {})
  void over.then(() => stop.abort())
  const { host, port: sflowPort } = parseTarget('to', addresses.sflow)
  const sender = await openUdpSender(host, sflowPort)
  await sendPaced(simulation, { sender, signal: stop.signal, turns: new Turns() })
  await sender.close()
} finally {
  await stack.end()
}
