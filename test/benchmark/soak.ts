/**
 * A long run at half capacity: does memory stay flat, do counters stay true, does nothing restart? The
 * bridge has one core, is scraped each 15 s, and gets fresh sequences from this process. Prints a line
 * a minute and a verdict; exit status 1 if it did not hold.
 * `node test/benchmark/soak.ts [--minutes=60] [--rate=20000] [--driver=drain]`
 */
import { parseArgs } from 'node:util'
import { Load } from '../../src/simulate/load.ts'
import { type BridgeProcess, startBridge } from './bridge-process.ts'
import { cpuSeconds, loadAverage, machineLine, raiseReceiveCap, residentBytes } from './machine.ts'
import { COLLECTOR_CORE, sendLoad } from './traffic.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' },
    driver: { type: 'string', default: 'drain' },
  },
})
const MINUTES = Number(values.minutes)
const RATE = Number(values.rate)
const SCRAPE_MS = 15_000
/** Memory may wave; from the second quarter to the last it may grow by no more than this part. */
const GROWTH_MAX = 0.1
const AGENTS = 46
/** What the load adds to the counter of a port with each of its datagrams: six samples of 1 in 1,000. */
const BYTES_A_DATAGRAM = 6 * 1_000 * 1_000

interface Reading {
  readonly minute: number
  readonly residentMb: number
  readonly received: number
  readonly drops: number
  readonly lost: number
  readonly interfaceBytes: number
  readonly cpuSeconds: number
}

raiseReceiveCap()
const bridge = await startBridge({
  driver: values.driver === 'dgram' ? 'dgram' : 'drain',
  flows: 'on',
  core: COLLECTOR_CORE,
})
const ended = { early: false }
process.stdout.write(`${machineLine()}; load average ${loadAverage()}\n`)
process.stdout.write(`${values.driver}, ${RATE} datagrams a second for ${MINUTES} minutes\n`)
process.stdout.write('minute      received   drops    lost  resident MB  CPU cores\n')

const load = new Load({ seed: 3, agents: AGENTS })
const sender = sendLoad(load, bridge.port, RATE, MINUTES * 60)
const readings: Reading[] = []
const began = performance.now()
const running = { on: true }
const watching = watch(bridge)
await sender.done
running.on = false
await watching
await new Promise(resolve => setTimeout(resolve, 5_000))
const last = await read(bridge)
await bridge.end()
judge(last)

async function watch(one: BridgeProcess): Promise<void> {
  let shown = 0
  while (running.on) {
    await new Promise(resolve => setTimeout(resolve, SCRAPE_MS))
    const reading = await read(one).catch(() => undefined)
    if (reading === undefined) {
      ended.early = true
      return
    }
    readings.push(reading)
    if (Math.floor(reading.minute) > shown) {
      shown = Math.floor(reading.minute)
      show(reading)
    }
  }
}

async function read(one: BridgeProcess): Promise<Reading> {
  const page = await one.page()
  return {
    minute: (performance.now() - began) / 60_000,
    residentMb: residentBytes(one.pid) / 1e6,
    received: page.sum('sflow_bridge_datagrams_received_total'),
    drops: page.sum('sflow_bridge_kernel_drops_total'),
    lost: page.sum('sflow_agent_datagrams_lost_total'),
    interfaceBytes: page.sum('sflow_interface_receive_bytes_total'),
    cpuSeconds: cpuSeconds(one.pid),
  }
}

function show({ minute, received, drops, lost, residentMb, cpuSeconds: cpu }: Reading): void {
  const columns = [
    minute.toFixed(0).padStart(6),
    String(received).padStart(13),
    String(drops).padStart(7),
    String(lost).padStart(7),
    residentMb.toFixed(0).padStart(12),
    (cpu / minute / 60).toFixed(2).padStart(10),
  ]
  process.stdout.write(`${columns.join(' ')}\n`)
}

function meanMemory(from: number, to: number): number {
  const some = readings.slice(Math.floor(readings.length * from), Math.ceil(readings.length * to))
  return some.reduce((sum, { residentMb }) => sum + residentMb, 0) / some.length
}

/** The counters of all ports together must be what the load counted, as far as it was received. */
function judge(end: Reading): void {
  const [early, late] = [meanMemory(0.25, 0.5), meanMemory(0.75, 1)]
  const falls = readings.filter((one, at) => one.received < (readings[at - 1]?.received ?? 0))
  const truth = sender.sent * BYTES_A_DATAGRAM
  const verdicts: readonly (readonly [string, boolean])[] = [
    [
      `sent ${sender.sent} = received ${end.received} + drops ${end.drops}`,
      sender.sent === end.received + end.drops,
    ],
    [`gaps ${end.lost} = drops ${end.drops}`, end.lost === end.drops],
    [`no loss at this rate: ${end.drops}`, end.drops === 0],
    [
      `counters ${end.interfaceBytes} = truth ${truth}`,
      end.drops > 0 || end.interfaceBytes === truth,
    ],
    [
      `memory flat: ${early.toFixed(0)} MB, then ${late.toFixed(0)} MB`,
      late < early * (1 + GROWTH_MAX),
    ],
    ['no restart', !ended.early && falls.length === 0],
  ]
  for (const [what, held] of verdicts)
    process.stdout.write(`${held ? 'held  ' : 'FAILED'} ${what}\n`)
  process.exitCode = verdicts.every(([, held]) => held) ? 0 : 1
}
