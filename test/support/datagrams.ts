/** Short ways to datagrams for tests: a switch with one port, a host with containers. */
import { GENERIC_INTERFACE, PORT_NAME } from '../../src/simulate/counter-layouts.ts'
import { encodeDatagram, type SampleData } from '../../src/simulate/encode.ts'
import { HOST_DESCRIPTION, HOST_PARENT, VIRTUAL_CPU } from '../../src/simulate/host-layouts.ts'
import { type RecordData, record } from '../../src/simulate/layout.ts'

const QUIET = {
  ifIndex: 1,
  ifType: 6,
  ifSpeed: 1_000_000_000,
  ifDirection: 1,
  ifStatus: 3,
  ifInOctets: 0,
  ifInUcastPkts: 0,
  ifInMulticastPkts: 0,
  ifInBroadcastPkts: 0,
  ifInDiscards: 0,
  ifInErrors: 0,
  ifInUnknownProtos: 0,
  ifOutOctets: 0,
  ifOutUcastPkts: 0,
  ifOutMulticastPkts: 0,
  ifOutBroadcastPkts: 0,
  ifOutDiscards: 0,
  ifOutErrors: 0,
  ifPromiscuousMode: 0,
}

export function interfaceRecord(values: Partial<typeof QUIET> = {}): RecordData {
  return record(GENERIC_INTERFACE, { ...QUIET, ...values })
}

export function portName(name: string): RecordData {
  return record(PORT_NAME, { name })
}

export interface Sent {
  readonly agent?: string
  readonly subAgent?: number
  readonly sequence: number
  readonly uptimeMs: number
}

/** A datagram with one counter sample of one port. */
export function portDatagram(
  sent: Sent,
  values: Partial<typeof QUIET> & { readonly sampleSequence?: number; readonly name?: string } = {},
): Uint8Array {
  const { sampleSequence = sent.sequence, name = 'swp1', ...own } = values
  const ifIndex = own.ifIndex ?? 1
  return encodeDatagram({
    agent: '10.0.0.1',
    ...sent,
    samples: [
      {
        kind: 'counters',
        sequence: sampleSequence,
        sourceClass: 0,
        sourceIndex: ifIndex,
        records: [...(name === '' ? [] : [portName(name)]), interfaceRecord({ ...own, ifIndex })],
      },
    ],
  })
}

export function hostSample(
  sequence: number,
  hostname: string,
  more: readonly RecordData[] = [],
): SampleData {
  const description = record(HOST_DESCRIPTION, {
    hostname,
    uuid: '00000000-0000-0000-0000-000000000001',
    machineType: 3,
    osName: 2,
    osRelease: '6.1.0',
  })
  return {
    kind: 'counters',
    sequence,
    sourceClass: 2,
    sourceIndex: 1,
    records: [description, ...more],
  }
}

export interface GuestValues {
  readonly index: number
  readonly hostname: string
  readonly uuid: string
  readonly state?: number
  readonly cpuTimeMs?: number
  readonly machineType?: number
  readonly osName?: number
}

/** A container (or VM, if machine and system are 0) of the host 2:1. */
export function guestSample(
  sequence: number,
  guest: GuestValues,
  more: readonly RecordData[] = [],
): SampleData {
  const { index, hostname, uuid, state = 1, cpuTimeMs = 0, machineType = 3, osName = 2 } = guest
  return {
    kind: 'counters',
    sequence,
    sourceClass: 3,
    sourceIndex: index,
    records: [
      record(HOST_DESCRIPTION, { hostname, uuid, machineType, osName, osRelease: '' }),
      record(HOST_PARENT, { sourceClass: 2, sourceIndex: 1 }),
      record(VIRTUAL_CPU, { state, cpuTimeMs, cpus: 1 }),
      ...more,
    ],
  }
}
