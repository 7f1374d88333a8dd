/** Damage: cables, ports, hosts and agents that do not do what they should. */

import { addressBytes } from '../pcap/address-bytes.ts'
import { AgentSession } from './agent-session.ts'
import type { Port } from './fabric.ts'
import { PROTOCOL_TCP, TCP_SYN } from './frames.ts'
import type { Effect, Stage } from './incidents.ts'
import { rawRecord } from './layout.ts'
import { portRecords } from './port-records.ts'
import { hostEndpoint, outsider } from './traffic.ts'

export function linkErrors({ fabric, random }: Stage): Effect {
  const { upper } = random.pick(fabric.uplinks.flat())
  upper.errorRatio = 0.002
  const end = () => {
    upper.errorRatio = 0
  }
  return { ...where(upper), about: `1 in 500 packets damaged into ${named(upper)}`, end }
}

export function portDown({ fabric, random, reroute }: Stage): Effect {
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
export function hostUnplugged({ fabric, random, reroute }: Stage): Effect {
  const { leafPort, agent } = random.pick(fabric.hosts)
  const turn = (up: boolean) => {
    leafPort.up = up
    reroute()
  }
  turn(false)
  const about = `${named(leafPort)} to ${agent} unplugged`
  return { ...where(leafPort), about, end: () => turn(true) }
}

export function datagramLoss({ fabric, random, mistreatDatagrams }: Stage): Effect {
  const agent = random.pick(fabric.leaves)
  mistreatDatagrams(agent.agent, { lost: 0.3, twice: 0, late: 0 })
  const end = () => mistreatDatagrams(agent.agent, undefined)
  return { agent: agent.agent, ifIndex: 0, about: `3 in 10 datagrams of ${agent.name} lost`, end }
}

/** A switch believes in half duplex: what both send at a time collides, and the host gets pieces. */
export function duplexMismatch({ fabric, random }: Stage): Effect {
  const { leafPort, nic } = random.pick(fabric.hosts)
  const turn = (ratio: number) => {
    leafPort.collisionRatio = ratio
    nic.errorRatio = ratio
  }
  turn(0.001)
  const end = () => turn(0)
  return { ...where(leafPort), about: `collisions at ${named(leafPort)}`, end }
}

/** Somebody outside looks for open ports; the border switch has a rule against it. */
export function filteredScan({ fabric, random, nowMs, endMs, startStream }: Stage): Effect {
  const victim = random.pick(fabric.hosts)
  const entry = random.pick(fabric.outside)
  const from = outsider(fabric, random)
  startStream({
    label: 'scan',
    from,
    to: hostEndpoint(victim),
    shape: {
      sourceMac: fabric.outsideMac,
      destinationMac: victim.nic.mac,
      source: from.address,
      destination: victim.address,
      protocol: PROTOCOL_TCP,
      sourcePort: 54_321,
      destinationPort: 23,
      tcpFlags: TCP_SYN,
      frameBytes: 64,
    },
    bytesPerSecond: random.between(1e6, 2e6),
    startMs: nowMs,
    endMs,
    vary: (shape, own) => ({ ...shape, destinationPort: 1 + own.integer(10_000) }),
    entry,
    filtered: true,
  })
  return { ...where(entry), about: `scan of ${victim.agent}, filtered at ${named(entry)}` }
}

/** A host runs out of memory: it swaps, and its programs are late. */
export function memoryPressure({ fabric, random }: Stage): Effect {
  const host = random.pick(fabric.hosts)
  host.strain = random.between(0.7, 1)
  const end = () => {
    host.strain = 0
  }
  return { agent: host.agent, ifIndex: 0, about: `${host.name} is short of memory`, end }
}

/** Datagrams of a spine are lost, come twice or late on their way. */
export function roughPath({ fabric, random, mistreatDatagrams }: Stage): Effect {
  const { agent, name } = random.pick(fabric.spines)
  mistreatDatagrams(agent, { lost: 0.1, twice: 0.1, late: 0.1 })
  const end = () => mistreatDatagrams(agent, undefined)
  return { agent, ifIndex: 0, about: `datagrams of ${name} come lost, twice or late`, end }
}

/** An agent says nothing any more. */
export function agentSilent({ fabric, random, mistreatDatagrams }: Stage): Effect {
  const { agent, name } = random.pick(fabric.hosts)
  mistreatDatagrams(agent, { lost: 1, twice: 0, late: 0 })
  const end = () => mistreatDatagrams(agent, undefined)
  return { agent, ifIndex: 0, about: `the agent of ${name} is silent`, end }
}

/** A second device was given the address of the first: its datagrams come in between. */
export function sameAddress({ fabric, random, emit }: Stage): Effect {
  const { agent, name, bornMs, ports } = random.pick(fabric.leaves)
  const port = ports[0] as Port
  const session = new AgentSession(agent, 0, bornMs + 3_600_000, emit)
  let sequence = 0
  const tick = (nowMs: number) => {
    sequence += 1
    const source = { sourceClass: 0, sourceIndex: port.ifIndex }
    session.add({ kind: 'counters', sequence, ...source, records: portRecords(port, nowMs) }, nowMs)
    session.flush(nowMs)
  }
  return { agent, ifIndex: 0, about: `another device with the address of ${name}`, tick }
}

const ODD_AGENT = '10.255.9.9'
/** Enterprise 9999, format 1: nobody's. */
const TAG_UNKNOWN = 9_999 * 4_096 + 1
const TAG_GENERIC_INTERFACE = 1

/** An agent that sends what nobody knows, records that are too short, and an old version. */
export function oddAgent({ nowMs: bornMs, emit }: Stage): Effect {
  const session = new AgentSession(ODD_AGENT, 0, bornMs, emit)
  let sequence = 0
  const tick = (nowMs: number) => {
    sequence += 1
    const records = [
      rawRecord(TAG_UNKNOWN, new Uint8Array(8)),
      rawRecord(TAG_GENERIC_INTERFACE, new Uint8Array(12)),
    ]
    session.add({ kind: 'counters', sequence, sourceClass: 0, sourceIndex: 1, records }, nowMs)
    session.flush(nowMs)
    emit(ODD_AGENT, VERSION_FOUR)
  }
  return { agent: ODD_AGENT, ifIndex: 0, about: `${ODD_AGENT} sends what nobody knows`, tick }
}

const VERSION_FOUR = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 1, ...addressBytes(ODD_AGENT))

function where(port: Port) {
  return { agent: port.device.agent, ifIndex: port.ifIndex }
}

function named(port: Port): string {
  return `${port.device.name} ${port.name}`
}
