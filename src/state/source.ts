/** One data source of an agent: its rows, its own sequences, and whose numbers they are. */
import type { Agent } from './agent.ts'
import type { BoundedTable } from './bounded.ts'
import type { Pool } from './pool.ts'

export interface SourceRow {
  readonly pool: Pool
  readonly row: number
  /** The element of a repeated group, else -1. */
  readonly element: number
  /** Label text of the element: `lane="1"`. */
  readonly elementLabel: string
}

/** What the descriptive records told. */
export interface SourceTexts {
  ifName?: string
  hostname?: string
  uuid?: string
  machineType?: number
  osName?: number
  osRelease?: string
  parentClass?: number
  parentIndex?: number
  ifType?: number
  application?: string
  jvmName?: string
  jvmVendor?: string
  jvmVersion?: string
}

export type EntityKind =
  | 'interface'
  | 'host'
  | 'container'
  | 'pod'
  | 'unit'
  | 'vm'
  | 'jvm'
  | 'application'
  | 'source'

/** Whatever each sample touches stands first, side by side: fewer lines of memory to wait for. */
export class Source {
  readonly agent: Agent
  readonly sourceClass: number
  readonly sourceIndex: number
  dirty = false
  flowSequence = -1
  samplingRate = 0
  lastPool = -1
  lastDrops = -1
  poolTotal = 0
  poolSamples = 0
  flowSamples = 0
  dropsTotal = 0
  lastSeenMs: number
  counterSequence = -1
  epoch: number
  /** Agent's uptime at the last counter sample, and the observed time between two, in ms. */
  counterUptimeMs = 0
  intervalMs = 0
  /** The one of its rows that holds if_counters, or -1. */
  interfaceRow = -1
  exposed = false
  shadowed = false
  /** It was neither when its first counters came. */
  isUnsettled = false
  readonly id: number
  table: BoundedTable<Source> | undefined
  readonly firstSeenMs: number
  /** Speed in bit/s, 0 where unknown. */
  speed = 0
  readonly rows: SourceRow[] = []
  readonly texts: SourceTexts = {}
  /** Tags of the structures that it has sent. */
  readonly seen = new Set<number>()
  kind: EntityKind = 'source'
  /** Label text of its value series once exposed. */
  labels = ''
  info = ''
  /** The names that other rows refer to: host label, container label. */
  hostName: string | undefined
  name = ''
  /** The description that people gave an interface. */
  alias = ''
  claims: string[] = []

  constructor(id: number, agent: Agent, sourceClass: number, sourceIndex: number, nowMs: number) {
    this.id = id
    this.agent = agent
    this.sourceClass = sourceClass
    this.sourceIndex = sourceIndex
    this.firstSeenMs = nowMs
    this.lastSeenMs = nowMs
    this.epoch = agent.epoch
  }

  find(pool: Pool, element: number): SourceRow | undefined {
    for (const row of this.rows) if (row.pool === pool && row.element === element) return row
    return undefined
  }

  /** `CLASS:INDEX`, as sFlow tools print it. */
  get sourceLabel(): string {
    return `${this.sourceClass}:${this.sourceIndex}`
  }
}
