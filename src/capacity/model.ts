/**
 * What a network of a given size asks of the bridge: datagrams, series, memory, processor time, how
 * many threads and bridges. Pure arithmetic over `costs.ts`; means, not peaks, and for flow series
 * the most that can be.
 */
import {
  BRIDGE_SERIES_MAX,
  GZIP_RATIO,
  LINE_BYTES,
  MEMORY,
  PAUSE_MS,
  SERIES,
  TIME_NS,
  WAITING_DATAGRAM_BYTES,
  WIRE,
  WORKER_LOAD_MAX,
  WORKERS_MAX,
} from './costs.ts'

export interface CapacityInput {
  readonly agents: number
  /** Of each agent. */
  readonly ports: number
  /** Of each port, bits a second. */
  readonly speed: number
  /** Mean use of a port, in the direction that is sampled. */
  readonly utilization: number
  readonly frameBytes: number
  /** 1 in so many frames; 0: none. */
  readonly sampling: number
  readonly pollingSeconds: number
  /** Ports send Ethernet counters as well. */
  readonly ethernet: boolean
  /** Lanes of the optics of each port; 0: optics are not sent. */
  readonly opticsLanes: number
  /** Hosts that send host counters, each an agent of its own. */
  readonly hosts: number
  /** Of each host. */
  readonly containers: number
  readonly flows: readonly FlowCost[]
  readonly driver: 'dgram' | 'drain'
  readonly scrapeSeconds: number
}

/** What of a flow definition costs something. */
export interface FlowCost {
  readonly n: number
  readonly max: number
  /** New series an hour at most. */
  readonly budget: number
  readonly by: 'interface' | 'agent' | 'all'
  /** Has it series at all? */
  readonly series: boolean
  /** Families of a flow. */
  readonly families: number
}

export interface Capacity {
  readonly flowSamplesPerSecond: number
  readonly counterSamplesPerSecond: number
  readonly datagramsPerSecond: number
  readonly bitsPerSecond: number
  readonly agents: number
  readonly interfaces: number
  readonly containers: number
  readonly counterSeries: number
  readonly flowSeriesMax: number
  readonly series: number
  readonly pageBytes: number
  readonly pageGzipBytes: number
  readonly readingsPerSecond: number
  readonly ingestCores: number
  readonly scrapeCores: number
  /** Of all bridges together. */
  readonly memoryBytes: number
  /** Ingest threads of each bridge. */
  readonly workers: number
  readonly bridges: number
  /** Of each socket: `listen.receive_buffer`. */
  readonly receiveBufferBytes: number
}

/** A flow lingers for so long after it left the top; see `limits.flow_linger`. */
const LINGER_HOURS = 1 / 6
/** Agents send a datagram that is not full after this. */
const FLUSH_SECONDS = 1
const MIB = 2 ** 20

export function capacity(input: CapacityInput): Capacity {
  const traffic = trafficOf(input)
  const ingestCores = ingestCoresOf(input, traffic)
  const wantedWorkers = Math.max(1, Math.ceil(ingestCores / WORKER_LOAD_MAX))
  const bridges = Math.max(
    Math.ceil(wantedWorkers / WORKERS_MAX),
    Math.ceil(seriesOf(input, 1).series / BRIDGE_SERIES_MAX),
  )
  const size = seriesOf(input, bridges)
  const workers = Math.ceil(wantedWorkers / bridges)
  const waiting = (traffic.datagramsPerSecond / bridges / workers) * (PAUSE_MS / 1_000)
  const buffer = (waiting * WAITING_DATAGRAM_BYTES) / 2
  return {
    ...traffic,
    ...size,
    ingestCores,
    scrapeCores: (size.series * TIME_NS.series) / 1e9 / input.scrapeSeconds,
    pageGzipBytes: size.pageBytes / GZIP_RATIO,
    readingsPerSecond: size.series / input.scrapeSeconds,
    memoryBytes:
      size.series * MEMORY.series +
      bridges * (MEMORY.base + workers * (MEMORY.worker + input.flows.length * MEMORY.definition)),
    workers,
    bridges,
    receiveBufferBytes: Math.max(8, 2 ** Math.ceil(Math.log2(buffer / MIB))) * MIB,
  }
}

/** Samples a second of one agent of a kind, their mean length, and how many agents there are. */
interface Sender {
  readonly count: number
  readonly samplesPerSecond: number
  readonly sampleBytes: number
}

