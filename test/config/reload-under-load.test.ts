/**
 * Reloads while datagrams arrive: 100 of them, or 1,000 with LONG=1 in the environment. Every other
 * file is a bad one. Good ones change a limit and a flow definition in turn and are seen to act; bad
 * ones, wrong in either, are told and change nothing. Loss is counted by the kernel and by sequence.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, startBridge, temporaryFolder, until } from '../support/processes.ts'
import { raiseReceiveCap } from '../support/receive-cap.ts'
import type { PacedSenderData } from './paced-sender.ts'

const LONG = process.env.LONG === '1'
const RELOADS = LONG ? 1_000 : 100
/**
 * A machine that is busy with other things drops datagrams by itself. What a reload would lose it
 * would lose at any rate, so a slower second run is as good a witness; the exact sum holds in both.
 */
const RATES = LONG ? [20_000] : [20_000, 2_000]
const AGENTS = 16
/** Holds what arrives while a busy machine runs something else: some seconds at 20,000 a second. */
const RECEIVE_BUFFER = 33_554_432

test(`${RELOADS} reloads while datagrams arrive lose and reset nothing`, async t => {
  t.timeout(LONG ? 1_800_000 : 600_000)
  raiseReceiveCap(t, RECEIVE_BUFFER)
  let drops = Number.POSITIVE_INFINITY
  for (const perSecond of RATES) {
    drops = await reloadsAt(t, perSecond)
    if (drops === 0) break
  }
  t.is(drops, 0)
})

/** One run. The datagrams that the kernel dropped; all else that is wrong fails the test. */
async function reloadsAt(t: ExecutionContext, perSecond: number): Promise<number> {
  const file = join(temporaryFolder(t), 'bridge.yaml')
  const startMs = performance.now()
  writeFileSync(file, fileText({ limit: 1_000, probe: 0 }))
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const sender = new Worker(new URL('./paced-sender.ts', import.meta.url), {
    workerData: { port: bridge.sflowPort, agents: AGENTS, perSecond } satisfies PacedSenderData,
  })
  t.teardown(() => sender.terminate())
  const first = await until(async () => {
    const page = await read(bridge)
    return page.octets.size === AGENTS && page.steady > 0 && page
  })
  const before = await reloadAll(t, bridge, file, first)
  const sent = await stopped(sender)
  const last = await until(async () => {
    const page = await read(bridge)
    return page.received + page.drops >= sent && page
  })
  const seconds = Math.round((performance.now() - startMs) / 1_000)
  const { received, drops, lost } = last
  t.log(
    `${seconds} s at ${perSecond}/s: ${sent} sent, ${received} received, ${drops} dropped by the kernel, ${lost} missing in sequence`,
  )
  t.is(received + drops, sent)
  t.is(lost, drops)
  t.is(last.restarts, 0)
  t.deepEqual(last.octets, before.octets)
  await bridge.end()
  return drops
}

interface Wanted {
  /** `limits.hosts`. */
  readonly limit: number
  /** The number in the name of a flow definition that each reload of definitions replaces. */
  readonly probe: number
}

const STEADY = '  - {name: steady, keys: [ipsource], value: bytes}\n'

function fileText(
  { limit, probe }: Wanted,
  fault: 'limit' | 'definition' | 'none' = 'none',
): string {
  const bad = fault === 'limit' ? ', bad: 1' : ''
  const filter = fault === 'definition' ? 'ipprotocol=' : 'ipprotocol=17'
  return `listen: {receive_buffer: ${RECEIVE_BUFFER}}
limits: {flow_hold: 0s, hosts: ${limit}${bad}}
flows:
${STEADY}  - {name: probe${probe}, keys: [ipdestination], value: bytes, filter: "${filter}"}
`
}

