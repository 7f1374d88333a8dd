/**
 * Reloads while datagrams arrive: 100 of them, or 1,000 with LONG=1 in the environment. Every other
 * file is a bad one. Good ones are seen to act at once, bad ones to be told and to change nothing.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { type Bridge, startBridge, temporaryFolder, until } from '../support/processes.ts'
import type { PacedSenderData } from './paced-sender.ts'

const LONG = process.env.LONG === '1'
const RELOADS = LONG ? 1_000 : 100
/**
 * A machine that is busy with other things drops datagrams by itself. What a reload would lose it
 * would lose at any rate, so a slower second run is as good a witness; the exact sum holds in both.
 */
const RATES = LONG ? [20_000] : [20_000, 2_000]
const AGENTS = 16

test(`${RELOADS} reloads while datagrams arrive lose and reset nothing`, async t => {
  t.timeout(600_000)
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
  writeFileSync(file, '')
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const sender = new Worker(new URL('./paced-sender.ts', import.meta.url), {
    workerData: { port: bridge.sflowPort, agents: AGENTS, perSecond } satisfies PacedSenderData,
  })
  t.teardown(() => sender.terminate())
  const first = await until(async () => {
    const page = await read(bridge)
    return page.octets.size === AGENTS && page
  })
  const before = await reloadAll(t, bridge, file, first)
  const sent = await stopped(sender)
  const last = await until(async () => {
    const page = await read(bridge)
    return page.received + page.drops >= sent && page
  })
  const { received, drops } = last
  t.log(`${perSecond}/s: ${sent} sent, ${received} received, ${drops} dropped by the kernel`)
  t.is(received + drops, sent)
  t.deepEqual(last.octets, before.octets)
  await bridge.end()
  return drops
}

async function reloadAll(
  t: ExecutionContext,
  bridge: Bridge,
  file: string,
  first: Page,
): Promise<Page> {
  const names = [...first.octets.keys()].sort()
  let before = first
  for (let i = 0; i < RELOADS; i++) {
    const good = i % 2 === 0
    const limit = 1_000 + i
    writeFileSync(file, `limits: {hosts: ${limit}${good ? '' : ', bad: 1'}}\n`)
    const answer = await fetch(`${bridge.url}/-/reload`, { method: 'POST' })
    const said = await answer.text()
    const page = await read(bridge)
    const expected = good ? [200, 1, limit] : [500, 0, before.hostsLimit]
    t.deepEqual([answer.status, page.successful, page.hostsLimit], expected, said)
    if (!good) t.regex(said, /limits\.bad: unknown key/)
    t.true(page.received >= before.received)
    t.deepEqual([...page.octets.keys()].sort(), names)
    before = page
  }
  return before
}

interface Page {
  readonly hostsLimit: number
  readonly successful: number
  readonly received: number
  readonly drops: number
  /** Interface series and their values. */
  readonly octets: ReadonlyMap<string, number>
}

async function read(bridge: Bridge): Promise<Page> {
  const page = await bridge.page()
  const value = (series: string) => {
    const line = page.split('\n').find(text => text.startsWith(`${series} `))
    return Number(line?.slice(series.length + 1) ?? Number.NaN)
  }
  const octets = page.matchAll(/^(sflow_interface_receive_bytes_total\{.*\}) (\S+)$/gm)
  return {
    hostsLimit: value('sflow_bridge_series_limit{table="hosts"}'),
    successful: value('sflow_bridge_config_last_reload_successful'),
    received: value('sflow_bridge_datagrams_received_total'),
    drops: value('sflow_bridge_kernel_drops_total'),
    octets: new Map(Array.from(octets, ([, series = '', number]) => [series, Number(number)])),
  }
}

/** Ends the sender; how many it has sent. */
async function stopped(sender: Worker): Promise<number> {
  const answer = once(sender, 'message')
  sender.postMessage('stop')
  return Number((await answer)[0])
}
