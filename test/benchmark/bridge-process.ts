/**
 * A bridge as a process of its own, on one core if wanted, with the configuration of a benchmark; what
 * its page says; its end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { RECEIVE_BUFFER } from './machine.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sflow-bridge.js', import.meta.url))
const PROBE = new URL('./pause-probe.ts', import.meta.url).href

export interface BridgeOptions {
  readonly driver: 'dgram' | 'drain'
  /** The shipped definitions, none, or these of the shipped ones. */
  readonly flows: 'on' | 'off' | readonly string[]
  readonly workers?: number
  readonly port?: number
  /** A core, or several as `taskset` takes them. */
  readonly core?: string
  /** Further sections of the file. */
  readonly yaml?: string
  /** Watch the main thread from within. */
  readonly probe?: boolean
}

/** The longest in a second: an event waited, and the main thread itself worked. */
export interface Pause {
  readonly pauseMs: number
  readonly workMs: number
}

export interface BridgeProcess {
  readonly pid: number
  readonly port: number
  readonly url: string
  readonly startMs: number
  /** A reading for each second, if asked for. */
  readonly pauses: readonly Pause[]
  page(): Promise<Page>
  end(): Promise<void>
}

export class Page {
  readonly lines: readonly string[]
  readonly bytes: number

  constructor(text: string) {
    this.bytes = text.length
    this.lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  }

  /** Of all series of a family, or of those whose labels hold a text. */
  sum(name: string, labels = ''): number {
    const own = this.lines.filter(
      line => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(labels),
    )
    return own.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
}

/** Definitions that are on by default and not wanted. */
function flowsOff(flows: BridgeOptions['flows']): string {
  const wanted = (name: string) => flows === 'on' || (flows !== 'off' && flows.includes(name))
  const lines = SHIPPED_FLOWS.filter(({ name }) => !wanted(name)).map(
    ({ name }) => `  - { name: ${name}, enabled: false }\n`,
  )
  return lines.length > 0 ? `flows:\n${lines.join('')}` : ''
}

export async function startBridge(options: BridgeOptions): Promise<BridgeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-benchmark-'))
  const file = join(folder, 'bridge.yaml')
  const { driver, flows, workers = 1, port = 0, core, yaml = '', probe = false } = options
  writeFileSync(
    file,
    `listen:\n  receive_buffer: ${RECEIVE_BUFFER}\n  workers: ${workers}\n${flowsOff(flows)}${yaml}`,
  )
  const words = [
    ...(core === undefined ? [] : ['taskset', '-c', core]),
    process.execPath,
    '--max-semi-space-size=2',
    ...(probe ? ['--import', PROBE] : []),
    PROGRAM,
    'serve',
    `--config.file=${file}`,
    `--sflow.listen-address=127.0.0.1:${port}`,
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(folder, 'data')}`,
    `--ingest.driver=${driver}`,
  ]
  const began = performance.now()
  const [program = '', ...rest] = words
  // As the program's first line has it for those who call it by name.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' }
  const child = spawn(program, rest, { env, stdio: ['ignore', 'inherit', 'pipe'] })
  const pauses: Pause[] = []
  const place = await addressesOf(child, pauses)
  return {
    ...place,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    pauses,
    async page() {
      const response = await fetch(`${place.url}/metrics`)
      const text = await response.text()
      if (!response.ok) throw new Error(`/metrics: ${response.status} ${text}`)
      return new Page(text)
    },
    async end() {
      const gone = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function addressesOf(
  child: ChildProcess,
  pauses: Pause[],
): Promise<{ readonly port: number; readonly url: string }> {
  const { stderr } = child
  if (stderr === null) throw new Error('the log of the bridge is not piped')
  return new Promise((resolve, reject) => {
    let port = 0
    let last = ''
    child.on('exit', () => reject(new Error(`the bridge ended: ${last}`)))
    createInterface({ input: stderr }).on('line', line => {
      last = line
      const { msg, listening, url, pauseMs, workMs } = JSON.parse(line) as Record<string, string>
      if (msg === 'pause') pauses.push({ pauseMs: Number(pauseMs), workMs: Number(workMs) })
      if (msg === 'receiving sflow') port = Number(/:(\d+)$/.exec(listening ?? '')?.[1])
      if (msg === 'serving') resolve({ port, url: url ?? '' })
    })
  })
}
