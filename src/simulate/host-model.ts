/**
 * The insides of a simulated host: CPU time that adds up (all modes together are what the cores can
 * give, user time includes what the guests used), memory, disk, graphics processors on some, and
 * MIB-II figures that follow the packets of its network card. Advanced when it is polled, so it costs nothing between.
 */
import type { Host } from './fabric.ts'
import { MACHINE_X86_64, OS_LINUX, OS_RELEASE } from './guest-records.ts'
import {
  HOST_ADAPTERS,
  HOST_CPU,
  HOST_DESCRIPTION,
  HOST_DISK,
  HOST_MEMORY,
  HOST_NETWORK,
  VIRTUAL_NODE,
} from './host-layouts.ts'
import { protocolRecords } from './host-protocols.ts'
import { type RecordData, record } from './layout.ts'
import { hex } from './port-records.ts'
import type { Random } from './random.ts'
import { NVIDIA_GPU } from './service-layouts.ts'

const CORES = 16
const MHZ = 2_600
const MEMORY_BYTES = 64 * 2 ** 30
const DISK_BYTES = 960e9
const SWAP_BYTES = 8 * 2 ** 30
const GPUS = 2
const GPU_MEMORY_BYTES = 24 * 2 ** 30

export class HostModel {
  readonly #host: Host
  readonly #random: Random
  readonly #uuid: string
  #advancedMs: number
  #load = 0
  readonly cpuMs = { user: 0, nice: 0, system: 0, idle: 0, ioWait: 0, interrupt: 0, soft: 0 }
  #bytesRead = 0
  #bytesWritten = 0
  #swappedIn = 0
  #swappedOut = 0
  /** Packets that its programs were too slow for. */
  #lost = 0
  #gpuMs = 0

  constructor(host: Host, startMs: number, random: Random) {
    this.#host = host
    this.#random = random
    this.#uuid = hex(random.bytes(16))
    this.#advancedMs = startMs
  }

  /** Time goes on to `nowMs`; `load` is how busy the network is, 0 to 1. */
  advance(nowMs: number, load: number): void {
    const elapsedMs = nowMs - this.#advancedMs
    this.#advancedMs = nowMs
    this.#load = load
    const random = this.#random
    let guestMs = 0
    for (const { usage } of this.#host.guests) {
      const used = Math.floor(elapsedMs * random.between(0.05, 0.2 + 1.2 * load))
      usage.cpuMs += used
      usage.readBytes += Math.floor((elapsedMs / 1_000) * random.between(0, 2e6))
      usage.writeBytes += Math.floor((elapsedMs / 1_000) * random.between(0, 1e6))
      usage.memoryBytes = Math.floor(usage.memoryBytes * random.between(0.97, 1.03))
      usage.memoryBytes = Math.min(1.9 * 2 ** 30, Math.max(5e7, usage.memoryBytes))
      guestMs += used
    }
    this.#spend(elapsedMs * CORES, guestMs)
    this.#bytesRead += Math.floor((elapsedMs / 1_000) * random.between(1e6, 9e6))
    this.#bytesWritten += Math.floor((elapsedMs / 1_000) * random.between(1e6, 6e6))
    this.#suffer(elapsedMs, this.#host.strain)
    this.#gpuMs += Math.floor(elapsedMs * GPUS * random.between(0.3, 0.4 + 0.5 * load))
  }

