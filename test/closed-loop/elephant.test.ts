/**
 * An elephant through the closed loop: packets of that flow leave with DSCP 10 as the victim counts
 * them, mice never do, and the mark goes when the flow has ended. The mark is made by the router's
 * iptables, and in a second run by Open vSwitch itself.
 */
import test from 'ava'
import { ELEPHANT_PORT, MOUSE_PORT, startLoopNet } from '../support/loop-net.ts'
import {
  fastPathConfig,
  iperf,
  type LoopConfig,
  routerRules,
  startLoop,
} from '../support/loop-parts.ts'
import { part } from '../support/parts.ts'
import { until } from '../support/processes.ts'

for (const backend of ['iptables', 'openvswitch'] as const) {
  test.serial(
    `${backend}: packets of an elephant are marked, mice are not, until the flow ends`,
    async t => {
      t.timeout(300_000)
      const net = await startLoopNet(t, { sampler: 'before', sampling: 100 })
      const config = fastPathConfig()
      if (backend === 'openvswitch') onSwitch(config, net.switchSocket)
      const loop = await startLoop(t, net, config)
      const rules = async () => {
        if (backend === 'iptables') return routerRules(net, 'mangle')
        const flows = await net.exec('switch', part('ovs-ofctl'), 'dump-flows', net.switchSocket)
        return flows.split('\n').filter(line => line.includes('cookie=0x5f0a'))
      }
      await iperf(t, net, { port: MOUSE_PORT, rate: '4M', seconds: 200 })
      await until(async () => (await net.received()).mouse.packets > 100)
      const startedMs = Date.now()
      const elephant = await iperf(t, net, { port: ELEPHANT_PORT, rate: '60M', seconds: 200 })
      const action = await loop.reached('elephants', 'committed', startedMs)
      const seconds = (Date.parse(action.times.committed ?? '') - startedMs) / 1_000
      t.true((await rules()).length > 0)
      // Packets that were on their way are through; from here on each one is marked.
      const marking = await until(async () => {
        const now = await net.received()
        return now.elephant_marked.packets > 100 && now
      })
      const marked = await until(async () => {
        const now = await net.received()
        return now.elephant_marked.packets - marking.elephant_marked.packets > 1_000 && now
      })
      t.is(marked.elephant_unmarked.packets, marking.elephant_unmarked.packets)
      t.true(marking.elephant_unmarked.packets > 0, 'it began unmarked')
      const endedMs = Date.now()
      await elephant.end()
      await loop.reached('elephants', 'removed', endedMs)
      await until(async () => (await rules()).length === 0)
      const after = await net.received()
      t.true(after.mouse.packets > marked.mouse.packets, 'the mouse goes on')
      t.is(after.mouse_marked.packets, 0)
      t.log(`${backend}: start of iperf3 → mark committed: ${seconds.toFixed(2)} s`)
    },
  )
}

/** The ACL agent on the switch instead of the router. */
function onSwitch(config: LoopConfig, socket: string): void {
  const [agent] = config.controller.agents
  if (agent !== undefined) agent.endpoint.url = 'http://192.0.2.2:8080'
  const device = { bridge: socket, ovs_ofctl: part('ovs-ofctl') }
  Object.assign(config.acl_agent, { backend: 'openvswitch', device })
}
