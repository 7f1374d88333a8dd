/**
 * The collectors that are compared: our bridge in three forms, sfacctd of pmacct with its memory
 * plugin, sfcapd of nfdump. Each on one core, on a given port, with the same receive buffer.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { part } from '../support/parts.ts'
import { type BridgeOptions, startBridge } from './bridge-process.ts'
import { RECEIVE_BUFFER } from './machine.ts'
import { COLLECTOR_CORE } from './traffic.ts'

export interface Collector {
  readonly pid: number
  /**
   * What it lost beyond the kernel's drops, of so many datagrams that it was given: datagrams for the
   * bridge; for sfacctd how often it told of missing data between its processes. sfcapd tells nothing.
   */
  lostInside(given: number): Promise<number>
  end(): Promise<void>
}

export type Start = (port: number) => Promise<Collector>

const ours =
  (options: Pick<BridgeOptions, 'driver' | 'flows'>): Start =>
  async port => {
    const bridge = await startBridge({ ...options, port, core: COLLECTOR_CORE })
    return {
      pid: bridge.pid,
      lostInside: async given => {
        const page = await bridge.page()
        return given - page.sum('sflow_bridge_datagrams_received_total')
      },
      end: () => bridge.end(),
    }
  }

export const COLLECTORS: Readonly<Record<string, Start>> = {
  'bridge drain, flows off': ours({ driver: 'drain', flows: 'off' }),
  'bridge drain': ours({ driver: 'drain', flows: 'on' }),
  'bridge dgram': ours({ driver: 'dgram', flows: 'on' }),
  sfacctd: port => startSfacctd([`sfacctd_ip: 127.0.0.1`, `sfacctd_port: ${port}`]),
  sfcapd: startSfcapd,
}

/** The memory plugin, aggregating by the five-tuple, with pipes so wide that it loses nothing. */
export async function startSfacctd(
  input: readonly string[],
): Promise<Collector & { readonly captureRead: Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-sfacctd-'))
  const table = join(folder, 'table')
  const file = join(folder, 'sfacctd.conf')
  const lines = [
    'daemonize: false',
    `sfacctd_pipe_size: ${RECEIVE_BUFFER}`,
    'plugins: memory',
    'aggregate: src_host, dst_host, src_port, dst_port, proto',
    `imt_path: ${table}`,
    'imt_buckets: 65537',
    'imt_mem_pools_number: 1024',
    'imt_mem_pools_size: 1048576',
    'plugin_pipe_size: 268435456',
    'plugin_buffer_size: 262144',
    ...input,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child = onOneCore(part('sfacctd'), ['-f', file])
  let warnings = 0
  const captureRead = new Promise<void>(resolve => {
    child.stderr?.on('data', chunk => {
      warnings += String(chunk).split('Missing data detected').length - 1
      if (String(chunk).includes('finished reading PCAP')) resolve()
    })
  })
  await until(() => exists(table))
  return {
    pid: child.pid ?? 0,
    captureRead,
    lostInside: async () => warnings,
    end: () => ended(child, folder),
  }
}

async function startSfcapd(port: number): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-sfcapd-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const words = ['-b', '127.0.0.1', '-p', String(port), '-w', data, '-t', '3600']
  const child = onOneCore(part('sfcapd'), [...words, '-B', String(RECEIVE_BUFFER)])
  await until(() => readdirSync(data).length > 0)
  return { pid: child.pid ?? 0, lostInside: async () => 0, end: () => ended(child, folder) }
}

function onOneCore(program: string, words: readonly string[]): ChildProcess {
  const child = spawn('taskset', ['-c', COLLECTOR_CORE, program, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // Whatever it says is taken, or it would wait for us.
  child.stderr.resume()
  return child
}

async function ended(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGINT')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

const START_MS_MAX = 20_000

async function until(reached: () => boolean): Promise<void> {
  const began = performance.now()
  while (!reached()) {
    if (performance.now() - began > START_MS_MAX) throw new Error('a collector does not start')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
