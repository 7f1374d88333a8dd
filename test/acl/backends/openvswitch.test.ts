/**
 * The openvswitch backend on a real Open vSwitch in user space, with real packets: drop, mark and
 * limit, counters, and an operator's flows that stay and still decide.
 */
import test, { type ExecutionContext } from 'ava'
import type { Backend, NamedRules } from '../../../src/acl/backends/backend.ts'
import { openvswitchBackend } from '../../../src/acl/backends/openvswitch.ts'
import { maskedPorts } from '../../../src/acl/backends/openvswitch-flow.ts'
import { runProgram } from '../../../src/acl/backends/run-program.ts'
import { parseLines } from '../../../src/acl/rule/parse.ts'
import { part } from '../../support/parts.ts'
import { Bridge } from './bridge.ts'
import { sendThrough } from './router.ts'

function entry(name: string, ...lines: readonly string[]): NamedRules {
  const parsed = parseLines(lines)
  if (!parsed.ok) throw new Error(parsed.refusal.message)
  return { name, key: `${name}:${lines.join()}`, comment: '', rules: parsed.value.rules }
}

async function apply(t: ExecutionContext, backend: Backend, ...all: readonly NamedRules[]) {
  t.deepEqual(await backend.apply(backend.render(all)), { ok: true })
}

/**
 * The switch credits packets of its cache some hundred milliseconds later, and after a change of its
 * table may credit some of them once more: its counters tell that packets still come, not how many.
 */
async function untilHits(backend: Backend, packets: number): Promise<void> {
  while (((await backend.readBack()).hits.get('ddos1')?.packets ?? 0) < packets);
}

const TO = '-d 10.63.0.2 -p udp'

test.serial(
  'a bridge drops, marks, limits and counts, and keeps the flows of operators',
  async t => {
    const bridge = new Bridge()
    t.teardown(() => bridge.remove())
    const backend = openvswitchBackend({
      run: runProgram,
      program: part('ovs-ofctl'),
      bridge: bridge.management,
      meterBase: 24_000,
      timeoutMs: 20_000,
    })
    const send = (count: number, port: number) =>
      sendThrough(bridge.left, bridge.right, count, port)
    bridge.ofctl(
      'add-flow',
      bridge.management,
      'cookie=0x7,priority=100,udp,tp_dst=7009,actions=drop',
    )
    const operators = bridge.flows()
    t.is((await send(5, 7_000)).length, 5)

    const drop = entry(
      'ddos1',
      '[iptables]',
      `-A FORWARD -i pl ${TO} --sport 5353 --dport 7000:7001 -j DROP`,
    )
    await apply(t, backend, drop)
    t.deepEqual(await send(5, 7_000), [])
    t.is((await send(5, 7_002)).length, 5)
    await untilHits(backend, 5)

    const mark = entry(
      'mark',
      '[iptables]',
      `-t mangle -A FORWARD -i swp+ ${TO} -j SETQOS --set-dscp 10 --set-cos 5`,
    )
    await apply(t, backend, drop, mark)
    t.deepEqual(await send(3, 7_002), [40, 40, 40], 'marked, and sent where the operator says')
    t.deepEqual(await send(3, 7_009), [], "an operator's drop decides after the mark")
    await send(2, 7_000)
    await untilHits(backend, 7)

    const limit = entry(
      'slow',
      '[iptables]',
      `-A FORWARD ${TO} --dport 7003 -j POLICE --set-mode pkt --set-rate 1 --set-burst 10`,
    )
    await apply(t, backend, mark, limit)
    const passed = await send(100, 7_003)
    t.true(passed.length >= 9 && passed.length <= 15, `${passed.length} passed`)
    t.is(passed[0], 40, 'limited and marked')
    const { hits, fingerprint } = await backend.readBack()
    t.false(hits.has('ddos1'))

    bridge.ofctl('del-flows', bridge.management, 'udp')
    t.not((await backend.readBack()).fingerprint, fingerprint)
    bridge.ofctl(
      'add-flow',
      bridge.management,
      'cookie=0x7,priority=100,udp,tp_dst=7009,actions=drop',
    )
    await apply(t, backend)
    t.is(bridge.flows(), operators)
    t.false(bridge.ofctl('dump-meters', bridge.management).includes('meter='))
  },
)

test.serial(
  'every form of rule that Open vSwitch can have is taken; a port that is not there is told',
  async t => {
    const bridge = new Bridge()
    t.teardown(() => bridge.remove())
    const options = {
      run: runProgram,
      program: part('ovs-ofctl'),
      meterBase: 24_000,
      timeoutMs: 20_000,
    }
    const backend = openvswitchBackend({ ...options, bridge: bridge.management })
    const good = entry(
      'all',
      ...[
        '[iptables]',
        '-A FORWARD -i pl,pr -s 10.61.0.0/24 -d 10.0.0.1 -p tcp --sport 1:99 --dport 5:6 -j DROP',
      ],
      '-A FORWARD -d 10.0.0.1 -p tcp --tcp-flags SYN,ACK SYN -j DROP',
      '-A FORWARD -d 10.0.0.1 -p icmp --icmp-type 8 -m dscp --dscp 46 -j DROP',
      '-A FORWARD -d 10.0.0.1 -f -j DROP',
      '-A FORWARD -d 10.0.0.1 -p ospf -j DROP',
      '-A FORWARD -d 10.0.0.1 -p sctp --dport 5 -j DROP',
      '-A FORWARD -d 10.0.0.1 -j POLICE --set-mode KB --set-rate 1000 --set-burst 100',
      '-t mangle -A FORWARD -j SETQOS --set-cos 7',
      ...['[ip6tables]', '-A FORWARD -d 2001:db8::1 -p icmpv6 --icmpv6-type 128 -j DROP'],
      '-t mangle -A FORWARD -d 2001:db8::1 -p udp --dport 1:2 -m dscp --dscp 1 -j SETQOS --set-dscp 2',
    )
    await apply(t, backend, good)
    const { fingerprint } = await backend.readBack()
    await apply(t, backend, good)
    t.is((await backend.readBack()).fingerprint, fingerprint)

    const bad = entry('bad', '[iptables]', '-A FORWARD -i nowhere -d 10.0.0.1 -j DROP')
    const result = await backend.apply(backend.render([good, bad]))
    t.like(result, { ok: false, kind: 'rejected', culprit: 'bad' })
    t.is((await backend.readBack()).fingerprint, fingerprint)

    const gone = openvswitchBackend({ ...options, bridge: 'unix:/nowhere.mgmt' })
    t.like(await gone.apply(gone.render([good])), { ok: false, kind: 'unavailable' })
  },
)

test('a range of ports is the fewest masked ports that are exactly it', t => {
  for (const [from, to, blocks] of [
    [0, 65_535, 1],
    [1, 65_535, 16],
    [1_024, 65_535, 6],
    [7_000, 7_001, 1],
    [5, 5, 1],
    [1, 65_534, 30],
  ] as const) {
    const masked = maskedPorts(from, to)
    t.is(masked.length, blocks, `${from}-${to}`)
    const covers = (port: number) =>
      masked.filter(({ value, mask }) => (port & mask) === value).length
    for (let port = 0; port <= 65_535; port++) {
      if (covers(port) !== (port >= from && port <= to ? 1 : 0)) t.fail(`${port} of ${from}-${to}`)
    }
  }
})
