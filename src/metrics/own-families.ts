/** Families of the bridge's main thread: sockets, kernel drops, reloads, storage. */
import type { FamilyHeader } from '../engine/families.ts'
import type { SmallFamily, SmallLine } from '../engine/render.ts'
import type { BoundSocket } from '../ingest/messages.ts'
import { labelText } from '../state/text.ts'

export interface OwnState {
  readonly sockets: readonly BoundSocket[]
  /** Undefined where the kernel does not say. */
  readonly kernelDrops: number | undefined
  readonly durable: boolean
  /** Entries of the API that are kept and not in force. */
  readonly entriesSkipped: number
  readonly workers: number
  readonly reloadSuccessful: boolean
  readonly reloadMs: number
}

interface OwnFamily extends FamilyHeader {
  readonly lines: (state: OwnState) => SmallLine[]
}

const one = (value: number): SmallLine[] => [{ labels: '', value }]

const bySocket = (state: OwnState, value: (socket: BoundSocket) => number): SmallLine[] => {
  const lines = new Map<string, number>()
  for (const socket of state.sockets) {
    const labels = labelText({ address: socket.address, port: String(socket.port) })
    lines.set(labels, (lines.get(labels) ?? 0) + value(socket))
  }
  return Array.from(lines, ([labels, value]) => ({ labels, value }))
}

export const OWN_FAMILIES: readonly OwnFamily[] = [
  {
    name: 'sflow_bridge_kernel_drops_total',
    type: 'counter',
    help: 'Datagrams that the kernel dropped because our receive buffer was full.',
    lines: ({ kernelDrops }) => (kernelDrops === undefined ? [] : one(kernelDrops)),
  },
  {
    name: 'sflow_bridge_receive_buffer_asked_bytes',
    type: 'gauge',
    help: 'Receive buffer that was asked of the kernel, over all workers.',
    lines: state => bySocket(state, socket => socket.receiveBufferAsked),
  },
  {
    name: 'sflow_bridge_receive_buffer_bytes',
    type: 'gauge',
    help: 'Receive buffer that the kernel granted, over all workers.',
    lines: state => bySocket(state, socket => socket.receiveBufferGranted),
  },
  {
    name: 'sflow_bridge_workers',
    type: 'gauge',
    help: 'Ingest workers.',
    lines: ({ workers }) => one(workers),
  },
  {
    name: 'sflow_bridge_storage_writable',
    type: 'gauge',
    help: 'Whether wrapped counters are written to disk (1), or kept in memory only (0).',
    lines: ({ durable }) => one(durable ? 1 : 0),
  },
  {
    name: 'sflow_bridge_api_entries_skipped',
    type: 'gauge',
    help: 'Definitions, thresholds, groups and maps of the API that are kept, and not in force since they do not fit the configuration.',
    lines: ({ entriesSkipped }) => one(entriesSkipped),
  },
  {
    name: 'sflow_bridge_config_last_reload_successful',
    type: 'gauge',
    help: 'Whether the last reload of the configuration was put into force.',
    lines: ({ reloadSuccessful }) => one(reloadSuccessful ? 1 : 0),
  },
  {
    name: 'sflow_bridge_config_last_reload_timestamp_seconds',
    type: 'gauge',
    help: 'When the configuration was last put into force.',
    lines: ({ reloadMs }) => one(reloadMs / 1_000),
  },
]

export function ownFamilies(state: OwnState): SmallFamily[] {
  return OWN_FAMILIES.map(({ lines, ...header }) => ({ ...header, lines: lines(state) }))
}
