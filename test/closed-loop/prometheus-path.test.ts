/**
 * The closed loop through Prometheus and Alertmanager, both real and as shipped, with a scrape and an
 * evaluation each second: the rule UdpReflection asks for the drop, and its end takes the drop back. The
 * bridge itself tells nobody. One attack; with ACCEPTANCE=1, 20, and with the shipped `keep_firing_for`.
 * Alertmanager remembers a group for up to half a minute after its alert: an attack that returns sooner
 * waits for the route's `group_interval` of 1 s.
 */
import test from 'ava'
import { MOUSE_PORT, startLoopNet, VICTIM } from '../support/loop-net.ts'
import {
  flood,
  iperf,
  loopConfig,
  quiet,
  routerRules,
  startAlertmanager,
  startLoop,
  startLoopPrometheus,
} from '../support/loop-parts.ts'
import { until } from '../support/processes.ts'
import { percentileText } from './times.ts'

const ACCEPTANCE = process.env.ACCEPTANCE === '1'
const ATTACKS = ACCEPTANCE ? 20 : 1

test('an alert of Prometheus has a flood dropped, and its end takes the rule back', async t => {
  t.timeout(120_000 + ATTACKS * 120_000)
  const net = await startLoopNet(t, { sampler: 'before', sampling: 100 })
  const config = loopConfig()
  delete config.notify
  for (const policy of config.controller.policies) {
    Object.assign(policy, { hold: '4s', flap_window: '0s' })
  }
  await startAlertmanager(t, net)
  const loop = await startLoop(t, net, config)
  const keepFiring = ACCEPTANCE ? '30s' : '3s'
  await startLoopPrometheus(t, net, { reflectionBytesPerSecond: 1_250_000, keepFiring })
  await iperf(t, net, { port: MOUSE_PORT, rate: '8M', seconds: 120 * ATTACKS })
  await until(async () => (await net.received()).mouse.packets > 100)
  const alerted: number[] = []
  const seconds: number[] = []
  for (let attack = 0; attack < ATTACKS; attack++) {
    const before = await net.received()
    const attacking = await flood(t, net, { packetsPerSecond: 5_000 })
    const action = await loop.reached('floods', 'committed', attacking.startedMs)
    const committedMs = Date.parse(action.times.committed ?? '') - attacking.startedMs
    seconds.push(committedMs / 1_000)
    alerted.push((Date.parse(action.why.startsAt) - attacking.startedMs) / 1_000)
    t.is(action.why.alert, 'UdpReflection')
    const [rule = '', ...others] = await routerRules(net)
    t.regex(rule, new RegExp(`-d ${VICTIM}/32 -p udp .*--sport 53 .*-j DROP`))
    t.deepEqual(others, [])
    await quiet(loop)
    // Dropped for longer than it came through, however slow the machine is.
    await attacking.lasts(4 * committedMs)
    const { endedMs, sent } = await attacking.end()
    const received = (await net.received()).flood.packets - before.flood.packets
    t.true(received > 0 && received < sent / 2, `${received} of ${sent} packets came through`)
    t.is((await loop.reached('floods', 'removed', endedMs)).endReason, 'resolved')
    // What counts is the kernel's table, not what the controller says.
    await until(async () => (await routerRules(net)).length === 0)
  }
  t.log(`attack start → alert fires in Prometheus: ${percentileText(alerted)}`)
  t.log(`attack start → rule committed, ${ATTACKS} attacks, 1 in 100: ${percentileText(seconds)}`)
})
