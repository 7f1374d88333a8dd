/**
 * The cumulus backend and the agent over a stand-in cl-acltool: files as Cumulus documents them,
 * commit, batch, the search for a bad rule, rollback, a tool that hangs, operators' files untouched.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { AclAgent } from '../../../src/acl/agent/agent.ts'
import { systemClock } from '../../../src/acl/agent/clock.ts'
import { commitGuard } from '../../../src/acl/backends/commit-guard.ts'
import { type CumulusOptions, cumulusBackend } from '../../../src/acl/backends/cumulus.ts'
import { runProgram } from '../../../src/acl/backends/run-program.ts'
import { dropLines, LIMITS, startAgent, TIMING } from '../agent/support.ts'
import { type StandInSwitch, standInSwitch } from '../stand-in/switch.ts'

const SEED_MARK = [
  '[iptables]',
  '# mark Elephant',
  '-t mangle -A FORWARD --in-interface swp+ -s 10.100.10.151 -d 10.100.20.150 -p tcp --sport 39533 --dport 5001 -j SETQOS --set-dscp 10 --set-cos 5',
]

function backendOf(device: StandInSwitch, options: Partial<CumulusOptions> = {}) {
  return cumulusBackend({
    run: runProgram,
    guard: commitGuard(join(device.root, 'commit.pid')),
    policyDirectory: device.policyDirectory,
    prefixDrop: '40rest-',
    prefixMark: '60rest-',
    program: device.program,
    programDirectory: device.programDirectory,
    timeoutMs: 10_000,
    profile: 'cl5',
    ...options,
  })
}

async function agentOn(
  t: ExecutionContext,
  device: StandInSwitch,
  options: Partial<CumulusOptions> = {},
) {
  const timing = { ...TIMING, coalesceMs: 10, pauseMs: 0, retryMinMs: 20, retryMaxMs: 50 }
  const limits = () => ({ ...LIMITS, rulesMax: 100, rulesPerPolicyMax: 100 })
  const backend = backendOf(device, options)
  const { agent, seen } = await startAgent({}, { backend, clock: systemClock, timing, limits })
  t.teardown(() => agent.stop())
  return { agent, seen, backend }
}

/** The state that the operation ends in. */
async function put(agent: AclAgent, name: string, lines: readonly string[]) {
  const result = await agent.put({ name, lines }, 'me')
  if (!result.ok) throw new Error(result.refusal.message)
  return agent.operations.wait(result.value.operation.id, 60_000)
}

test('files say what Cumulus documents, drops before and marks after those of NVUE', async t => {
  const device = standInSwitch(t)
  const { agent } = await agentOn(t, device)
  await Promise.all([
    put(agent, 'mark_1', SEED_MARK),
    put(agent, 'ddos1', [
      ...[
        '[iptables]',
        '-A FORWARD -d 10.10.100.10/32 --in-interface swp+ -p 17 --sport 53 -j DROP',
      ],
      ...[
        '[ip6tables]',
        '-A FORWARD -d 2001:DB8::1 -p udp -j POLICE --set-mode pkt --set-rate 400 --set-burst 200',
      ],
    ]),
  ])
  const files = device.files()
  t.deepEqual(Object.keys(files).sort(), ['40rest-ddos1.rules', '60rest-mark_1.rules'])
  const head = /^# sflow-bridge acl-agent: [a-z0-9_]+:[0-9a-f]{12}\n/
  t.true(Object.values(files).every(text => head.test(text)))
  t.deepEqual(
    Object.values(files).map(text => text.replace(head, '').split('\n')),
    [
      [
        ...[
          '[iptables]',
          '-A FORWARD --in-interface swp+ -d 10.10.100.10 -p udp --sport 53 -j DROP',
        ],
        '[ip6tables]',
        '-A FORWARD -d 2001:db8::1 -p udp -j POLICE --set-mode pkt --set-rate 400 --set-burst 200',
        '',
      ],
      [...SEED_MARK, ''],
    ],
  )
  t.is(device.installed().length, 3)
  t.deepEqual(device.installed()[2], `[iptables] ${SEED_MARK[2]}`)
})

