/**
 * Gives a source its labels, once: when it is named, or after one polling interval. No label set is
 * ever given twice: a second interface or host under the same labels is shadowed and counted, a
 * second container of one name gets the start of its UUID behind it.
 */
import {
  type KindOverride,
  kindOf,
  MACHINE_TYPES,
  OS_NAMES,
  parseKubernetes,
} from '../state/entity.ts'
import { ROW_HIDDEN, ROW_JVM, ROW_PLAIN, ROW_VM } from '../state/pool.ts'
import type { Source, SourceRow } from '../state/source.ts'
import { labelText } from '../state/text.ts'
import type { Subject } from '../structures/define.ts'
import type { LearnedNames } from './learned-names.ts'
import type { EngineLimits } from './limits.ts'

/** Names that the operator knows better than the agent. */
export interface Names {
  interfaceName(agent: string, ifIndex: number): string | undefined
  interfaceAlias(agent: string, ifIndex: number): string | undefined
  hostName(agent: string, hostname: string): string | undefined
  /** Is this agent asked for names by another protocol? */
  isAsked(agent: string): boolean
  readonly kinds: readonly KindOverride[]
}

export const NO_NAMES: Names = {
  interfaceName: () => undefined,
  interfaceAlias: () => undefined,
  hostName: () => undefined,
  isAsked: () => false,
  kinds: [],
}

const VIRTUAL_NETWORK_TAG = 2104
const UUID_SHOWN = 12

export class Naming {
  shadowed = 0
  unnamed = 0
  renamed = 0
  #names: Names
  #limits: EngineLimits
  readonly #learned: LearnedNames
  /** Label set → the source that holds it; bounded by the tables that bound the sources. */
  readonly #claims = new Map<string, Source>()
  /** (agent, sub-agent, class, index) of a parent → its source. */
  readonly #find: (source: Source, sourceClass: number, index: number) => Source | undefined

  constructor(
    limits: EngineLimits,
    names: Names,
    learned: LearnedNames,
    find: (source: Source, sourceClass: number, index: number) => Source | undefined,
  ) {
    this.#limits = limits
    this.#names = names
    this.#learned = learned
    this.#find = find
  }

  configure(limits: EngineLimits, names: Names): void {
    this.#limits = limits
    this.#names = names
  }

  /** Exposes the source if its names are known, or if it has waited long enough for them. */
  settle(source: Source, nowMs: number): void {
    if (source.exposed || source.shadowed) return
    if (this.isAsked(source)) this.#learned.wanted.add(source.agent.address)
    const patient = nowMs - source.firstSeenMs < this.#waitMsOf(source)
    source.kind = kindOf(source, this.#names.kinds)
    const labels = this.#labelsOf(source, patient)
    if (labels === undefined) return
    if (!this.#claim(source, labels)) return
    source.exposed = true
    this.#writeInfo(source)
    for (const row of source.rows) this.exposeRow(source, row)
  }

  /** One polling interval; the whole wait until that is known, or while others are asked for the name. */
  #waitMsOf(source: Source): number {
    const { unnamedWaitMs } = this.#limits
    const awaited = this.isAsked(source) && !this.#learned.knows(source.agent.address)
    return awaited ? unnamedWaitMs : source.intervalMs || unnamedWaitMs
  }

  /** Is it an interface whose agent is asked for names by another protocol? */
  isAsked({ sourceClass, agent }: Source): boolean {
    return sourceClass === 0 && this.#names.isAsked(agent.address)
  }

  /** A row that came after its source was exposed gets the same labels. */
  exposeRow(source: Source, { pool, row, elementLabel }: SourceRow): void {
    if (!source.exposed || pool.status[row] !== ROW_HIDDEN) return
    const { subject, format, enterprise } = pool.structure
    const podNetwork = enterprise === 0 && format === VIRTUAL_NETWORK_TAG && isKubernetes(source)
    // Agents never fill the network I/O of pods and Kubernetes containers: facts of Host sFlow.
    if (podNetwork) return
    const labels = fits(subject, source) ? source.labels : sourceLabels(source)
    pool.labels[row] = elementLabel === '' ? labels : `${labels},${elementLabel}`
    pool.status[row] =
      subject !== 'virtual'
        ? ROW_PLAIN
        : source.kind === 'vm'
          ? ROW_VM
          : source.kind === 'jvm'
            ? ROW_JVM
            : ROW_PLAIN
  }

  /** The interface that is exposed under this address and index. */
  interfaceOf(agent: string, ifIndex: number): Source | undefined {
    return this.#claims.get(`if ${agent} ${ifIndex}`)
  }

  release(source: Source): void {
    for (const claim of source.claims) {
      if (this.#claims.get(claim) === source) this.#claims.delete(claim)
    }
    source.claims = []
  }

  /** Called when a descriptive record says something new. Labels are frozen; info follows. */
  refresh(source: Source): void {
    if (source.exposed) this.#writeInfo(source)
  }

  #labelsOf(source: Source, patient: boolean): Record<string, string> | undefined {
    const agent = source.agent.address
    if (source.kind === 'interface') {
      const own = this.#interfaceName(source)
      if (own === undefined && patient) return undefined
      if (own === undefined) this.unnamed += 1
      source.name = own ?? ''
      return { agent, ifindex: String(source.sourceIndex), ifname: own ?? '' }
    }
    if (source.kind === 'host') {
      const sent = source.texts.hostname
      if (sent === undefined && patient) return undefined
      const host = this.#names.hostName(agent, sent ?? '') ?? (sent || agent)
      source.hostName = host
      source.name = host
      return { agent, host }
    }
    if (source.kind === 'source' || source.kind === 'application' || source.kind === 'jvm') {
      // Whether a source without a description is a host is known one interval later.
      if (
        source.kind === 'source' &&
        source.sourceClass !== 0 &&
        patient &&
        source.rows.length === 0
      ) {
        return undefined
      }
      source.name = source.texts.application ?? source.texts.hostname ?? ''
      return { agent, source: source.sourceLabel }
    }
    return this.#virtualLabels(source, patient)
  }

  /** The operator's word, then the agent's own, then what it answered elsewhere. */
  #interfaceName({ agent, sourceIndex, texts }: Source): string | undefined {
    return (
      this.#names.interfaceName(agent.address, sourceIndex) ??
      (texts.ifName || this.#learned.interface(agent.address, sourceIndex)?.name)
    )
  }

  #virtualLabels(source: Source, patient: boolean): Record<string, string> | undefined {
    const agent = source.agent.address
    const { hostname, parentClass = 2, parentIndex = 1 } = source.texts
    const parent = this.#find(source, parentClass, parentIndex)
    if ((hostname === undefined || parent?.hostName === undefined) && patient) return undefined
    const host = parent?.hostName ?? agent
    const name = hostname || source.sourceLabel
    if (source.kind === 'vm') {
      source.name = name
      return { agent, host, vm: name }
    }
    const kubernetes = parseKubernetes(name)
    if (kubernetes === undefined) {
      source.name = name
      return { agent, host, container: name, kind: source.kind }
    }
    const { container, namespace, pod } = kubernetes
    source.name = source.kind === 'pod' ? pod : container || pod
    const shown = source.kind === 'pod' ? '' : container || pod
    return { agent, host, container: shown, kind: source.kind, namespace, pod }
  }

