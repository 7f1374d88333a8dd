/** Section `listen`: where sFlow comes in, and from whom. */
import { z } from 'zod'
import { cidr, count, listenAddress } from './kinds.ts'

/** Of ingest threads. */
export const WORKERS_MAX = 64

export const listenSchema = z.strictObject({
  sflow: z
    .array(listenAddress)
    .min(1)
    .max(16)
    .default([':6343'])
    .describe('UDP addresses, `[ADDR]:port`. The flag --sflow.listen-address beats it.'),
  receive_buffer: count({
    default: 8_388_608,
    min: 65_536,
    max: 1_073_741_824,
    unit: 'bytes',
    what: 'Receive buffer asked of the kernel for each socket.',
    reason:
      'some thousand datagrams wait while the program pauses; net.core.rmem_max caps it, which is logged.',
  }),
  workers: count({
    default: 1,
    max: WORKERS_MAX,
    unit: 'threads',
    what: 'Ingest threads, which share the port. The flag --ingest.workers beats it.',
    reason: 'one thread does for most networks, and needs no forwarding between threads.',
  }),
  allowed_agents: z
    .array(cidr)
    .max(10_000)
    .default([])
    .describe(
      'Agent addresses that are listened to; an empty list means all. Datagrams of others are refused and counted. sFlow carries no proof of who sent it, so filter by packet filter too.',
    ),
})
