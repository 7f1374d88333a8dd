/**
 * Traffic for live benchmarks: a capture of the load on disk, and two senders. `tcpreplay` (Debian)
 * sends up to some 300,000 datagrams a second with each agent's own UDP source, but repeats the
 * capture, so that all agents restart with each round; it needs root and the loopback of a network
 * namespace (`ownNetwork`). The other, `sendLoad`, is this process: up to some 100,000, without end.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { pcapFileHeader, pcapRecord, udpFrame } from '../../src/pcap/writer.ts'
import { Load } from '../../src/simulate/load.ts'
import { type PartName, part } from '../support/parts.ts'

/** The core of the sender; collectors have the other. */
export const SENDER_CORE = '1'
export const COLLECTOR_CORE = '0'

const SEED = 3
const RECORDS_A_WRITE = 1_000
const IN_NAMESPACE = 'SFLOW_BENCHMARK_NETWORK'

/** Ethernet over the loopback goes to the address of zeros, or it is taken as somebody else's. */
function onLoopback(frame: Uint8Array): Uint8Array {
  return frame.fill(0, 0, 12)
}

export interface CaptureOptions {
  readonly port: number
  readonly spoofed: boolean
  readonly agents?: number
}

/** Writes a capture of datagrams to this port of 127.0.0.1, from a source for each agent. */
export function writeCapture(
  path: string,
  datagrams: number,
  { port, ...options }: CaptureOptions,
): void {
  const load = new Load({ seed: SEED, ...options })
  const file = openSync(path, 'w')
  writeSync(file, pcapFileHeader())
  let records: Uint8Array[] = []
  for (let index = 0; index < datagrams; index++) {
    const bytes = load.next(1_000 + Math.floor(index / 100))
    const source = { address: load.agentAddress(index % load.options.agents), port: 6343 }
    const frame = onLoopback(udpFrame(source, { address: '127.0.0.1', port }, bytes))
    records.push(pcapRecord(1_767_600_000_000 + index / 100, frame))
    if (records.length === RECORDS_A_WRITE || index === datagrams - 1) {
      writeSync(file, Buffer.concat(records))
      records = []
    }
  }
  closeSync(file)
}

/**
 * Runs this program again in a network namespace of its own, where captures can be sent over the
 * loopback, and ends with its status. Returns only inside. `parts` are what will be needed there.
 */
export function ownNetwork(parts: readonly PartName[] = []): void {
  if (process.env[IN_NAMESPACE] !== undefined) {
    execFileSync(part('ip'), ['link', 'set', 'lo', 'up'])
    // Packets that did not come through a socket may then be for 127.0.0.1.
    writeFileSync('/proc/sys/net/ipv4/conf/all/route_localnet', '1')
    return
  }
  // Had before there is no network to get them by.
  for (const name of ['ip', 'tcpreplay', ...parts] as const) part(name)
  // With a process namespace as well: whatever was started there ends with it.
  const apart = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc']
  const words = [...apart, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const env = { ...process.env, [IN_NAMESPACE]: '1' }
  const { status } = spawnSync(part('unshare'), words, { stdio: 'inherit', env })
  process.exit(status ?? 1)
}

/** Sends the capture again and again at this rate; resolves with how many datagrams went out. */
export async function sendCapture(path: string, rate: number, datagrams: number): Promise<number> {
  const words = ['-i', 'lo', '--preload-pcap', '--no-flow-stats', `--pps=${rate}`, '--loop=100000']
  const child = spawn(
    'taskset',
    ['-c', SENDER_CORE, part('tcpreplay'), ...words, `--limit=${datagrams}`, path],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const text = await outputOf(child)
  const sent = Number(/Successful packets:\s+(\d+)/.exec(text)?.[1])
  if (!Number.isFinite(sent)) throw new Error(`tcpreplay: ${text}`)
  return sent
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      text += chunk
    })
  }
  await new Promise(resolve => child.on('close', resolve))
  return text
}

export interface LoadSender {
  readonly sent: number
  /** Resolves when the time is over, or rejects with what the socket said. */
  readonly done: Promise<void>
}

/** Sends what the load makes, from one socket, at a steady rate for a time. */
export function sendLoad(load: Load, port: number, rate: number, seconds: number): LoadSender {
  const socket = createSocket('udp4')
  const counts = { sent: 0 }
  const send = async () => {
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
    socket.setSendBufferSize(4 * 1_024 * 1_024)
    const began = performance.now()
    for (let now = 0; now < seconds; now = (performance.now() - began) / 1_000) {
      for (const due = Math.floor(now * rate); counts.sent < due; counts.sent++) {
        // Copies: the load uses its bytes again.
        const bytes = Buffer.from(load.next(Math.floor(performance.now())))
        socket.send(bytes, port, '127.0.0.1')
      }
      await new Promise(resolve => setImmediate(resolve))
    }
    await new Promise<void>(resolve => socket.close(resolve))
  }
  const done = send()
  return {
    get sent() {
      return counts.sent
    },
    done,
  }
}
