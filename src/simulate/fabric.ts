/**
 * The simulated network: spines, leaves, hosts with guests, and an outside world behind a bond on
 * the last leaf. Only names, addresses and wires; what moves over them is in `forwarding.ts`.
 */
import { addressBytes } from '../pcap/address-bytes.ts'
import { type Guest, makeGuests, type Platform } from './guests.ts'
import { newCounters, type PortCounters } from './port-counters.ts'
import type { Random } from './random.ts'
import { Sampler } from './sampler.ts'

export interface FabricSize {
  readonly spines: number
  readonly leaves: number
  readonly hostsPerLeaf: number
  readonly guestsPerHost: number
}

export interface Port {
  readonly device: Device
  readonly ifIndex: number
  readonly name: string
  readonly speed: number
  readonly mac: Uint8Array
  readonly counters: PortCounters
  /** What the counters stood at when the simulation began. */
  readonly countersBase: Readonly<PortCounters>
  readonly sampler: Sampler
  readonly hasOptics: boolean
  /** The port of a bond that this one belongs to. */
  aggregate: Port | undefined
  up: boolean
  /** Of the packets that arrive here, how many are damaged. */
  errorRatio: number
  /** Of the packets that leave here, how many collide and are given up. */
  collisionRatio: number
  /** Bytes that wanted to leave in this step, and the part of them that finds no room. */
  offeredBytes: number
  discardRatio: number
}

export interface Device {
  readonly kind: 'spine' | 'leaf' | 'host'
  readonly name: string
  readonly agent: string
  readonly ports: Port[]
  readonly bornMs: number
}

export interface Host extends Device {
  readonly kind: 'host'
  readonly platform: Platform
  readonly nic: Port
  /** What its containers talk over among themselves; on Docker hosts. */
  readonly bridge: Port | undefined
  readonly leaf: Device
  readonly leafPort: Port
  readonly address: Uint8Array
  readonly address6: Uint8Array
  readonly guests: Guest[]
  /** How short of memory it is, 0 to 1: it swaps, and its programs read too slowly. */
  strain: number
}

export interface Fabric {
  readonly spines: readonly Device[]
  readonly leaves: readonly Device[]
  readonly hosts: readonly Host[]
  /** `uplinks[leaf][spine]`: both ends of each wire. */
  readonly uplinks: readonly (readonly Wire[])[]
  /** The members of the bond to the outside, on the last leaf. */
  readonly outside: readonly Port[]
  readonly bond: Port
  readonly outsideMac: Uint8Array
}

export interface Wire {
  readonly lower: Port
  readonly upper: Port
}

const GIGABIT = 1e9
const HOST_SPEED = 10 * GIGABIT
const UPLINK_SPEED = 40 * GIGABIT
/** swp1 is ifIndex 3: eth0 comes before it. */
const FIRST_SWITCH_IFINDEX = 3
const FIRST_UPLINK = 49
const OUTSIDE_PORTS = [47, 48] as const
const BOND_IFINDEX = 100
const HOST_IFINDEX = 2
const BRIDGE_IFINDEX = 3
const BRIDGE_SPEED = 10 * GIGABIT
/** Little goes over it: Host sFlow, too, samples slow interfaces more often. */
export const BRIDGE_SAMPLES_MORE = 50

interface Maker {
  readonly random: Random
  readonly samplingRate: number
  readonly startMs: number
}