  #claim(source: Source, labels: Record<string, string>): boolean {
    const first = this.#claimText(source, labels)
    if (first) return true
    const name = source.kind === 'vm' ? 'vm' : 'container'
    const uuid = source.texts.uuid?.slice(0, UUID_SHOWN)
    if (labels[name] !== undefined && uuid !== undefined) {
      const again = { ...labels, [name]: `${labels[name]}.${uuid}` }
      if (this.#claimText(source, again)) {
        source.name = again[name] as string
        return true
      }
    }
    this.shadowed += 1
    source.shadowed = true
    return false
  }

  #claimText(source: Source, labels: Record<string, string>): boolean {
    const text = labelText(labels)
    // An interface is one whatever its name; anything else is what all its labels say.
    const key =
      source.kind === 'interface'
        ? `if ${labels.agent} ${labels.ifindex}`
        : `${source.kind} ${text}`
    const plain = `source ${sourceLabels(source)}`
    if (this.#claims.has(key) || (key !== plain && this.#claims.has(plain))) return false
    this.#claims.set(key, source)
    this.#claims.set(plain, source)
    source.claims = [key, plain]
    source.labels = text
    return true
  }

  #writeInfo(source: Source): void {
    const { texts } = source
    if (source.kind === 'interface') {
      const { address } = source.agent
      const alias =
        this.#names.interfaceAlias(address, source.sourceIndex) ??
        this.#learned.interface(address, source.sourceIndex)?.alias ??
        ''
      source.alias = alias
      const iftype = texts.ifType === undefined ? '' : String(texts.ifType)
      source.info = `${source.labels},${labelText({ ifalias: alias, iftype })}`
      return
    }
    const described = {
      uuid: texts.uuid,
      os: texts.osName === undefined ? undefined : (OS_NAMES[texts.osName] ?? String(texts.osName)),
      release: texts.osRelease,
      machine:
        texts.machineType === undefined
          ? undefined
          : (MACHINE_TYPES[texts.machineType] ?? String(texts.machineType)),
    }
    if (source.kind === 'host') source.info = join(source.labels, labelText(described))
    else if (source.kind === 'jvm') {
      const { jvmName, jvmVendor, jvmVersion } = texts
      const jvm = {
        jvm: texts.hostname ?? '',
        name: jvmName,
        vendor: jvmVendor,
        version: jvmVersion,
      }
      source.info = join(source.labels, labelText(jvm))
    } else if (source.kind === 'application') {
      source.info = join(source.labels, labelText({ application: texts.application ?? '' }))
    } else if (source.kind !== 'source') {
      source.info = join(source.labels, labelText({ ...described, name: texts.hostname ?? '' }))
    }
  }
}

function join(labels: string, more: string): string {
  return more === '' ? labels : `${labels},${more}`
}

function isKubernetes(source: Source): boolean {
  return source.texts.hostname?.startsWith('k8s_') === true
}

function sourceLabels(source: Source): string {
  return labelText({ agent: source.agent.address, source: source.sourceLabel })
}

/** Do the source's own labels fit the structure's subject? Else its plain `source` label does. */
function fits(subject: Subject, source: Source): boolean {
  if (subject === 'interface') return source.kind === 'interface'
  if (subject === 'host') return source.kind === 'host'
  if (subject === 'virtual') return source.kind !== 'interface' && source.kind !== 'host'
  return false
}
