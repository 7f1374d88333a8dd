/**
 * Memory, start-up and scrapes of bridges of some sizes: each interface polled twice, shipped flow
 * definitions on, then four scrapes. What 100,000 series more cost is the slope between the least and
 * the greatest. `node test/benchmark/memory.ts [--series=50000,1000000]`
 */
import { parseArgs } from 'node:util'
import { SERIES } from '../../src/capacity/costs.ts'
import { Load } from '../../src/simulate/load.ts'
import { startBridge } from './bridge-process.ts'
import { loadAverage, machineLine, raiseReceiveCap, residentBytes, workedOff } from './machine.ts'
import { median } from './median.ts'
import { sendLoad } from './traffic.ts'

const { values } = parseArgs({ options: { series: { type: 'string', default: '50000,1000000' } } })
const PORTS = 48
const RATE = 15_000
const SCRAPES = 4
const ROUNDS = 3

interface Size {
  readonly series: number
  readonly resident: number
  readonly startMs: number
  readonly scrapeMs: number
  readonly pageBytes: number
}

async function measure(wanted: number): Promise<Size> {
  const agents = Math.ceil(wanted / (PORTS * SERIES.port + SERIES.agent))
  const bridge = await startBridge({ driver: 'dgram', flows: 'on' })
  const datagrams = agents * PORTS
  const load = new Load({ agents, portsPerAgent: PORTS, ring: datagrams })
  const rate = Math.min(RATE, datagrams)
  await sendLoad(load, bridge.port, rate, (ROUNDS * datagrams) / rate).done
  await workedOff(bridge.pid)
  const times: number[] = []
  let [series, pageBytes] = [0, 0]
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const began = performance.now()
    const page = await bridge.page()
    times.push(performance.now() - began)
    series = page.lines.length
    pageBytes = page.bytes
  }
  const resident = residentBytes(bridge.pid)
  await bridge.end()
  return { series, resident, startMs: bridge.startMs, scrapeMs: median(times), pageBytes }
}

raiseReceiveCap()
process.stdout.write(`${machineLine()}; load average ${loadAverage()}\n`)
process.stdout.write('   series  resident MB  start ms  scrape ms  page MB\n')
const sizes: Size[] = []
for (const wanted of values.series.split(',').map(Number)) {
  const size = await measure(wanted)
  sizes.push(size)
  const columns = [
    String(size.series).padStart(9),
    (size.resident / 1e6).toFixed(0).padStart(12),
    size.startMs.toFixed(0).padStart(9),
    size.scrapeMs.toFixed(0).padStart(10),
    (size.pageBytes / 1e6).toFixed(1).padStart(8),
  ]
  process.stdout.write(`${columns.join(' ')}\n`)
}
const [least, greatest] = [sizes[0], sizes.at(-1)]
if (least !== undefined && greatest !== undefined && sizes.length > 1) {
  const steps = (greatest.series - least.series) / 100_000
  const memory = (greatest.resident - least.resident) / 1e6 / steps
  const scrape = (greatest.scrapeMs - least.scrapeMs) / steps
  process.stdout.write(
    `100,000 series more: ${memory.toFixed(0)} MB, ${scrape.toFixed(0)} ms a scrape\n`,
  )
}