  #suffer(elapsedMs: number, strain: number): void {
    const seconds = elapsedMs / 1_000
    this.#swappedIn += Math.floor(seconds * strain * this.#random.between(300, 900))
    this.#swappedOut += Math.floor(seconds * strain * this.#random.between(800, 1_600))
    this.#lost += Math.floor(seconds * strain * this.#random.between(40, 90))
  }

  #spend(totalMs: number, guestMs: number): void {
    const { cpuMs } = this
    const part = (ratio: number) => Math.floor(totalMs * ratio * this.#random.between(0.7, 1.3))
    const spent = {
      user: Math.min(guestMs + part(0.02), Math.floor(totalMs * 0.8)),
      nice: part(0.001),
      system: part(0.02 + 0.03 * this.#load),
      ioWait: part(0.004),
      interrupt: part(0.001),
      soft: part(0.005 + 0.01 * this.#load),
    }
    let left = totalMs
    for (const [mode, ms] of Object.entries(spent) as [keyof typeof spent, number][]) {
      cpuMs[mode] += ms
      left -= ms
    }
    cpuMs.idle += left
  }

  records(nowMs: number): readonly RecordData[] {
    const { nic, guests } = this.#host
    const records = [
      record(HOST_DESCRIPTION, {
        hostname: this.#host.name,
        uuid: this.#uuid,
        machineType: MACHINE_X86_64,
        osName: OS_LINUX,
        osRelease: OS_RELEASE,
      }),
      record(HOST_ADAPTERS, {
        adapters: [{ ifIndex: nic.ifIndex, macs: [{ mac: hex(nic.mac) }] }],
      }),
      this.#cpu(nowMs),
      this.#memory(),
      this.#disk(),
      this.#network(),
      ...protocolRecords({
        received: this.#packets('in'),
        sent: this.#packets('out'),
        lost: this.#lost,
        load: this.#load,
      }),
    ]
    if (this.#host.platform === 'kubernetes') records.push(this.#gpu())
    if (guests.length) {
      records.push(
        record(VIRTUAL_NODE, {
          mhz: MHZ,
          cpus: CORES,
          memory: MEMORY_BYTES,
          memoryFree: MEMORY_BYTES / 2,
          domains: guests.length,
        }),
      )
    }
    return records
  }

  #cpu(nowMs: number): RecordData {
    const { cpuMs } = this
    const busy = CORES * (0.05 + 0.4 * this.#load)
    const interrupts = Math.floor((nowMs - this.#host.bornMs) * 5)
    return record(HOST_CPU, {
      loadOne: busy * this.#random.between(0.97, 1.03),
      loadFive: busy,
      loadFifteen: busy * 0.97,
      processesRunning: 1 + Math.floor(busy),
      processesTotal: 420 + this.#host.guests.length * 11,
      cpus: CORES,
      cpuMhz: MHZ,
      uptimeSeconds: Math.floor((nowMs - this.#host.bornMs) / 1_000),
      userMs: cpuMs.user,
      niceMs: cpuMs.nice,
      systemMs: cpuMs.system,
      idleMs: cpuMs.idle,
      ioWaitMs: cpuMs.ioWait,
      interruptMs: cpuMs.interrupt,
      softInterruptMs: cpuMs.soft,
      interrupts,
      contexts: interrupts * 2,
      stealMs: 0,
      guestMs: 0,
      guestNiceMs: 0,
    })
  }

  #memory(): RecordData {
    const { strain } = this.#host
    const left = 1 - 0.95 * strain
    const free = Math.floor(MEMORY_BYTES * (0.3 - 0.1 * this.#load) * left)
    return record(HOST_MEMORY, {
      total: MEMORY_BYTES,
      free,
      shared: 2e8,
      buffers: 9e8,
      cached: Math.floor(MEMORY_BYTES * 0.35 * left),
      swapTotal: SWAP_BYTES,
      swapFree: Math.floor(SWAP_BYTES * (1 - 0.6 * strain)),
      pageIn: Math.floor(this.#bytesRead / 1_024),
      pageOut: Math.floor(this.#bytesWritten / 1_024),
      swapIn: this.#swappedIn,
      swapOut: this.#swappedOut,
    })
  }

  #disk(): RecordData {
    return record(HOST_DISK, {
      total: DISK_BYTES,
      free: Math.floor(DISK_BYTES * 0.62),
      partitionUsedMax: 4_711,
      reads: Math.floor(this.#bytesRead / 16_384),
      bytesRead: this.#bytesRead,
      readMs: Math.floor(this.#bytesRead / 250_000),
      writes: Math.floor(this.#bytesWritten / 16_384),
      bytesWritten: this.#bytesWritten,
      writeMs: Math.floor(this.#bytesWritten / 150_000),
    })
  }

  /** What the network card counted since the simulation began. */
  #network(): RecordData {
    const { counters, countersBase } = this.#host.nic
    return record(HOST_NETWORK, {
      bytesIn: counters.inOctets - countersBase.inOctets,
      packetsIn: this.#packets('in'),
      errorsIn: counters.inErrors - countersBase.inErrors,
      dropsIn: this.#lost,
      bytesOut: counters.outOctets - countersBase.outOctets,
      packetsOut: this.#packets('out'),
      errorsOut: 0,
      dropsOut: Math.floor(this.#lost / 8),
    })
  }

  #gpu(): RecordData {
    return record(NVIDIA_GPU, {
      devices: GPUS,
      processes: 3,
      busyMs: this.#gpuMs,
      memoryBusyMs: Math.floor(this.#gpuMs / 2),
      memoryTotal: GPUS * GPU_MEMORY_BYTES,
      memoryFree: Math.floor(GPUS * GPU_MEMORY_BYTES * 0.3),
      eccErrors: 0,
      // 250 W while a kernel runs.
      energyMillijoules: this.#gpuMs * 250,
      temperature: 61,
      fanPercent: 45,
    })
  }

  get packetsReceived(): number {
    return this.#packets('in')
  }

  #packets(direction: 'in' | 'out'): number {
    const { counters, countersBase } = this.#host.nic
    return counters[`${direction}Unicast`] - countersBase[`${direction}Unicast`]
  }
}
