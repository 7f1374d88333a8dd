/**
 * What things cost: the constants of the capacity model. Counts and lengths of lines are facts of the
 * program (`test/capacity/model.test.ts` compares them with a page); times and memory were measured
 * (`node test/benchmark/capacity.ts` compares them with a run on the machine it runs on).
 */

/** sFlow v5 on the wire, bytes. */
export const WIRE = {
  /** Header of a datagram of an IPv4 agent. */
  datagramHeader: 28,
  /** Ethernet with its FCS, IPv4, UDP. */
  frame: 46,
  /** What agents fill a datagram to. */
  datagramMax: 1_400,
  /** A flow sample with 128 bytes of header. */
  flowSample: 192,
  /** A counter sample's header, and the records in it. */
  counterSampleHeader: 20,
  genericInterface: 96,
  ethernetInterface: 60,
  opticsInterface: 40,
  opticsLane: 44,
  host: 620,
  container: 350,
} as const

/** Series on the page; lengths of lines are means, bytes. */
export const SERIES = {
  /** Generic interface counters with their info, and the port's sampling rates and drops. */
  port: 22,
  ethernetPort: 13,
  opticsPort: 3,
  opticsLane: 8,
  agent: 16,
  host: 94,
  container: 25,
  /** Of the process, its threads and tables. */
  bridge: 256,
} as const

export const LINE_BYTES = { port: 90, agent: 77, host: 77, container: 125, flow: 105 } as const

/** gzip level 1 over pages of ours. */
export const GZIP_RATIO = 9

/** CPU time, ns, of one core of the machine in test/benchmark/results.md. */
export const TIME_NS = {
  /** Taking a datagram from the kernel, and its header. */
  datagram: { dgram: 5_000, drain: 2_500 },
  counterSample: 350,
  /** Finding the layers of a packet, and its port. */
  flowSample: 280,
  /** One flow definition, one packet sample. */
  definition: 60,
  /** One series on one page: copied, written, merged, compressed. */
  series: 2_500,
} as const

/** Resident memory, bytes. */
export const MEMORY = {
  /** A bridge that has seen nothing yet, and its young heap at work. */
  base: 110e6,
  worker: 45e6,
  series: 350,
  definition: 1.2e6,
} as const

/** How much of a core an ingest thread may be busy: the rest is for bursts. */
export const WORKER_LOAD_MAX = 0.5
/** Beyond this, another bridge instead of another thread or a longer page. */
export const WORKERS_MAX = 8
export const BRIDGE_SERIES_MAX = 1_000_000
/** What the kernel charges for a datagram of 1,300 bytes that waits; it doubles what is asked. */
export const WAITING_DATAGRAM_BYTES = 2_304
/** How long the program may pause before datagrams are lost. */
export const PAUSE_MS = 150
