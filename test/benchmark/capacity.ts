/**
 * The capacity model against this machine: what `sflow-bridge capacity` reckons for the load of the
 * benchmarks, and what a bridge with that load took. Series and bytes must agree within a twentieth,
 * processor time and memory within a factor of 2.5: machines differ. Exit status 1 if they do not.
 * `node test/benchmark/capacity.ts [--rate=20000] [--seconds=20] [--driver=dgram|drain]`
 */
import { parseArgs } from 'node:util'
import { flowCosts } from '../../src/capacity/flow-costs.ts'
import { type CapacityInput, capacity } from '../../src/capacity/model.ts'
import { configOrThrow, loadConfig } from '../../src/config/load.ts'
import { LOAD_FLOW_SAMPLES, Load } from '../../src/simulate/load.ts'
import { startBridge } from './bridge-process.ts'
import {
  cpuSeconds,
  loadAverage,
  machineLine,
  raiseReceiveCap,
  residentBytes,
  workedOff,
} from './machine.ts'
import { COLLECTOR_CORE, sendLoad } from './traffic.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '20' },
    driver: { type: 'string', default: 'dgram' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const AGENTS = 46
const PORTS = 48
const SCRAPE_SECONDS = 5
const WARM_SECONDS = 10
const driver = values.driver === 'drain' ? 'drain' : 'dgram'

/** The network whose agents would send what the load sends: six flow samples for each counter sample. */
function networkOf(): CapacityInput {
  const framesPerPort = (RATE * LOAD_FLOW_SAMPLES) / AGENTS / PORTS
  return {
    agents: AGENTS,
    ports: PORTS,
    // Frames of 1,000 bytes, each sampled: a speed that gives so many of them.
    speed: framesPerPort * 8_000,
    utilization: 1,
    frameBytes: 1_000,
    sampling: 1,
    pollingSeconds: (AGENTS * PORTS) / RATE,
    ethernet: false,
    opticsLanes: 0,
    hosts: 0,
    containers: 0,
    flows: flowCosts(configOrThrow(loadConfig(undefined, {}))),
    driver,
    scrapeSeconds: SCRAPE_SECONDS,
  }
}

raiseReceiveCap()
const model = capacity(networkOf())
const bridge = await startBridge({ driver, flows: 'on', core: COLLECTOR_CORE })
const load = new Load({ seed: 3, agents: AGENTS, portsPerAgent: PORTS })
// All ports often enough to be on the page, and the program warm.
await sendLoad(load, bridge.port, 5_000, WARM_SECONDS).done
await workedOff(bridge.pid, bridge.port)

const scrapes = { cpu: 0, count: 0 }
const before = cpuSeconds(bridge.pid)
const sender = sendLoad(load, bridge.port, RATE, SECONDS)
await sender.done
await workedOff(bridge.pid, bridge.port)
const ingest = cpuSeconds(bridge.pid) - before
// Scrapes are measured alone, so that both parts of the model are.
for (; scrapes.count < 4; scrapes.count++) {
  const from = cpuSeconds(bridge.pid)
  await bridge.page()
  scrapes.cpu += cpuSeconds(bridge.pid) - from
}
const page = await bridge.page()
const resident = residentBytes(bridge.pid)
await bridge.end()

const counters = page.lines.filter(line => !line.startsWith('sflow_flow_')).length
const rows: readonly (readonly [string, number, number, number])[] = [
  ['datagrams a second', model.datagramsPerSecond, sender.sent / SECONDS, 1.05],
  ['series of counters', model.counterSeries, counters, 1.05],
  [
    'us a datagram',
    (model.ingestCores / model.datagramsPerSecond) * 1e6,
    (ingest / sender.sent) * 1e6,
    2.5,
  ],
  [
    'ms a scrape',
    model.scrapeCores * SCRAPE_SECONDS * 1e3 * (page.lines.length / model.series),
    (scrapes.cpu / scrapes.count) * 1e3,
    2.5,
  ],
  ['memory, MB', model.memoryBytes / 1e6, resident / 1e6, 2.5],
]
process.stdout.write(`${machineLine()}; load average ${loadAverage()}\n`)
process.stdout.write('                            model   measured   ratio  within\n')
for (const [name, expected, measured, factor] of rows) {
  const ratio = measured / expected
  const held = ratio < factor && ratio > 1 / factor
  if (!held) process.exitCode = 1
  const columns = [
    name.padEnd(22),
    expected.toFixed(1).padStart(11),
    measured.toFixed(1).padStart(10),
  ]
  columns.push(ratio.toFixed(2).padStart(7), `${held ? '' : 'NOT '}${factor}`.padStart(7))
  process.stdout.write(`${columns.join(' ')}\n`)
}
const flowSeries = page.lines.length - counters
process.stdout.write(
  `series of flows: at most ${model.flowSeriesMax} by the model, ${flowSeries} measured\n`,
)
if (flowSeries > model.flowSeriesMax) process.exitCode = 1
