/** Who is who: sub-agents, names that come late or twice, two devices under one address, kinds. */
import test from 'ava'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import type { EntityKind } from '../../src/state/source.ts'
import { guestSample, hostSample, portDatagram } from '../support/datagrams.ts'
import { family, readings, receive, testEngine } from '../support/engine.ts'

const ERRORS = 'sflow_interface_receive_errors_total'

test('two sub-agents of one address stand side by side, with their own sequences', t => {
  const engine = testEngine()
  for (let poll = 1; poll <= 3; poll++) {
    receive(engine, portDatagram({ subAgent: 1, sequence: poll, uptimeMs: poll * 1_000 }), poll)
    const second = { subAgent: 2, sequence: poll + 500, uptimeMs: poll * 9_000 }
    receive(engine, portDatagram(second, { ifIndex: 2, name: 'swp2' }), poll)
  }
  engine.tick(10_000)
  t.is(Object.keys(family(engine, ERRORS)).length, 2)
  t.deepEqual(family(engine, 'sflow_agent_datagrams_lost_total'), {
    'agent="10.0.0.1",sub_agent="1"': 0,
    'agent="10.0.0.1",sub_agent="2"': 0,
  })
})

test('an interface that two sub-agents report stays with the first; the other is counted as shadowed', t => {
  const engine = testEngine()
  receive(engine, portDatagram({ subAgent: 1, sequence: 1, uptimeMs: 1 }, { ifInErrors: 1 }), 0)
  receive(
    engine,
    portDatagram({ subAgent: 2, sequence: 1, uptimeMs: 1 }, { ifInErrors: 2, name: 'eth9' }),
    0,
  )
  t.deepEqual(family(engine, ERRORS), { 'agent="10.0.0.1",ifindex="1",ifname="swp1"': 1 })
  t.is(family(engine, 'sflow_bridge_sources_shadowed_total')[''], 1)
})

test('one agent from two UDP ports is one agent: no series twice, no gap', t => {
  const engine = testEngine()
  for (let sequence = 1; sequence <= 20; sequence++) {
    const bytes = portDatagram({ sequence, uptimeMs: sequence * 1_000 })
    receive(engine, bytes, sequence * 1_000, sequence % 2 ? '192.0.2.1' : '192.0.2.2')
  }
  engine.tick(60_000)
  t.is(Object.keys(family(engine, ERRORS)).length, 1)
  t.is(family(engine, 'sflow_agent_datagrams_lost_total')['agent="10.0.0.1",sub_agent="0"'], 0)
  t.is(family(engine, 'sflow_agent_source_changes_total')['agent="10.0.0.1",sub_agent="0"'], 19)
})

test('two devices under one agent address are found out; the first keeps its series', t => {
  const engine = testEngine()
  let refused = 0
  for (let round = 1; round <= 20; round++) {
    const nowMs = round * 1_000
    const first = { sequence: 1_000 + round, uptimeMs: 5_000_000 + nowMs }
    const second = { sequence: 40 + round, uptimeMs: 70_000 + nowMs }
    receive(engine, portDatagram(first, { ifInErrors: 7 }), nowMs)
    if (receive(engine, portDatagram(second, { ifInErrors: 3_000 }), nowMs) !== 0) refused += 1
  }
  t.true(refused > 10, `${refused} of 20 were refused`)
  t.true(
    (family(engine, 'sflow_agent_identity_conflicts_total')['agent="10.0.0.1",sub_agent="0"'] ??
      0) > 10,
  )
  t.is(family(engine, ERRORS)['agent="10.0.0.1",ifindex="1",ifname="swp1"'], 7)
})

test('a name that comes later is waited for; one that never comes is not waited for long', t => {
  const engine = testEngine()
  receive(engine, portDatagram({ sequence: 1, uptimeMs: 1_000 }, { name: '' }), 1_000)
  t.deepEqual(family(engine, ERRORS), {})
  receive(engine, portDatagram({ sequence: 2, uptimeMs: 2_000 }), 2_000)
  t.deepEqual(Object.keys(family(engine, ERRORS)), ['agent="10.0.0.1",ifindex="1",ifname="swp1"'])
  receive(engine, portDatagram({ sequence: 3, uptimeMs: 3_000 }, { ifIndex: 2, name: '' }), 3_000)
  engine.tick(32_000)
  t.is(Object.keys(family(engine, ERRORS)).length, 1)
  engine.tick(33_100)
  t.is(family(engine, ERRORS)['agent="10.0.0.1",ifindex="2",ifname=""'], 0)
  t.is(family(engine, 'sflow_bridge_interfaces_unnamed_total')[''], 1)
})