export function makeFabric(size: FabricSize, maker: Maker): Fabric {
  const spines = repeat(size.spines, index => {
    return makeDevice('spine', `spine${index + 1}`, `10.255.0.${index + 1}`, maker)
  })
  const leaves = repeat(size.leaves, index => {
    return makeDevice('leaf', `leaf${index + 1}`, `10.255.1.${index + 1}`, maker)
  })
  const hosts = leaves.flatMap((leaf, leafIndex) => {
    return repeat(size.hostsPerLeaf, index => makeHost(leaf, leafIndex, index, size, maker))
  })
  const uplinks = leaves.map((leaf, leafIndex) => {
    return spines.map((spine, spineIndex) => ({
      lower: addSwitchPort(leaf, FIRST_UPLINK + spineIndex, UPLINK_SPEED, maker),
      upper: addSwitchPort(spine, leafIndex + 1, UPLINK_SPEED, maker),
    }))
  })
  const border = leaves.at(-1) as Device
  const outside = OUTSIDE_PORTS.map(number => addSwitchPort(border, number, HOST_SPEED, maker))
  const bond = addPort(border, BOND_IFINDEX, 'bond0', HOST_SPEED * outside.length, maker)
  for (const port of outside) port.aggregate = bond
  return { spines, leaves, hosts, uplinks, outside, bond, outsideMac: makeMac(maker.random) }
}

function makeDevice(
  kind: 'spine' | 'leaf' | 'host',
  name: string,
  agent: string,
  { random, startMs }: Maker,
): Device {
  const upMs = random.between(5, 50) * 86_400_000
  return { kind, name, agent, ports: [], bornMs: startMs - Math.round(upMs) }
}

function makeHost(
  leaf: Device,
  leafIndex: number,
  index: number,
  size: FabricSize,
  maker: Maker,
): Host {
  const agent = `10.${leafIndex + 1}.0.${index + 1}`
  const name = `server${leafIndex + 1}${String(index + 1).padStart(2, '0')}`
  const device = makeDevice('host', name, agent, maker)
  const nic = addPort(device, HOST_IFINDEX, 'eth0', HOST_SPEED, maker)
  const platform = PLATFORMS[leafIndex % PLATFORMS.length] as Platform
  const host: Host = {
    ...device,
    kind: 'host',
    platform,
    nic,
    bridge:
      platform === 'docker'
        ? addPort(device, BRIDGE_IFINDEX, 'docker0', BRIDGE_SPEED, {
            ...maker,
            samplingRate: Math.ceil(maker.samplingRate / BRIDGE_SAMPLES_MORE),
          })
        : undefined,
    leaf,
    leafPort: addSwitchPort(leaf, index + 1, HOST_SPEED, maker),
    address: addressBytes(agent),
    address6: addressBytes(`2001:db8:${leafIndex + 1}::${index + 1}`),
    guests: [],
    strain: 0,
  }
  // The port was made for the device without the rest of the host: they share the list of ports.
  const guestNetwork = `10.${128 + leafIndex}.${index + 1}`
  const named = { platform, hostName: name, network: guestNetwork, first: leafIndex * 7 + index }
  host.guests.push(...makeGuests(size.guestsPerHost, named, maker.random))
  return host
}

/** By leaf, round and round. */
const PLATFORMS: readonly Platform[] = ['docker', 'kubernetes', 'kvm', 'docker']

function addSwitchPort(device: Device, number: number, speed: number, maker: Maker): Port {
  return addPort(device, FIRST_SWITCH_IFINDEX + number - 1, `swp${number}`, speed, maker)
}

function addPort(
  device: Device,
  ifIndex: number,
  name: string,
  speed: number,
  { random, samplingRate }: Maker,
): Port {
  const own = random.fork(`${device.name} ${name}`)
  const counters = newCounters(own, speed)
  const port: Port = {
    device,
    ifIndex,
    name,
    speed,
    mac: makeMac(own),
    counters,
    countersBase: { ...counters },
    sampler: new Sampler(samplingRate, own),
    hasOptics: speed > HOST_SPEED,
    aggregate: undefined,
    up: true,
    errorRatio: 0,
    collisionRatio: 0,
    offeredBytes: 0,
    discardRatio: 0,
  }
  device.ports.push(port)
  return port
}

/** Locally administered, unicast. */
export function makeMac(random: Random): Uint8Array {
  const mac = random.bytes(6)
  mac[0] = 2
  return mac
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
