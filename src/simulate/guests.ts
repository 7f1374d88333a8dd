/**
 * What runs on the simulated hosts: containers, Kubernetes containers and pods, virtual machines, a
 * JVM. Names, ids and data source indexes are made as Host sFlow makes them.
 */
import { addressBytes } from '../pcap/address-bytes.ts'
import type { Random } from './random.ts'

export type Platform = 'docker' | 'kubernetes' | 'kvm'
export type Role = (typeof ROLES)[number]

export const ROLES = ['web', 'api', 'db', 'cache', 'queue', 'batch'] as const

export const GUEST_RUNNING = 1
export const GUEST_SHUT_OFF = 5

export interface Guest {
  readonly kind: 'container' | 'pod' | 'vm' | 'jvm'
  /** As the record's hostname tells it. */
  readonly name: string
  readonly role: Role
  /** 32 hex digits. */
  readonly uuid: string
  /** Of its data source, class 3. */
  readonly sourceIndex: number
  readonly mac: Uint8Array
  readonly address: Uint8Array
  /** 1 running; another state is reported once, then nothing. */
  state: number
  /** Filled as packets move; those of pods exist, but their agent never fills the record. */
  readonly network: GuestNetwork
  /** Work done since the start, for the counters of CPU and disk. */
  readonly usage: GuestUsage
}

export interface GuestNetwork {
  bytesIn: number
  packetsIn: number
  bytesOut: number
  packetsOut: number
}

export interface GuestUsage {
  cpuMs: number
  memoryBytes: number
  readBytes: number
  writeBytes: number
}

export interface GuestPlace {
  readonly platform: Platform
  readonly hostName: string
  /** The first three parts of the addresses. */
  readonly network: string
  /** Where in the list of roles this host begins. */
  readonly first: number
}

/** Host sFlow: 100000 + hash(uuid) mod 50000. */
const FIRST_INDEX = 100_000
const INDEXES = 50_000
/** A JVM reports under the port that it serves. */
const JVM_PORT = 8_080

export function makeGuests(count: number, place: GuestPlace, random: Random): Guest[] {
  const guests: Guest[] = []
  for (let index = 0; index < count; index++) guests.push(makeGuest(index, place, random))
  if (place.platform === 'kubernetes') guests.push(...guests.map(guest => podOf(guest, random)))
  if (place.platform === 'docker' && count > 0) guests.push(jvmOn(place, random))
  return guests
}

/** The next of a host, with a name that no other has. */
export function makeGuest(index: number, place: GuestPlace, random: Random): Guest {
  const role = ROLES[(place.first + index) % ROLES.length] as Role
  const kind = place.platform === 'kvm' ? 'vm' : 'container'
  const instance = `${place.first * 10 + index}`
  return {
    kind,
    name: NAMES[place.platform](role, instance, random),
    role,
    ...identity(random),
    address: addressBytes(`${place.network}.${10 + (index % 200)}`),
    state: GUEST_RUNNING,
    network: newNetwork(),
    usage: newUsage(random),
  }
}

const NAMES: Readonly<Record<Platform, (role: Role, instance: string, random: Random) => string>> =
  {
    docker: (role, instance) => `${role}-${instance}`,
    kubernetes: (role, _instance, random) => {
      return `k8s_${role}_${role}-${hex(random, 9)}-${hex(random, 5)}_shop_u_a`
    },
    kvm: (role, instance) => `vm-${role}-${instance}`,
  }

/** The sandbox of a Kubernetes container: the same name without the container part. */
function podOf(container: Guest, random: Random): Guest {
  const name = container.name.replace(/^k8s_[^_]+_/, 'k8s__')
  return { ...container, ...identity(random), kind: 'pod', name, usage: newUsage(random) }
}

function jvmOn(place: GuestPlace, random: Random): Guest {
  return {
    ...makeGuest(1, place, random),
    kind: 'jvm',
    name: `tomcat.${place.hostName}`,
    // The JVM agent knows none.
    uuid: '0'.repeat(32),
    sourceIndex: JVM_PORT,
  }
}

function identity(random: Random) {
  const uuid = hex(random, 32)
  const sourceIndex = FIRST_INDEX + (Number.parseInt(uuid.slice(0, 8), 16) % INDEXES)
  const mac = random.bytes(6)
  mac[0] = 2
  return { uuid, sourceIndex, mac }
}

function newNetwork(): GuestNetwork {
  return { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 }
}

function newUsage(random: Random): GuestUsage {
  return {
    cpuMs: random.integer(1e8),
    memoryBytes: Math.floor(random.between(0.1, 0.8) * 2 ** 30),
    readBytes: random.integer(1e9),
    writeBytes: random.integer(1e9),
  }
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.integer(16).toString(16)).join('')
}