test('a label stays as it was first exposed while the row lives', t => {
  const engine = testEngine()
  receive(engine, portDatagram({ sequence: 1, uptimeMs: 1_000 }), 1_000)
  receive(engine, portDatagram({ sequence: 2, uptimeMs: 2_000 }, { name: 'renamed' }), 2_000)
  t.deepEqual(Object.keys(family(engine, ERRORS)), ['agent="10.0.0.1",ifindex="1",ifname="swp1"'])
})

const UUID = '12345678-9abc-def0-1234-56789abcdef0'
const KINDS: readonly {
  readonly rule: string
  readonly hostname: string
  readonly machineType?: number
  readonly osName?: number
  readonly override?: EntityKind
  readonly labels: string
  readonly name?: string
}[] = [
  {
    rule: 'a guest like its host is a container',
    hostname: 'web',
    labels: 'container="web",kind="container"',
  },
  {
    rule: 'a guest without machine type and system is a virtual machine',
    hostname: 'db-vm',
    machineType: 0,
    osName: 0,
    labels: 'vm="db-vm"',
  },
  {
    rule: 'a pod is told by its two underscores, and has no container',
    hostname: 'k8s__web-6f_prod_u_a',
    labels: 'container="",kind="pod",namespace="prod",pod="web-6f"',
  },
  {
    rule: 'a Kubernetes container has container, namespace and pod',
    hostname: 'k8s_nginx_web-6f_prod_u_a',
    labels: 'container="nginx",kind="container",namespace="prod",pod="web-6f"',
  },
  {
    rule: 'a systemd unit is told by its suffix',
    hostname: 'ssh.service',
    labels: 'container="ssh.service",kind="unit"',
  },
  {
    rule: 'an operator may know better',
    hostname: 'lxd-7',
    override: 'vm',
    labels: 'vm="lxd-7"',
  },
]

for (const { rule, hostname, machineType = 3, osName = 2, override, labels } of KINDS) {
  test(rule, t => {
    const kinds = override ? [{ pattern: /^lxd-/, kind: override }] : []
    const names = {
      interfaceName: () => undefined,
      interfaceAlias: () => undefined,
      hostName: () => undefined,
      isAsked: () => false,
      kinds,
    }
    const engine = testEngine({ names })
    const guest = guestSample(1, {
      index: 100_007,
      hostname,
      uuid: UUID,
      machineType,
      osName,
      cpuTimeMs: 2_500,
    })
    const samples = [hostSample(1, 'node1'), guest]
    receive(engine, encodeDatagram({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1_000, samples }), 0)
    const word = labels.startsWith('vm') ? 'vm' : 'container'
    t.deepEqual(family(engine, `sflow_${word}_cpu_seconds_total`), {
      [`agent="10.0.0.1",host="node1",${labels}`]: 2.5,
    })
    const info = Object.keys(family(engine, `sflow_${word}_info`))
    t.true(info[0]?.includes(`uuid="${UUID.replaceAll('-', '')}"`), info[0])
    t.true(info[0]?.endsWith(`name="${hostname}"`), info[0])
  })
}

test('two containers of one name on one host are two series', t => {
  const engine = testEngine()
  const guests = [1, 2].map(number =>
    guestSample(1, {
      index: 100_000 + number,
      hostname: 'web',
      uuid: `${number}0000000-0000-0000-0000-000000000000`,
      cpuTimeMs: number * 1_000,
    }),
  )
  const samples = [hostSample(1, 'node1'), ...guests]
  receive(engine, encodeDatagram({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1_000, samples }), 0)
  t.deepEqual(family(engine, 'sflow_container_cpu_seconds_total'), {
    'agent="10.0.0.1",host="node1",container="web",kind="container"': 1,
    'agent="10.0.0.1",host="node1",container="web.200000000000",kind="container"': 2,
  })
})

test('a guest waits for the name of its host, which may come after it', t => {
  const engine = testEngine()
  const guest = guestSample(1, { index: 100_001, hostname: 'web', uuid: UUID })
  receive(
    engine,
    encodeDatagram({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1_000, samples: [guest] }),
    0,
  )
  t.is(
    Array.from(readings(engine).keys()).filter(series => series.includes('container=')).length,
    0,
  )
  const host = encodeDatagram({
    agent: '10.0.0.1',
    sequence: 2,
    uptimeMs: 2_000,
    samples: [hostSample(1, 'node1')],
  })
  receive(engine, host, 1_000)
  engine.tick(1_000)
  t.is(
    family(engine, 'sflow_container_cpu_seconds_total')[
      'agent="10.0.0.1",host="node1",container="web",kind="container"'
    ],
    0,
  )
})