/** Four steps in turn: a good limit, a bad limit, a good definition, a bad definition. */
async function reloadAll(
  t: ExecutionContext,
  bridge: Bridge,
  file: string,
  first: Page,
): Promise<Page> {
  const names = [...first.octets.keys()].sort()
  let before = first
  let inForce: Wanted = { limit: 1_000, probe: 0 }
  for (let i = 1; i <= RELOADS; i++) {
    const good = i % 2 === 1
    const ofLimit = i % 4 === 1 || i % 4 === 2
    const wanted = ofLimit ? { ...inForce, limit: 1_000 + i } : { ...inForce, probe: i }
    writeFileSync(file, fileText(wanted, good ? 'none' : ofLimit ? 'limit' : 'definition'))
    const answer = await fetch(`${bridge.url}/-/reload`, { method: 'POST' })
    const said = await answer.text()
    if (good) inForce = wanted
    const page = await pageWith(bridge, inForce)
    const expected = good ? [200, 1, inForce.limit] : [500, 0, inForce.limit]
    t.deepEqual([answer.status, page.successful, page.hostsLimit], expected, said)
    if (!good) t.regex(said, ofLimit ? /limits\.bad: unknown key/ : /flows\[1\]\.filter: /)
    // The definition in force counts traffic, and no other of its kind is left.
    t.deepEqual([...page.probes.keys()], [inForce.probe])
    t.true((page.probes.get(inForce.probe) ?? 0) > 0)
    t.true(page.steady >= before.steady && page.received >= before.received)
    t.deepEqual([...page.octets.keys()].sort(), names)
    before = page
  }
  return before
}

/** The first page on which the definition in force has counted something. */
function pageWith(bridge: Bridge, { probe }: Wanted): Promise<Page> {
  return until(async () => {
    const page = await read(bridge)
    return (page.probes.get(probe) ?? 0) > 0 && page
  }, 20)
}

interface Page {
  readonly hostsLimit: number
  readonly successful: number
  readonly received: number
  readonly drops: number
  readonly lost: number
  readonly restarts: number
  /** Bytes of the definition that no reload changes: flows and other. */
  readonly steady: number
  /** Bytes by the number of the definition that reloads replace. */
  readonly probes: ReadonlyMap<number, number>
  /** Interface series and their values. */
  readonly octets: ReadonlyMap<string, number>
}

async function read(bridge: Bridge): Promise<Page> {
  const page = await bridge.page()
  const value = (series: string) => {
    const line = page.split('\n').find(text => text.startsWith(`${series} `))
    return Number(line?.slice(series.length + 1) ?? Number.NaN)
  }
  const sum = (pattern: RegExp) =>
    Array.from(page.matchAll(pattern), match => Number(match[1])).reduce((a, b) => a + b, 0)
  const octets = page.matchAll(/^(sflow_interface_receive_bytes_total\{.*\}) (\S+)$/gm)
  const probes = new Map<number, number>()
  const traffic = /^sflow_flow_probe(\d+)_(?:other_)?bytes_total(?:\{.*\})? (\S+)$/gm
  for (const [, number, bytes] of page.matchAll(traffic)) {
    probes.set(Number(number), (probes.get(Number(number)) ?? 0) + Number(bytes))
  }
  return {
    hostsLimit: value('sflow_bridge_series_limit{table="hosts"}'),
    successful: value('sflow_bridge_config_last_reload_successful'),
    received: value('sflow_bridge_datagrams_received_total'),
    drops: value('sflow_bridge_kernel_drops_total'),
    lost: sum(/^sflow_agent_datagrams_lost_total\{.*\} (\S+)$/gm),
    restarts: sum(/^sflow_agent_restarts_total\{.*\} (\S+)$/gm),
    steady: sum(/^sflow_flow_steady_(?:other_)?bytes_total(?:\{.*\})? (\S+)$/gm),
    probes,
    octets: new Map(Array.from(octets, ([, series = '', number]) => [series, Number(number)])),
  }
}

/** Ends the sender; how many it has sent. */
async function stopped(sender: Worker): Promise<number> {
  const answer = once(sender, 'message')
  sender.postMessage('stop')
  return Number((await answer)[0])
}
