/**
 * The bridge as a process: datagrams at a steady rate from this process, its page scraped each
 * second; loss by the bridge's own accounts, its CPU time, scrape times, memory.
 * `node test/benchmark/receive.ts [--rate=50000] [--seconds=10] [--flows=on|off] [--driver=dgram]`
 */
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { LOAD_DEFAULTS, Load } from '../../src/simulate/load.ts'
import { median } from './median.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '10' },
    flows: { type: 'string', default: 'on' },
    driver: { type: 'string', default: 'dgram' },
    buffer: { type: 'string', default: '33554432' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** The kernel's cap on receive buffers: raised for this run where we may, and put back. */
const CAP = '/proc/sys/net/core/rmem_max'
const capBefore = readFileSync(CAP, 'utf8').trim()
try {
  if (Number(capBefore) < Number(values.buffer)) writeFileSync(CAP, values.buffer)
} catch {
  process.stdout.write(`the receive buffer is capped at ${capBefore} bytes: not root\n`)
}
process.on('exit', () => {
  if (readFileSync(CAP, 'utf8').trim() !== capBefore) writeFileSync(CAP, capBefore)
})

const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-benchmark-'))
const file = join(folder, 'bridge.yaml')
const off =
  values.flows === 'off'
    ? `flows:\n${SHIPPED_FLOWS.map(({ name }) => `  - { name: ${name}, enabled: false }\n`).join('')}`
    : ''
writeFileSync(file, `listen:\n  receive_buffer: ${values.buffer}\n${off}`)
const bridge = spawn(
  process.execPath,
  [
    MAIN,
    'serve',
    `--config.file=${file}`,
    '--sflow.listen-address=127.0.0.1:0',
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(folder, 'data')}`,
    `--ingest.driver=${values.driver}`,
  ],
  { stdio: ['ignore', 'inherit', 'pipe'] },
)
const addresses = await new Promise<{ port: number; url: string }>((resolve, reject) => {
  let port = 0
  bridge.on('exit', () => reject(new Error('the bridge ended')))
  createInterface({ input: bridge.stderr }).on('line', line => {
    const { msg, listening, url } = JSON.parse(line) as Record<string, string>
    if (msg === 'receiving sflow') port = Number(/:(\d+)$/.exec(listening ?? '')?.[1])
    if (msg === 'serving') resolve({ port, url: url ?? '' })
  })
})

/** User and system time of the bridge, in seconds: proc(5), stat. */
function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${bridge.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

async function totals(): Promise<{ page: string; sum(name: string): number }> {
  const page = await (await fetch(`${addresses.url}/metrics`)).text()
  const sum = (name: string) => {
    let total = 0
    for (const line of page.split('\n')) {
      if (line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        total += Number(line.slice(line.lastIndexOf(' ')))
    }
    return total
  }
  return { page, sum }
}

const socket = createSocket('udp4')
await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
socket.setSendBufferSize(4 * 1024 * 1024)
const load = new Load({ ...LOAD_DEFAULTS, seed: 3 })
let sent = 0
const scrapes: number[] = []
let scraping = Promise.resolve()
const began = performance.now()
const cpuBefore = cpuSeconds()
let scraped = 0
while (performance.now() - began < SECONDS * 1_000) {
  const due = Math.floor(((performance.now() - began) / 1_000) * RATE)
  for (; sent < due; sent++) {
    // Sent copies: the load re-uses its bytes.
    socket.send(Buffer.from(load.next(Math.floor(performance.now()))), addresses.port, '127.0.0.1')
  }
  if ((performance.now() - began) / 1_000 > scraped + 1) {
    scraped += 1
    scraping = scraping.then(async () => {
      const asked = performance.now()
      await totals()
      scrapes.push(performance.now() - asked)
    })
  }
  await new Promise(resolve => setImmediate(resolve))
}
const cpu = (cpuSeconds() - cpuBefore) / SECONDS
await scraping
await new Promise(resolve => setTimeout(resolve, 4_500))
const end = await totals()
const received = end.sum('sflow_bridge_datagrams_received_total')
const say = (name: string, value: string) => process.stdout.write(`${name.padEnd(36)} ${value}\n`)
say('datagrams sent', `${sent} in ${SECONDS} s, ${(sent / SECONDS).toFixed(0)} a second`)
say('received', String(received))
say('kernel drops', String(end.sum('sflow_bridge_kernel_drops_total')))
say('sequence gaps', String(end.sum('sflow_agent_datagrams_lost_total')))
say(
  'series on the page',
  String(end.page.split('\n').filter(line => line !== '' && !line.startsWith('#')).length),
)
say(
  'scrape, ms (median / longest)',
  `${median(scrapes).toFixed(0)} / ${Math.max(...scrapes).toFixed(0)}`,
)
say('CPU of the bridge, cores', cpu.toFixed(2))
const pause = end.sum('nodejs_eventloop_lag_max_seconds') * 1_000
say('longest pause of the main thread, ms', pause.toFixed(1))
say('resident memory, MB', (end.sum('process_resident_memory_bytes') / 1e6).toFixed(0))
bridge.kill('SIGTERM')
socket.close()
rmSync(folder, { recursive: true, force: true })
