/**
 * Things that happen to the network: large transfers, attacks, damage. Each begins, tells what it
 * did to whom (so that a test or a reader knows what a monitor should find), and ends itself.
 */
import { addressBytes } from '../pcap/address-bytes.ts'
import type { Fabric, Host, Port } from './fabric.ts'
import {
  type FrameShape,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_PUSH_ACK,
  TCP_SYN,
} from './frames.ts'
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
  /** Datagrams of an agent are lost on their way, at this rate. */
  loseDatagrams(agent: string, ratio: number): void
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
}

type Effect = Pick<Incident, 'about' | 'agent' | 'ifIndex'> & { readonly end?: () => void }

export function beginIncident(kind: IncidentKind, stage: Stage): Incident {
  const { end = () => undefined, ...told } = BEGINNINGS[kind](stage)
  return { kind, startMs: stage.nowMs, endMs: stage.endMs, ...told, end }
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

/** Answers of open name and time servers to questions that the victim never asked. */
function reflection(stage: Stage): Effect {
  const sourcePort = stage.random.pick([53, 123, 389, 1_900, 11_211])
  return attack(stage, {
    words: `UDP reflection from port ${sourcePort}`,
    // More than the victim's port can carry, less than comes in from outside at most.
    bytesPerSecond: stage.random.between(1.3e9, 1.8e9),
    shape: { protocol: PROTOCOL_UDP, sourcePort, destinationPort: 0, frameBytes: 1_418 },
    vary: (shape, random) => ({
      ...shape,
      source: someAddress(random, 2_000),
      destinationPort: 1_024 + random.integer(60_000),
    }),
  })
}

/** From addresses that do not exist, to the port of a service. */
function synFlood(stage: Stage): Effect {
  return attack(stage, {
    words: 'SYN flood to port 443',
    bytesPerSecond: stage.random.between(30e6, 60e6),
    shape: {
      protocol: PROTOCOL_TCP,
      sourcePort: 0,
      destinationPort: 443,
      tcpFlags: TCP_SYN,
      frameBytes: 64,
    },
    vary: (shape, random) => ({
      ...shape,
      source: someAddress(random, 2 ** 24),
      sourcePort: 1_024 + random.integer(64_000),
    }),
  })
}

function icmpFlood(stage: Stage): Effect {
  return attack(stage, {
    words: 'ICMP echo flood',
    bytesPerSecond: stage.random.between(100e6, 300e6),
    shape: { protocol: PROTOCOL_ICMP, sourcePort: 8, destinationPort: 0, frameBytes: 1_042 },
    vary: (shape, random) => ({ ...shape, source: someAddress(random, 500) }),
  })
}

interface Attack {
  readonly words: string
  readonly bytesPerSecond: number
  readonly shape: Pick<
    FrameShape,
    'protocol' | 'sourcePort' | 'destinationPort' | 'tcpFlags' | 'frameBytes'
  >
  readonly vary: NonNullable<StreamOptions['vary']>
}

function attack(stage: Stage, { words, bytesPerSecond, shape, vary }: Attack): Effect {
  const { fabric, random, nowMs, endMs, startStream } = stage
  const victim = random.pick(fabric.hosts)
  const source = addressBytes('203.0.113.1')
  const macs = { sourceMac: fabric.outsideMac, destinationMac: victim.nic.mac }
  // One stream for each member of the bond, as a switch outside would spread many senders.
  for (const port of fabric.outside) {
    startStream({
      label: 'attack',
      from: { host: undefined, guest: undefined, mac: fabric.outsideMac, address: source },
      to: hostEndpoint(victim),
      shape: { ...shape, ...macs, source, destination: victim.address },
      bytesPerSecond: bytesPerSecond / fabric.outside.length,
      startMs: nowMs,
      endMs,
      vary,
      entry: port,
    })
  }
  return {
    about: `${words} on ${victim.agent}, ${gigabits(bytesPerSecond)}`,
    agent: victim.leaf.agent,
    ifIndex: victim.leafPort.ifIndex,
  }
}

/** Out of 203.0.113.0/24 and what lies behind it: `count` different ones. */
function someAddress(random: Random, count: number): Uint8Array {
  const number = random.integer(count)
  return Uint8Array.of(203, (number >> 16) & 255, (number >> 8) & 255, number & 255)
}

function linkErrors({ fabric, random }: Stage): Effect {
  const { upper } = random.pick(fabric.uplinks.flat())
  upper.errorRatio = 0.002
  const end = () => {
    upper.errorRatio = 0
  }
  return { ...where(upper), about: `1 in 500 packets damaged into ${named(upper)}`, end }
}

function portDown({ fabric, random, reroute }: Stage): Effect {
  const wire = random.pick(fabric.uplinks.flat())
  const turn = (up: boolean) => {
    wire.lower.up = up
    wire.upper.up = up
    reroute()
  }
  turn(false)
  const about = `${named(wire.lower)} - ${named(wire.upper)} down`
  return { ...where(wire.lower), about, end: () => turn(true) }
}

/** Packets for it are discarded where they would leave. */
function hostUnplugged({ fabric, random, reroute }: Stage): Effect {
  const { leafPort, agent } = random.pick(fabric.hosts)
  const turn = (up: boolean) => {
    leafPort.up = up
    reroute()
  }
  turn(false)
  const about = `${named(leafPort)} to ${agent} unplugged`
  return { ...where(leafPort), about, end: () => turn(true) }
}

function datagramLoss({ fabric, random, loseDatagrams }: Stage): Effect {
  const agent = random.pick(fabric.leaves)
  loseDatagrams(agent.agent, 0.3)
  const end = () => loseDatagrams(agent.agent, 0)
  return { agent: agent.agent, ifIndex: 0, about: `3 in 10 datagrams of ${agent.name} lost`, end }
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

function where(port: Port) {
  return { agent: port.device.agent, ifIndex: port.ifIndex }
}

function named(port: Port): string {
  return `${port.device.name} ${port.name}`
}

function gigabits(bytesPerSecond: number): string {
  return `${((bytesPerSecond * 8) / 1e9).toFixed(2)} Gbit/s`
}
