/**
 * The bridge against the collectors that Debian ships, interleaved in one run: sfacctd with its memory
 * plugin, sfcapd. Each has one core and the same datagrams; the sender has the other core. First live,
 * at rising rates: the highest rate without loss divided by the share of the core that it took is the
 * capacity of a core. Then, for those that read captures, CPU time a datagram of the same capture.
 * Nobody is scraped or asked meanwhile. Needs root, and a quarter of an hour.
 * `node test/benchmark/peers.ts [--rates=40000,80000,200000] [--seconds=8] [--rounds=2] [--traffic=calm|spoofed]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { COLLECTORS, type Start } from './collectors.ts'
import {
  cpuSeconds,
  kernelDrops,
  loadAverage,
  machineLine,
  raiseReceiveCap,
  workedOff,
} from './machine.ts'
import { median } from './median.ts'
import { capturePeers } from './peers-capture.ts'
import { ownNetwork, sendCapture, writeCapture } from './traffic.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '40000,80000,200000' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '2' },
    traffic: { type: 'string', default: 'calm' },
    only: { type: 'string', default: '' },
  },
})
const RATES = values.rates.split(',').map(Number)
const SECONDS = Number(values.seconds)
const ROUNDS = Number(values.rounds)
const PORT = 6399
/** A round of the load's ring of 16,384, many times: the capture is repeated by the sender. */
const CAPTURE_DATAGRAMS = 163_840
/** Some ten seconds at a rate that all can take. */
const WARM_RATE = 40_000
const WARM_DATAGRAMS = 400_000

raiseReceiveCap()
ownNetwork(['sfacctd', 'sfcapd'])

interface Run {
  readonly sent: number
  readonly lost: number
  /** By the collector's own word: see `Collector.lostInside`. */
  readonly missed: number
  /** Seconds on a processor. */
  readonly cpu: number
  readonly seconds: number
}

const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-peers-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const capture = join(folder, 'load.pcap')
writeCapture(capture, CAPTURE_DATAGRAMS, { port: PORT, spoofed: values.traffic === 'spoofed' })

async function run(start: Start, rate: number): Promise<Run> {
  const collector = await start(PORT)
  await workedOff(collector.pid, PORT)
  // What a warm program costs: the first hundred thousands compile it and fill its tables.
  const warm = await sendCapture(capture, WARM_RATE, WARM_DATAGRAMS)
  await workedOff(collector.pid, PORT)
  const before = { cpu: cpuSeconds(collector.pid), drops: kernelDrops(PORT) }
  const began = performance.now()
  const sent = await sendCapture(capture, rate, rate * SECONDS)
  const seconds = (performance.now() - began) / 1_000
  await workedOff(collector.pid, PORT)
  const cpu = cpuSeconds(collector.pid) - before.cpu
  const drops = kernelDrops(PORT)
  const missed = await collector.lostInside(warm + sent - drops)
  await collector.end()
  return { sent, lost: drops - before.drops, missed, cpu, seconds }
}

const say = (text: string) => process.stdout.write(`${text}\n`)
say(`${machineLine()}; load average ${loadAverage()}`)
say(
  `live: ${values.traffic} traffic, ${SECONDS} s a run, ${ROUNDS} rounds, each collector on one core`,
)
say(
  'collector                     wanted/s     sent/s     lost  missed     us each   capacity/core',
)

const ONLY = values.only.split(',')
const names = Object.keys(COLLECTORS).filter(name => ONLY.some(part => name.includes(part)))
const runs = new Map<string, Run[]>()
for (const rate of RATES) {
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const key = `${name}@${rate}`
      // Who lost at half the rate is not asked for more.
      const below = runs.get(`${name}@${RATES[RATES.indexOf(rate) - 1]}`) ?? []
      if (below.length > 0 && !below.some(isLossFree)) continue
      runs.set(key, [...(runs.get(key) ?? []), await run(COLLECTORS[name] as Start, rate)])
    }
  }
  for (const name of names) report(name, rate)
}

function isLossFree({ lost, missed }: Run): boolean {
  return lost === 0 && missed === 0
}

function perDatagram({ cpu, sent, lost }: Run): number {
  return cpu / (sent - lost)
}

function report(name: string, rate: number): void {
  const own = runs.get(`${name}@${rate}`)
  if (own === undefined) return
  const cost = median(own.map(perDatagram))
  const columns = [
    name.padEnd(26),
    String(rate).padStart(11),
    median(own.map(one => one.sent / one.seconds))
      .toFixed(0)
      .padStart(10),
    String(median(own.map(one => one.lost))).padStart(8),
    String(median(own.map(one => one.missed))).padStart(7),
    (cost * 1e6).toFixed(2).padStart(11),
    own.some(isLossFree) ? (1 / cost).toFixed(0).padStart(15) : '-'.padStart(15),
  ]
  say(columns.join(' '))
}

/** Of the highest rate that most rounds went without loss. */
function capacityOf(name: string): number {
  const clean = RATES.filter(rate => {
    const own = runs.get(`${name}@${rate}`) ?? []
    return own.filter(isLossFree).length * 2 > own.length
  })
  const own = runs.get(`${name}@${clean.at(-1)}`) ?? []
  return 1 / median(own.map(perDatagram))
}

say('')
for (const [name, peer, wanted] of [
  ['bridge drain', 'sfacctd', 2],
  ['bridge dgram', 'sfacctd', 1.3],
  ['bridge drain, flows off', 'sfacctd', 4],
  ['bridge drain, flows off', 'sfcapd', 1],
] as const) {
  if (!names.includes(name) || !names.includes(peer)) continue
  const ratio = capacityOf(name) / capacityOf(peer)
  say(`live ${name} / ${peer}: ${ratio.toFixed(2)} (goal ${wanted})`)
}
say('')
if (values.only === '') await capturePeers(capture, CAPTURE_DATAGRAMS, ROUNDS)
