/**
 * Things that happen to the network: large transfers, attacks, damage. Each begins, tells what it
 * did to whom (so that a test or a reader knows what a monitor should find), and ends itself.
 */
import { fragments, gigabits, icmpFlood, reflection, synFlood } from './attack-incidents.ts'
import type { Fabric, Host } from './fabric.ts'
import {
  agentSilent,
  datagramLoss,
  duplexMismatch,
  filteredScan,
  hostUnplugged,
  linkErrors,
  memoryPressure,
  oddAgent,
  portDown,
  roughPath,
  sameAddress,
} from './faults.ts'
import { type FrameShape, PROTOCOL_TCP, TCP_PUSH_ACK } from './frames.ts'
import { GUEST_RUNNING, GUEST_SHUT_OFF, makeGuest } from './guests.ts'
import type { Random } from './random.ts'
import type { IncidentKind } from './scenarios.ts'
import type { StreamOptions } from './stream.ts'
import { answerOf, hostEndpoint } from './traffic.ts'

/** What an incident may do to the simulation. */
export interface Stage {
  readonly fabric: Fabric
  readonly random: Random
  readonly nowMs: number
  readonly endMs: number
  startStream(options: StreamOptions): void
  /** Ports went up or down: every stream looks for its way again. */
  reroute(): void
  /** What happens to datagrams of an agent on their way; absent: nothing. */
  mistreatDatagrams(agent: string, how: Mistreatment | undefined): void
  /** Sends a datagram that is not of the fabric. */
  emit(agent: string, bytes: Uint8Array): void
}

/** Shares of the datagrams. */
export interface Mistreatment {
  readonly lost: number
  readonly twice: number
  /** Behind the next one of the agent. */
  readonly late: number
}

export interface Incident {
  readonly kind: IncidentKind
  readonly startMs: number
  readonly endMs: number
  /** In words, such as `10.1.0.1 -> 10.3.0.2, 1.2 Gbit/s`. */
  readonly about: string
  /** The agent and port where it shows best. */
  readonly agent: string
  readonly ifIndex: number
  readonly end: () => void
  /** Called twice a second while it lasts. */
  readonly tick: (nowMs: number) => void
}

export type Effect = Pick<Incident, 'about' | 'agent' | 'ifIndex'> &
  Partial<Pick<Incident, 'end' | 'tick'>>

export function beginIncident(kind: IncidentKind, stage: Stage): Incident {
  const nothing = () => undefined
  const { end = nothing, tick = nothing, ...told } = BEGINNINGS[kind](stage)
  return { kind, startMs: stage.nowMs, endMs: stage.endMs, ...told, end, tick }
}

const BEGINNINGS: Readonly<Record<IncidentKind, (stage: Stage) => Effect>> = {
  elephant,
  reflection,
  syn_flood: synFlood,
  icmp_flood: icmpFlood,
  link_errors: linkErrors,
  port_down: portDown,
  host_unplugged: hostUnplugged,
  datagram_loss: datagramLoss,
  fragments,
  duplex_mismatch: duplexMismatch,
  filtered_scan: filteredScan,
  memory_pressure: memoryPressure,
  rough_path: roughPath,
  agent_silent: agentSilent,
  same_address: sameAddress,
  odd_agent: oddAgent,
  container_churn: containerChurn,
}

/** 0.8 to 2.4 Gbit/s between two hosts. */
function elephant({ fabric, random, nowMs, endMs, startStream }: Stage): Effect {
  const [from, to] = twoHosts(fabric, random)
  const bytesPerSecond = random.between(100e6, 300e6)
  const shape: FrameShape = {
    sourceMac: from.nic.mac,
    destinationMac: to.nic.mac,
    source: from.address,
    destination: to.address,
    protocol: PROTOCOL_TCP,
    sourcePort: 32_768 + random.integer(28_000),
    destinationPort: 5_201,
    tcpFlags: TCP_PUSH_ACK,
    frameBytes: 1_518,
  }
  const times = { startMs: nowMs, endMs, label: 'elephant' }
  const one = hostEndpoint(from)
  const other = hostEndpoint(to)
  startStream({ ...times, from: one, to: other, shape, bytesPerSecond })
  const back = answerOf(shape, false)
  const backRate = (bytesPerSecond / shape.frameBytes / 2) * back.frameBytes
  startStream({ ...times, from: other, to: one, shape: back, bytesPerSecond: backRate })
  const about = `${from.agent} -> ${to.agent} port 5201, ${gigabits(bytesPerSecond)}`
  return { about, agent: from.leaf.agent, ifIndex: from.leafPort.ifIndex }
}

/** One container stops, for good; another takes its place. */
function containerChurn({ fabric, random }: Stage): Effect {
  const able = fabric.hosts.filter(host => host.platform === 'docker' && host.guests.length > 0)
  const host = able.length ? random.pick(able) : undefined
  const leaving = host?.guests.find(one => one.kind === 'container' && one.state === GUEST_RUNNING)
  if (host === undefined || leaving === undefined)
    return { agent: '', ifIndex: 0, about: 'nothing' }
  leaving.state = GUEST_SHUT_OFF
  const first = random.integer(1_000)
  const network = host.guests[0]?.address.subarray(0, 3).join('.') as string
  const place = { platform: host.platform, hostName: host.name, network, first }
  const taken = new Set(host.guests.map(guest => guest.sourceIndex))
  const arriving = makeGuest(random.integer(180), place, random)
  if (!taken.has(arriving.sourceIndex)) host.guests.push(arriving)
  const about = `${leaving.name} stopped on ${host.name}, ${arriving.name} started`
  return { agent: host.agent, ifIndex: 0, about }
}

function twoHosts(fabric: Fabric, random: Random): readonly [Host, Host] {
  const from = random.pick(fabric.hosts)
  const others = fabric.hosts.filter(host => host.leaf !== from.leaf)
  return [from, random.pick(others.length ? others : fabric.hosts)]
}