function trafficOf(input: CapacityInput) {
  const { agents, ports, hosts, containers, pollingSeconds, sampling } = input
  const framesPerSecond = (ports * input.speed * input.utilization) / 8 / input.frameBytes
  const flowSamples = sampling > 0 ? framesPerSecond / sampling : 0
  const portSamples = ports / pollingSeconds
  const hostSamples = (1 + containers) / pollingSeconds
  const portBytes =
    WIRE.counterSampleHeader +
    WIRE.genericInterface +
    (input.ethernet ? WIRE.ethernetInterface : 0) +
    (input.opticsLanes > 0 ? WIRE.opticsInterface + input.opticsLanes * WIRE.opticsLane : 0)
  const senders: Sender[] = [
    {
      count: agents,
      samplesPerSecond: flowSamples + portSamples,
      sampleBytes: mean([flowSamples, WIRE.flowSample], [portSamples, portBytes]),
    },
    {
      count: hosts,
      samplesPerSecond: hostSamples,
      sampleBytes: mean([1, WIRE.host], [containers, WIRE.container]),
    },
  ]
  const datagramsPerSecond = sum(senders, one => one.count * datagramsOf(one))
  const sampleBytes = sum(senders, one => one.count * one.samplesPerSecond * one.sampleBytes)
  const headerBytes = WIRE.datagramHeader + WIRE.frame
  return {
    flowSamplesPerSecond: agents * flowSamples,
    counterSamplesPerSecond: agents * portSamples + hosts * hostSamples,
    datagramsPerSecond,
    bitsPerSecond: 8 * (sampleBytes + datagramsPerSecond * headerBytes),
  }
}

/**
 * A datagram begins with its first sample and goes when it is full, or after a second: whichever is
 * first. So many agents that send little send a datagram for each sample.
 */
function datagramsOf({ samplesPerSecond, sampleBytes }: Sender): number {
  const room = WIRE.datagramMax - WIRE.datagramHeader
  const perDatagram = Math.max(1, Math.floor(room / sampleBytes))
  return samplesPerSecond / (1 + Math.min(samplesPerSecond * FLUSH_SECONDS, perDatagram - 1))
}

/** Agents are spread over the bridges; each bridge has its own largest flows. */
function seriesOf({ flows, ...input }: CapacityInput, bridges: number) {
  const { agents, hosts } = input
  const interfaces = agents * input.ports
  const containers = hosts * input.containers
  const perPort =
    SERIES.port +
    (input.ethernet ? SERIES.ethernetPort : 0) +
    (input.opticsLanes > 0 ? SERIES.opticsPort + input.opticsLanes * SERIES.opticsLane : 0)
  const counted = {
    port: interfaces * perPort,
    agent: (agents + hosts) * SERIES.agent + bridges * SERIES.bridge,
    host: hosts * SERIES.host,
    container: containers * SERIES.container,
  }
  const counterSeries = counted.port + counted.agent + counted.host + counted.container
  const units = { interface: interfaces / bridges, agent: agents / bridges, all: 1 }
  const flowSeries = sum(flows, ({ by, n, max, budget, series, families }) => {
    if (!series || input.sampling === 0) return 0
    const live = Math.min(max, n * units[by] + budget * LINGER_HOURS)
    // What is in no flow: bytes, frames and further values, of each agent or as a whole.
    return live * families + (families - 3) * (by === 'all' ? 1 : units.agent)
  })
  const flowSeriesMax = Math.ceil(flowSeries * bridges)
  const pageBytes =
    counted.port * LINE_BYTES.port +
    counted.agent * LINE_BYTES.agent +
    counted.host * LINE_BYTES.host +
    counted.container * LINE_BYTES.container +
    flowSeriesMax * LINE_BYTES.flow
  const series = counterSeries + flowSeriesMax
  return {
    agents: agents + hosts,
    interfaces,
    containers,
    counterSeries,
    flowSeriesMax,
    series,
    pageBytes,
  }
}

function ingestCoresOf(
  { driver, flows }: CapacityInput,
  traffic: ReturnType<typeof trafficOf>,
): number {
  const ns =
    traffic.datagramsPerSecond * TIME_NS.datagram[driver] +
    traffic.counterSamplesPerSecond * TIME_NS.counterSample +
    traffic.flowSamplesPerSecond * (TIME_NS.flowSample + flows.length * TIME_NS.definition)
  return ns / 1e9
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

/** Of values with weights. */
function mean(...pairs: readonly (readonly [weight: number, value: number])[]): number {
  const weights = sum(pairs, ([weight]) => weight)
  return weights === 0 ? WIRE.flowSample : sum(pairs, ([weight, value]) => weight * value) / weights
}
