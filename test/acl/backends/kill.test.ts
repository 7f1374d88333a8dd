/**
 * The agent as a process on real devices, with what may happen to it: kill -9 at random moments, a rule that the
 * device does not take among nine that it takes, somebody who takes rules away, a device that cannot be
 * reached. After each: rules on the box = rules wanted, operators' rules as they were. 4 kills each, 200 with
 * ACCEPTANCE=1.
 */
import { once } from 'node:events'
import test from 'ava'
import { until } from '../../support/processes.ts'
import { killRuns, type RunningAgent, startAgent, wanted, writeConfig } from '../kill-support.ts'
import { REAL_DEVICES, type RealDevice } from './devices.ts'

const RUNS = process.env.ACCEPTANCE === '1' ? 200 : 4

for (const [name, makeDevice] of Object.entries(REAL_DEVICES)) {
  test.serial(
    `${name}: ${RUNS} kills leave the rules that are wanted, and the operator's`,
    async t => {
      await killRuns(t, makeDevice(t), RUNS)
    },
  )

  test.serial(
    `${name}: of ten rules the one that the device refuses fails, and nine stand`,
    async t => {
      const device = makeDevice(t)
      const operator = device.operator()
      const config = writeConfig(device)
      const agent = await startAgent(t, device.folder, config)
      const rules = Array.from({ length: 10 }, (_, index) =>
        index === 4 ? device.refused : rule(device, index),
      )
      t.deepEqual(
        await Promise.all(rules.map((line, index) => put(agent, `ten${index}`, line, '20s'))),
        rules.map((_, index) => (index === 4 ? 409 : 201)),
      )
      t.is(device.destinations().length, 9)
      t.deepEqual(device.destinations(), await wanted(agent))
      t.is(device.operator(), operator)
      device.flush()
      t.is(device.destinations().length, 0)
      agent.process.kill('SIGKILL')
      await once(agent.process, 'exit')
      const again = await startAgent(t, device.folder, config)
      await until(async () => device.destinations().length === 9)
      t.deepEqual(device.destinations(), await wanted(again))
      t.is(device.operator(), operator)
    },
  )

  test.serial(
    `${name}: while the device takes nothing its rules stay; then what is wanted comes`,
    async t => {
      const device = makeDevice(t)
      const operator = device.operator()
      const agent = await startAgent(t, device.folder, writeConfig(device))
      for (const index of [1, 2])
        t.is(await put(agent, `r${index}`, rule(device, index), '20s'), 201)
      const mend = device.breakDown()
      t.is(await put(agent, 'r3', rule(device, 3), '100ms'), 202)
      const removal = await fetch(`${agent.url}/api/v1/rules/r1?wait=100ms`, { method: 'DELETE' })
      t.is(removal.status, 202, 'not told as gone: the device has it')
      const again = await fetch(`${agent.url}/api/v1/rules/r1?wait=100ms`, { method: 'DELETE' })
      t.is(again.status, 202)
      mend()
      await until(async () => device.destinations().includes('10.9.0.3'))
      t.deepEqual(device.destinations(), ['10.9.0.2', '10.9.0.3'])
      t.deepEqual(device.destinations(), await wanted(agent))
      t.is(device.operator(), operator)
    },
  )
}

function rule({ input }: RealDevice, index: number): string {
  return `-A FORWARD ${input}-d 10.9.0.${index} -j DROP`
}

/** The status of a PUT that waits for the device as long as told. */
async function put(agent: RunningAgent, name: string, line: string, wait: string): Promise<number> {
  const answer = await fetch(`${agent.url}/api/v1/rules/${name}?wait=${wait}`, {
    method: 'PUT',
    body: JSON.stringify(['[iptables]', line]),
    headers: { 'Content-Type': 'application/json' },
  })
  await answer.text()
  return answer.status
}
