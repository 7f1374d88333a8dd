/**
 * The only sampler stands behind the drop: once the rule is in force nobody sees the attack, and its
 * alert ends. The rule stays all the same for as long as packets hit it, and goes when the flood has.
 */
import test from 'ava'
import { MOUSE_PORT, startLoopNet } from '../support/loop-net.ts'
import {
  fastPathConfig,
  flood,
  iperf,
  quiet,
  routerRules,
  startLoop,
} from '../support/loop-parts.ts'
import { until } from '../support/processes.ts'

const HOLD_MS = 4_000

test('a drop that blinds the sampler outlives its alert, and ends after the flood', async t => {
  t.timeout(300_000)
  const net = await startLoopNet(t, { sampler: 'behind', sampling: 100 })
  const config = fastPathConfig()
  for (const agent of config.controller.agents) agent.sampler = 'behind'
  for (const policy of config.controller.policies) policy.hold = `${HOLD_MS}ms`
  const loop = await startLoop(t, net, config)
  await iperf(t, net, { port: MOUSE_PORT, rate: '8M', seconds: 200 })
  await until(async () => (await net.received()).mouse.packets > 100)
  const attacking = await flood(t, net, { packetsPerSecond: 5_000 })
  const committed = await loop.reached('floods', 'committed', attacking.startedMs)
  await quiet(loop)
  const ended = await until(async () => {
    const events = (await loop.ask('http://127.0.0.1:16343/api/v1/events')) as readonly Event[]
    return events.find(({ status }) => status === 'resolved')
  })
  const alertEndedMs = ended.timestamp
  const blocked = await net.received()
  // The flood goes on for three holds without its alert, and for longer than it came through.
  const committedMs = Date.parse(committed.times.committed ?? '') - attacking.startedMs
  await attacking.lasts(Math.max(alertEndedMs - attacking.startedMs + 3 * HOLD_MS, 6 * committedMs))
  t.is((await routerRules(net)).length, 1)
  const { endedMs, sent } = await attacking.end()
  const through = (await net.received()).flood.packets
  t.is(through, blocked.flood.packets, 'not one packet came through since')
  t.true(through < sent / 3, `${through} of ${sent} came through`)
  const removed = await loop.reached('floods', 'removed', 0)
  t.true(Date.parse(removed.times.removed ?? '') > endedMs)
  // What counts is the kernel's table, not what the controller says.
  await until(async () => (await routerRules(net)).length === 0)
  const drops = (await loop.actions()).filter(({ policy }) => policy === 'floods')
  t.is(drops.length, 1, 'one rule, never put twice')
  t.log(`alert ended ${seconds(alertEndedMs - attacking.startedMs)} after the attack began`)
  t.log(`rule removed ${seconds(Date.parse(removed.times.removed ?? '') - endedMs)} after it ended`)
})

interface Event {
  readonly status: string
  readonly timestamp: number
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