for (const profile of ['cl3', 'cl5'] as const) {
  test(`an intent on ${profile} gets the chain and the interface that are used there`, async t => {
    const device = standInSwitch(t)
    const { agent } = await agentOn(t, device, { profile })
    for (const action of [{ type: 'drop' }, { type: 'mark', dscp: 10, cos: 5 }]) {
      const intent = { action, match: { family: 'ipv4', destination: '10.0.0.1' } }
      const result = await agent.put({ name: String(action.type), intent }, 'me')
      if (result.ok) await agent.operations.wait(result.value.operation.id, 60_000)
    }
    const chain =
      profile === 'cl5'
        ? ['-t mangle -A PREROUTING', '-t mangle -A PREROUTING']
        : ['-A FORWARD', '-t mangle -A FORWARD']
    t.deepEqual(device.installed(), [
      `[iptables] ${chain[0]} --in-interface swp+ -d 10.0.0.1 -j DROP`,
      `[iptables] ${chain[1]} --in-interface swp+ -d 10.0.0.1 -j SETQOS --set-dscp 10 --set-cos 5`,
    ])
  })
}

for (const quiet of [false, true]) {
  test(`a rule that the tool refuses ${quiet ? 'without a name' : 'by name'} fails alone`, async t => {
    const device = standInSwitch(t)
    const { agent } = await agentOn(t, device)
    await put(agent, 'before', dropLines('10.0.0.200'))
    device.control('fail-on', '-d 10.0.0.7 ')
    if (quiet) device.control('quiet', '')
    const runs = device.runs()
    const numbers = Array.from({ length: 10 }, (_, index) => index + 1)
    const ends = await Promise.all(numbers.map(n => put(agent, `r${n}`, dropLines(`10.0.0.${n}`))))
    const failed = ends.filter(end => end?.state === 'failed')
    t.deepEqual(
      failed.map(end => end?.name),
      ['r7'],
    )
    t.regex(failed[0]?.message ?? '', /not supported/)
    t.is(device.installed().length, 10)
    t.is(Object.keys(device.files()).length, 10)
    t.is(agent.get('r7'), undefined)
    t.true(device.runs() - runs <= (quiet ? 12 : 6), `${device.runs() - runs} runs`)
  })
}

test('a refused change of a rule leaves the one before', async t => {
  const device = standInSwitch(t)
  const { agent } = await agentOn(t, device)
  await put(agent, 'r1', dropLines('10.0.0.1'))
  const before = device.installed()
  device.control('fail-on', '-d 10.0.0.9 ')
  t.is((await put(agent, 'r1', dropLines('10.0.0.9')))?.state, 'failed')
  t.deepEqual(device.installed(), before)
  t.deepEqual(agent.get('r1')?.source, { kind: 'lines', lines: dropLines('10.0.0.1') })
})

test('a tool that hangs is killed; the agent is degraded until it answers again', async t => {
  const device = standInSwitch(t)
  const { agent, seen } = await agentOn(t, device, { timeoutMs: 2_000 })
  device.control('hang', '')
  const result = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  t.true(result.ok)
  if (!result.ok) return
  while (agent.device.degradedMessage === '')
    await agent.operations.wait(result.value.operation.id, 20)
  t.regex(agent.device.degradedMessage, /did not end in time/)
  device.control('hang')
  t.is((await agent.operations.wait(result.value.operation.id, 60_000))?.state, 'committed')
  t.is(agent.device.degradedMessage, '')
  t.is(device.installed().length, 1)
  t.true(seen.includes('commit degraded'))
})

test('a tool that takes nothing leaves what is there; the change waits and lands later', async t => {
  const device = standInSwitch(t)
  const { agent } = await agentOn(t, device)
  await put(agent, 'r1', dropLines('10.0.0.1'))
  device.control('fail', '')
  const result = await agent.put({ name: 'r2', lines: dropLines('10.0.0.2') }, 'me')
  const id = result.ok ? result.value.operation.id : ''
  while (agent.device.degradedMessage === '') await agent.operations.wait(id, 20)
  t.is(device.installed().length, 1)
  device.control('fail')
  t.is((await agent.operations.wait(id, 60_000))?.state, 'committed')
  t.is(device.installed().length, 2)
})

