/** `capacity`: what a network of a given size asks of the bridge. Wiring only; `capacity/` reckons. */
import { flowCosts } from '../capacity/flow-costs.ts'
import { type CapacityInput, capacity, type FlowCost } from '../capacity/model.ts'
import { capacityLines } from '../capacity/report.ts'
import { parseSpeed } from '../config/agent-setup.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { planSampling } from '../config/sampling-plan.ts'
import { UsageError } from '../usage-error.ts'
import type { Command, FlagValues } from './command.ts'

export const command: Command = {
  name: 'capacity',
  summary: 'reckon datagrams, series, memory and cores for a network of a given size',
  flags: [
    {
      name: 'config.file',
      type: 'string',
      placeholder: 'FILE',
      help: 'whose flow definitions and limits count; without it the shipped ones',
    },
    { name: 'agents', type: 'number', default: '100', help: 'switches and routers' },
    { name: 'ports', type: 'number', default: '48', help: 'ports of each' },
    { name: 'speed', type: 'string', placeholder: 'SPEED', default: '10G', help: 'of each port' },
    {
      name: 'sampling',
      type: 'number',
      help: '1 in so many frames, 0 for none; without it what dns-sd advises for the speed',
    },
    { name: 'utilization', type: 'number', default: '0.3', help: 'mean utilisation of ports' },
    { name: 'frame.bytes', type: 'number', default: '1000', help: 'mean length of frames' },
    { name: 'polling', type: 'duration', default: '20s', help: 'interval of counters' },
    { name: 'ethernet', type: 'boolean', help: 'ports send Ethernet counters as well' },
    { name: 'optics.lanes', type: 'number', default: '0', help: 'lanes of optics, 0 for none' },
    { name: 'hosts', type: 'number', default: '0', help: 'servers that send host counters' },
    { name: 'containers', type: 'number', default: '0', help: 'containers or VMs on each server' },
    { name: 'scrape.interval', type: 'duration', default: '15s', help: 'of one Prometheus' },
    {
      name: 'ingest.driver',
      type: 'string',
      default: 'dgram',
      choices: ['dgram', 'drain'],
      help: 'how datagrams are taken from the kernel',
    },
    {
      name: 'format',
      type: 'string',
      default: 'text',
      choices: ['text', 'json'],
      help: 'json: all numbers, in base units',
    },
  ],
  examples: [
    'sflow-bridge capacity --agents=64 --ports=48 --speed=25G --sampling=10000',
    'sflow-bridge capacity --agents=2000 --hosts=20000 --containers=20 --ingest.driver=drain',
    'sflow-bridge capacity --agents=500 --config.file=bridge.yaml --format=json',
  ],
  async run({ flags }) {
    const config = configOrThrow(loadConfig(flags.optional('config.file'), process.env))
    const input = readInput(flags, flowCosts(config))
    const found = capacity(input)
    process.stdout.write(
      flags.string('format') === 'json'
        ? `${JSON.stringify({ ...found, sampling: input.sampling })}\n`
        : `${capacityLines(input, found, config.limits).join('\n')}\n`,
    )
    return 0
  },
}

function readInput(flags: FlagValues, flows: readonly FlowCost[]): CapacityInput {
  const speed = speedOf(flags.string('speed'))
  const utilization = between(flags, 'utilization', 0.000_001, 1)
  const frameBytes = between(flags, 'frame.bytes', 64, 9_216)
  const pollingMs = atLeast(flags, 'polling', 1_000)
  const [advised] = planSampling({
    links: [{ speed, count: 0 }],
    // What dns-sd takes when it is not told otherwise.
    error: 0.2,
    share: 0.1,
    windowMs: 5_000,
    datagramsMax: 0,
    frameBytes,
    utilization,
    pollingMs,
  }).links
  const sampling = flags.given('sampling')
    ? whole(flags, 'sampling', 0, 2 ** 31 - 1)
    : (advised?.rate ?? 0)
  return {
    agents: whole(flags, 'agents', 0, 1_000_000),
    ports: whole(flags, 'ports', 0, 4_096),
    speed,
    utilization,
    frameBytes,
    sampling,
    pollingSeconds: pollingMs / 1_000,
    ethernet: flags.boolean('ethernet'),
    opticsLanes: whole(flags, 'optics.lanes', 0, 16),
    hosts: whole(flags, 'hosts', 0, 1_000_000),
    containers: whole(flags, 'containers', 0, 10_000),
    flows,
    driver: flags.string('ingest.driver') as 'dgram' | 'drain',
    scrapeSeconds: atLeast(flags, 'scrape.interval', 1_000) / 1_000,
  }
}

/** `10G`, `2500M`, or bits a second. */
function speedOf(text: string): number {
  const speed = /^[1-9]\d{5,12}$/.test(text) ? Number(text) : parseSpeed(text)
  if (speed !== undefined) return speed
  throw new UsageError(`--speed=${text}: a speed such as 10G is needed`)
}

function whole(flags: FlagValues, name: string, min: number, max: number): number {
  const value = flags.number(name)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new UsageError(`--${name}=${value}: a whole number from ${min} to ${max} is needed`)
}

function between(flags: FlagValues, name: string, min: number, max: number): number {
  const value = flags.number(name)
  if (value >= min && value <= max) return value
  throw new UsageError(`--${name}=${value}: a number from ${min} to ${max} is needed`)
}

function atLeast(flags: FlagValues, name: string, minMs: number): number {
  const value = flags.durationMs(name)
  if (value >= minMs) return value
  throw new UsageError(`--${name}=${flags.string(name)}: at least ${minMs / 1_000}s is needed`)
}
