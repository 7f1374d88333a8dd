/** Every bound and age of the engine, with its default. `src/config/limits.ts` documents and sets them. */
export interface TableLimit {
  readonly max: number
  /** The most that one agent may hold. */
  readonly perAgentMax: number
}

export interface EngineLimits {
  /** (agent, sub-agent) pairs. */
  readonly agents: TableLimit
  readonly interfaces: TableLimit
  readonly hosts: TableLimit
  /** Containers, pods, units, virtual machines and JVMs. */
  readonly containers: TableLimit
  /** Everything else that carries `source`: applications, datapaths, VLANs, … */
  readonly sources: TableLimit
  /** The longest label value taken from the wire, in bytes of UTF-8. */
  readonly labelBytesMax: number
  /** Silence ends a source no sooner than this. */
  readonly expiryFloorMs: number
  /** … and after so many of its own observed polling intervals. */
  readonly expiryIntervals: number
  /** A full table lets a new entry displace one that has been idle for so long. */
  readonly idleMs: number
  /** How long the last datagram's time is kept after an agent fell silent, so that silence can alert. */
  readonly agentSilenceMs: number
  /** Until an interval is known, an unnamed row is exposed after so long. */
  readonly unnamedWaitMs: number
  /** Datagrams per second that one agent may send; 0 is no limit. */
  readonly datagramsPerSecondMax: number
  /** Names of rtmetrics in all. */
  readonly rtMetricsMax: number
}

export const DEFAULT_LIMITS: EngineLimits = {
  agents: { max: 4_096, perAgentMax: 64 },
  interfaces: { max: 131_072, perAgentMax: 8_192 },
  hosts: { max: 16_384, perAgentMax: 64 },
  containers: { max: 65_536, perAgentMax: 4_096 },
  sources: { max: 32_768, perAgentMax: 4_096 },
  labelBytesMax: 128,
  expiryFloorMs: 180_000,
  expiryIntervals: 4,
  idleMs: 180_000,
  agentSilenceMs: 86_400_000,
  unnamedWaitMs: 30_000,
  datagramsPerSecondMax: 0,
  rtMetricsMax: 1_000,
}
