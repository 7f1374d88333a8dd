/**
 * CPU time a datagram over the same capture: sfacctd reading it as it can (`pcap_savefile`), and the
 * engine of the bridge in a process of its own (`engine-over-capture.ts`). Start-up is taken off both
 * by reading the capture once and several times, and dividing the difference.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startSfacctd } from './collectors.ts'
import { cpuSeconds, workedOff } from './machine.ts'
import { median } from './median.ts'
import { COLLECTOR_CORE } from './traffic.ts'

const OVER_CAPTURE = fileURLToPath(new URL('engine-over-capture.ts', import.meta.url))
/** Times that the capture is read: once, and so often. */
const FEW = 1
const MANY = 4

/** How often sfacctd told that its plugin did not get all: then it did less than the bridge. */
const missing = { count: 0 }

type Read = (times: number) => Promise<number>

export async function capturePeers(
  capture: string,
  datagrams: number,
  rounds: number,
): Promise<void> {
  const readers: Readonly<Record<string, Read>> = {
    'bridge, flows off': async times => engineSeconds(capture, times, 'off'),
    bridge: async times => engineSeconds(capture, times, 'on'),
    sfacctd: times => sfacctdSeconds(capture, times),
  }
  const costs = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, read] of Object.entries(readers)) {
      const few = await read(FEW)
      const many = await read(MANY)
      const cost = (many - few) / (datagrams * (MANY - FEW))
      costs.set(name, [...(costs.get(name) ?? []), cost])
    }
  }
  const cost = (name: string) => median(costs.get(name) ?? [])
  process.stdout.write(`over a capture of ${datagrams} datagrams, us of processor time each\n`)
  for (const name of Object.keys(readers)) {
    process.stdout.write(`${name.padEnd(30)} ${(cost(name) * 1e6).toFixed(2).padStart(8)}\n`)
  }
  process.stdout.write(
    `sfacctd told ${missing.count} times that data was lost on the way to its plugin\n`,
  )
  for (const name of ['bridge', 'bridge, flows off']) {
    const ratio = cost('sfacctd') / cost(name)
    process.stdout.write(`capture sfacctd / ${name}: ${ratio.toFixed(2)}\n`)
  }
}

/** The child says what it took itself: start-up and the capture's way into memory cancel out. */
function engineSeconds(capture: string, times: number, flows: string): number {
  const words = [
    '-c',
    COLLECTOR_CORE,
    process.execPath,
    OVER_CAPTURE,
    capture,
    String(times),
    flows,
  ]
  return Number(execFileSync('taskset', words, { encoding: 'utf8' }))
}

/** It stays when it is done, so that its processes can be asked; done is when it says so and nothing moves any more. */
async function sfacctdSeconds(capture: string, times: number): Promise<number> {
  const lines = [`pcap_savefile: ${capture}`, 'pcap_savefile_wait: true']
  const more = times > 1 ? [`pcap_savefile_replay: ${times}`] : []
  const collector = await startSfacctd([...lines, ...more])
  await collector.captureRead
  // Its plugin goes on for a while.
  await workedOff(collector.pid)
  const now = cpuSeconds(collector.pid)
  missing.count += await collector.lostInside(0)
  await collector.end()
  return now
}
