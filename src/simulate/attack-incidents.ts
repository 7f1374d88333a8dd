/** Attacks from outside on one host: who sends what to whom, and how much. */
import { addressBytes } from '../pcap/address-bytes.ts'
import { type FrameShape, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP, TCP_SYN } from './frames.ts'
import type { Effect, Stage } from './incidents.ts'
import type { Random } from './random.ts'
import type { StreamOptions } from './stream.ts'
import { hostEndpoint } from './traffic.ts'

/** Answers of open name and time servers to questions that the victim never asked. */
export function reflection(stage: Stage): Effect {
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

/** Answers of name and time servers that are too long for one frame: first pieces of packets. */
export function fragments(stage: Stage): Effect {
  return attack(stage, {
    words: 'fragments of DNS and NTP answers',
    bytesPerSecond: stage.random.between(160e6, 240e6),
    shape: { protocol: PROTOCOL_UDP, sourcePort: 123, destinationPort: 0, frameBytes: 1_514 },
    vary: (shape, random) => ({
      ...shape,
      source: someAddress(random, 800),
      sourcePort: random.fraction() < 0.5 ? 53 : 123,
      destinationPort: 1_024 + random.integer(60_000),
      fragment: true,
    }),
  })
}

/** From addresses that do not exist, to the port of a service. */
export function synFlood(stage: Stage): Effect {
  return attack(stage, {
    words: 'SYN flood to port 443',
    bytesPerSecond: stage.random.between(8e6, 16e6),
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

export function icmpFlood(stage: Stage): Effect {
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

export function gigabits(bytesPerSecond: number): string {
  return `${((bytesPerSecond * 8) / 1e9).toFixed(2)} Gbit/s`
}
