/**
 * kill -9 of the running agent at random moments, in the middle of puts, deletes and commits: after
 * each, the agent that starts again brings the device to what is wanted, and no rule of an operator
 * is touched. 10 times here, 200 with ACCEPTANCE=1.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { standInSwitch } from './stand-in/switch.ts'

const RUNS = process.env.ACCEPTANCE === '1' ? 200 : 10
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** A fixed seed: the same moments each time. */
const random = congruence(20_140_609)

interface RunningAgent {
  readonly process: ChildProcess
  readonly url: string
}

test(`${RUNS} kills leave the rules that are wanted, and every operator's rule`, async t => {
  t.timeout(RUNS * 30_000)
  const device = standInSwitch(t)
  device.control('slow', '0.05')
  const config = join(device.root, 'agent.yaml')
  const { policyDirectory, program, programDirectory } = device
  writeFileSync(
    config,
    JSON.stringify({
      acl_agent: {
        backend: 'cumulus',
        device: { policy_directory: policyDirectory, cl_acltool: program, sbin: programDirectory },
        limits: { changes_per_minute: 100_000 },
        commit: { coalesce: '5ms', pause: '0s' },
      },
    }),
  )
  /** What was answered, by name: true if put, false if deleted; absent if nobody knows. */
  const known = new Map<string, boolean>()
  for (let run = 0; run < RUNS; run++) {
    const agent = await startAgent(device.root, config)
    await checkSettled(agent, known)
    t.deepEqual(destinations(device.installed()), await wanted(agent), `after kill ${run}`)
    const traffic = changeUntilGone(agent.url, known)
    await delay(20 + random() * 400)
    agent.process.kill('SIGKILL')
    await once(agent.process, 'exit')
    await traffic
    device.files()
  }
  const last = await startAgent(device.root, config)
  await checkSettled(last, known)
  t.deepEqual(destinations(device.installed()), await wanted(last))
  last.process.kill('SIGTERM')
  const [status] = await once(last.process, 'exit')
  t.is(status, 0)
})

async function startAgent(root: string, config: string): Promise<RunningAgent> {
  const process = spawn(globalThis.process.execPath, [
    MAIN,
    'acl-agent',
    `--config.file=${config}`,
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(root, 'data')}`,
  ])
  let said = ''
  process.stderr.setEncoding('utf8')
  for await (const text of process.stderr.iterator({ destroyOnReturn: false })) {
    said += text
    const url = /"url":"([^"]+)"/.exec(said)?.[1]
    if (url !== undefined) {
      process.stderr.resume()
      return { process, url }
    }
  }
  throw new Error(`the agent did not start: ${said}`)
}

/** Waits for the first commit; then everything that was answered must still be so. */
async function checkSettled(
  agent: RunningAgent,
  known: ReadonlyMap<string, boolean>,
): Promise<void> {
  for (;;) {
    const ready = await fetch(`${agent.url}/-/ready`)
    await ready.text()
    if (ready.status === 200) break
    await delay(10)
  }
  const names = (await (await fetch(`${agent.url}/acl/`)).json()) as readonly string[]
  for (const [name, there] of known) {
    if (names.includes(name) !== there)
      throw new Error(`${name} should be ${there ? 'there' : 'gone'}`)
  }
}

async function wanted(agent: RunningAgent): Promise<readonly string[]> {
  const answer = await fetch(`${agent.url}/api/v1/rules`)
  const { rules } = (await answer.json()) as {
    readonly rules: readonly { readonly lines: readonly string[] }[]
  }
  return destinations(rules.flatMap(rule => rule.lines))
}

function destinations(lines: readonly string[]): readonly string[] {
  return lines.flatMap(line => / -d (\S+)/.exec(line)?.[1] ?? []).sort()
}

/** Puts and deletes twelve names, three at a time, until the agent is gone. */
async function changeUntilGone(url: string, known: Map<string, boolean>): Promise<void> {
  const writer = async (first: number) => {
    for (let turn = 0; ; turn++) {
      const number = first + (turn % 4)
      const name = `r${number}`
      const puts = random() < 0.7
      const before = known.get(name)
      known.delete(name)
      try {
        const body = JSON.stringify([
          '[iptables]',
          `-A FORWARD -d 10.0.${turn % 200}.${number} -j DROP`,
        ])
        const headers = { 'Content-Type': 'application/json' }
        const answer = await fetch(
          `${url}/acl/${name}`,
          puts ? { method: 'PUT', body, headers } : { method: 'DELETE' },
        )
        await answer.text()
        if (answer.status === (puts ? 201 : 204)) known.set(name, puts)
      } catch {
        // Killed: whether the change was taken, nobody knows, unless it changes nothing.
        if (before === puts) known.set(name, puts)
        return
      }
    }
  }
  await Promise.all([writer(1), writer(5), writer(9)])
}

/** Numbers from 0 to 1: a linear congruence is random enough for moments. */
function congruence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
