/**
 * The bridge on one core, its page scraped each second, the sender on the other core: loss by exact
 * accounts, CPU time, scrape times, pauses, memory. As root the sender is tcpreplay, which reaches
 * 200,000 datagrams a second and more; else this process, up to some 100,000.
 * `node test/benchmark/receive.ts [--rate=100000] [--seconds=10] [--driver=dgram|drain]
 *   [--flows=on|off] [--traffic=calm|spoofed] [--agents=46]`: 46 agents of 48 ports are 50,000 series.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LOAD_DEFAULTS, Load } from '../../src/simulate/load.ts'
import { type Pause, startBridge } from './bridge-process.ts'
import {
  cpuSeconds,
  loadAverage,
  machineLine,
  raiseReceiveCap,
  residentBytes,
  workedOff,
} from './machine.ts'
import { quantile } from './median.ts'
import { startScraper } from './scraper.ts'
import { COLLECTOR_CORE, ownNetwork, sendCapture, sendLoad, writeCapture } from './traffic.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '10' },
    flows: { type: 'string', default: 'on' },
    driver: { type: 'string', default: 'dgram' },
    traffic: { type: 'string', default: 'calm' },
    agents: { type: 'string', default: '46' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const AGENTS = Number(values.agents)
const SPOOFED = values.traffic === 'spoofed'
const PORT = 6399
/** All ports twice at least, so that all are on the page. */
const WARM_DATAGRAMS = AGENTS * LOAD_DEFAULTS.portsPerAgent * 8
const WARM_RATE = 10_000
const CAPTURE_DATAGRAMS = 163_840
const isRoot = process.getuid?.() === 0

raiseReceiveCap()
if (isRoot) ownNetwork()

const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-receive-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const capture = join(folder, 'load.pcap')
if (isRoot)
  writeCapture(capture, CAPTURE_DATAGRAMS, { port: PORT, spoofed: SPOOFED, agents: AGENTS })
const load = new Load({ seed: 3, spoofed: SPOOFED, agents: AGENTS })

async function send(rate: number, datagrams: number): Promise<number> {
  if (isRoot) return sendCapture(capture, rate, datagrams)
  const sender = sendLoad(load, PORT, rate, datagrams / rate)
  await sender.done
  return sender.sent
}

const bridge = await startBridge({
  driver: values.driver === 'drain' ? 'drain' : 'dgram',
  flows: values.flows === 'off' ? 'off' : 'on',
  port: PORT,
  core: COLLECTOR_CORE,
  probe: true,
})
// Scraped meanwhile, too: what is measured is no first time.
const warming = startScraper(bridge.url)
const warm = await send(WARM_RATE, WARM_DATAGRAMS)
await warming.end()
await workedOff(bridge.pid, PORT)
const secondsBefore = bridge.pauses.length
const cpuBefore = cpuSeconds(bridge.pid)
const scrapes = startScraper(bridge.url)
const began = performance.now()
const sent = await send(RATE, RATE * SECONDS)
const seconds = (performance.now() - began) / 1_000
const times = await scrapes.end()
const pauses = bridge.pauses.slice(secondsBefore)
const resident = residentBytes(bridge.pid)
const cpu = cpuSeconds(bridge.pid) - cpuBefore
await workedOff(bridge.pid, PORT)
// Gaps are told when they have been open for three seconds.
await new Promise(resolve => setTimeout(resolve, 4_500))
const end = await bridge.page()
await bridge.end()

const received = end.sum('sflow_bridge_datagrams_received_total')
const drops = end.sum('sflow_bridge_kernel_drops_total')
const refused = end.sum('sflow_bridge_datagrams_refused_total')
const processed = end.sum('sflow_agent_datagrams_total')
const exact = warm + sent === received + drops && received === processed + refused
const say = (name: string, value: string) => process.stdout.write(`${name.padEnd(38)} ${value}\n`)
const ms = (ratio: number) => quantile(times, ratio).toFixed(0)
say('machine', `${machineLine()}; load average ${loadAverage()}`)
say('asked', `${values.driver}, flows ${values.flows}, ${values.traffic}, ${RATE} a second`)
say('sent', `${sent} in ${seconds.toFixed(1)} s, ${(sent / seconds).toFixed(0)} a second`)
say('lost', `${drops} (${((100 * drops) / (sent + warm)).toFixed(3)} %)`)
say('sequence gaps', String(end.sum('sflow_agent_datagrams_lost_total')))
say('accounts', exact ? 'exact: sent = received + drops, received = processed + refused' : 'WRONG')
if (!exact)
  say('', `${warm + sent} sent, ${received} received, ${processed} processed, ${refused} refused`)
say('series on the page', String(end.lines.length))
say('scrape, ms (p50 / p99 / longest)', `${ms(0.5)} / ${ms(0.99)} / ${ms(1)} of ${times.length}`)
say('CPU of the bridge, cores', (cpu / seconds).toFixed(2))
say('CPU a datagram, us, scrapes included', ((cpu / sent) * 1e6).toFixed(2))
const longest = (of: (pause: Pause) => number) => Math.max(...pauses.map(of)).toFixed(1)
say(
  'main thread, ms: longest piece of its work',
  longest(({ workMs }) => workMs),
)
say(
  'longest wait, for a core included',
  longest(({ pauseMs }) => pauseMs),
)
say('resident memory under load, MB', (resident / 1e6).toFixed(0))
process.exitCode = exact ? 0 : 1
