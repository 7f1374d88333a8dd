/**
 * The machine that a benchmark runs on: what it is, in a line; its cap on receive buffers, raised for
 * the run and put back; CPU time of processes with their children; drops of a UDP port.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

const RECEIVE_CAP = '/proc/sys/net/core/rmem_max'

export const RECEIVE_BUFFER = 33_554_432

/** `2026-11-23, 2 cores of …, 25 GB, Linux 6.18, Node 24.21.0`. */
export function machineLine(): string {
  const gigabytes = Math.round(totalmem() / 1e9)
  const day = new Date().toISOString().slice(0, 10)
  const { length } = cpus()
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  return `${day}, ${length} cores of ${model}, ${gigabytes} GB, Linux ${release()}, Node ${process.versions.node}`
}

/** How many processes want a core: a benchmark on a busy machine says so. */
export function loadAverage(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ')[0] ?? ''
}

/** Raises the kernel's cap where we may; it is put back when this process ends. */
export function raiseReceiveCap(bytes = RECEIVE_BUFFER): void {
  const before = readFileSync(RECEIVE_CAP, 'utf8').trim()
  if (Number(before) >= bytes) return
  try {
    writeFileSync(RECEIVE_CAP, String(bytes))
    process.on('exit', () => writeFileSync(RECEIVE_CAP, before))
    // An end by a signal is an exit, too.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  } catch {
    process.stdout.write(`the receive buffer is capped at ${before} bytes: not root\n`)
  }
}

/** Seconds on a processor so far, of all threads of a process and of its children: proc(5), stat. */
export function cpuSeconds(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + ownCpuSeconds(one), 0)
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** In nanoseconds where the kernel tells them (schedstat, threads that are), else in ticks. */
function ownCpuSeconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map(thread =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
    )
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9
  } catch {
    const stat = statFields(pid)
    return (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / TICKS_PER_SECOND
  }
}

/** Fields of /proc/PID/stat from the third on: state, parent, … Empty when it is gone. */
function statFields(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const own = all.map(Number).filter(one => statFields(one)[1] === String(pid))
  return own.flatMap(one => [one, ...childrenOf(one)])
}

const STILL_MS = 300
/** What an idle program may take in that time. */
const STILL_CPU_SECONDS = 0.03
const STILL_POLLS_MAX = 60

/** Resolves when nothing waits in the sockets of a port and its process has worked off what it had. */
export async function workedOff(pid: number, port?: number): Promise<void> {
  let before = cpuSeconds(pid)
  for (let poll = 0; poll < STILL_POLLS_MAX; poll++) {
    await new Promise(resolve => setTimeout(resolve, STILL_MS))
    const now = cpuSeconds(pid)
    const waiting =
      port === undefined ? 0 : udpLines(port).reduce((sum, { queued }) => sum + queued, 0)
    if (waiting === 0 && now - before < STILL_CPU_SECONDS) return
    before = now
  }
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
}

/** Datagrams that found no room in the sockets of a port: /proc/net/udp of this network namespace. */
export function kernelDrops(port: number): number {
  return udpLines(port).reduce((sum, { drops }) => sum + drops, 0)
}

/** The sockets of a port, and what waits in them, bytes. */
function udpLines(port: number): { readonly queued: number; readonly drops: number }[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync('/proc/self/net/udp', 'latin1').split('\n')
  const fields = lines.map(line => line.trim().split(/\s+/))
  const own = fields.filter(field => field[1]?.endsWith(`:${hex}`))
  return own.map(field => {
    const queued = Number.parseInt(field[4]?.split(':')[1] ?? '0', 16)
    return { queued, drops: Number(field.at(-1)) }
  })
}