test("a name whose file is an operator's is refused, and the file is not touched", async t => {
  const device = standInSwitch(t)
  const { agent } = await agentOn(t, device)
  const ends = await Promise.all([
    put(agent, 'of_the_world', dropLines('10.0.0.1')),
    put(agent, 'r2', dropLines('10.0.0.2')),
  ])
  t.deepEqual(
    ends.map(end => end?.state),
    ['failed', 'committed'],
  )
  t.is(device.installed().length, 1)
})

test('counters are those of the kernel, by name', async t => {
  const device = standInSwitch(t)
  const { agent } = await agentOn(t, device)
  await put(agent, 'mark_1', SEED_MARK)
  await put(agent, 'two', [...dropLines('10.0.0.1'), dropLines('10.0.0.2')[1] ?? ''])
  const hits = await agent.device.hits()
  t.deepEqual(hits.get('mark_1'), { packets: 3, bytes: 300 })
  t.deepEqual(hits.get('two'), { packets: 6, bytes: 600 })
})

test('a file that somebody changes or removes is put right', async t => {
  const device = standInSwitch(t)
  const { agent, seen } = await agentOn(t, device)
  await put(agent, 'r1', dropLines('10.0.0.1'))
  const files = device.files()
  await agent.device.checkDrift()
  t.false(seen.includes('drift'))
  writeFileSync(
    join(device.policyDirectory, '40rest-r1.rules'),
    '# sflow-bridge acl-agent: changed\n',
  )
  await agent.device.checkDrift()
  await put(agent, 'r2', dropLines('10.0.0.2'))
  t.true(seen.includes('drift'))
  t.is(device.files()['40rest-r1.rules'], files['40rest-r1.rules'])
})

test('temporary files of an agent that was killed are cleared away', async t => {
  const device = standInSwitch(t)
  writeFileSync(join(device.policyDirectory, '40rest-x.rules.sflow-bridge.tmp'), '[iptables]\n')
  await agentOn(t, device)
  t.false(readdirSync(device.policyDirectory).some(file => file.endsWith('.tmp')))
})

test('a policy folder that is not there is told at the start', async t => {
  const device = standInSwitch(t)
  const backend = backendOf(device, { policyDirectory: join(device.root, 'nowhere') })
  await t.throwsAsync(startAgent({}, { backend }), { code: 'ENOENT' })
  mkdirSync(join(device.root, 'nowhere'))
  await t.notThrowsAsync(startAgent({}, { backend }))
})

test('the cost of a rule grows with its interfaces and port ranges', t => {
  const backend = backendOf(standInSwitch(t))
  const base = {
    family: 'ipv4',
    table: 'filter',
    chain: 'FORWARD',
    action: { type: 'drop' },
  } as const
  const cost = (match: object) =>
    backend.costOf({
      ...base,
      match: { family: 'ipv4', inInterfaces: [], outInterfaces: [], ...match },
    })
  t.is(cost({}), 1)
  t.is(cost({ inInterfaces: ['swp+'] }), 1)
  t.is(cost({ inInterfaces: ['swp1', 'swp2'], outInterfaces: ['swp3', 'swp4', 'swp5'] }), 6)
  t.is(cost({ sourcePort: { from: 1, to: 9 }, destinationPort: { from: 1, to: 9 } }), 4)
})

test('without iptables-save the files alone tell what somebody has changed', async t => {
  const device = standInSwitch(t)
  const { agent, seen } = await agentOn(t, device, { programDirectory: '/nowhere' })
  await put(agent, 'r1', dropLines('10.0.0.1'))
  const files = device.files()
  await agent.device.checkDrift()
  t.false(seen.includes('drift'))
  writeFileSync(
    join(device.policyDirectory, '40rest-r1.rules'),
    '# sflow-bridge acl-agent: changed\n',
  )
  await agent.device.checkDrift()
  await put(agent, 'r2', dropLines('10.0.0.2'))
  t.true(seen.includes('drift'))
  t.is(device.files()['40rest-r1.rules'], files['40rest-r1.rules'])
  t.true(seen.includes('read back failed'))
})
