/**
 * What kill runs of the ACL agent share: the agent as a process, somebody who changes its rules until it is gone,
 * and what must hold when it is there again.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface RunningAgent {
  readonly process: ChildProcess
  readonly url: string
}

/** What the runs ask of a device, be it a stand-in or a kernel. */
export interface Device {
  /** A folder that ends with the test. */
  readonly folder: string
  /** The section `acl_agent`: backend and device. */
  readonly section: object
  /** Lines in front of the section of a rule, and its words between `-A FORWARD` and `-d`. */
  readonly input: string
  /** Destinations of our rules that are in force, sorted. */
  destinations(): readonly string[]
  /** Everything there that is not ours; throws if something lies about that should not. */
  operator(): string
}

/** Kills the agent `runs` times at moments that the seed gives, and checks the device after each. */
export async function killRuns(t: ExecutionContext, device: Device, runs: number): Promise<void> {
  t.timeout(runs * 30_000)
  const random = congruence(20_140_609)
  const config = writeConfig(device)
  const operator = device.operator()
  /** What was answered, by name: true if put, false if deleted; absent if nobody knows. */
  const known = new Map<string, boolean>()
  for (let run = 0; run < runs; run++) {
    const agent = await startAgent(t, device.folder, config)
    await checkSettled(agent, known)
    t.deepEqual(device.destinations(), await wanted(agent), `after kill ${run}`)
    t.is(device.operator(), operator)
    const traffic = changeUntilGone(agent.url, device.input, known, random)
    await delay(20 + random() * 400)
    agent.process.kill('SIGKILL')
    await once(agent.process, 'exit')
    await traffic
  }
  const last = await startAgent(t, device.folder, config)
  await checkSettled(last, known)
  t.deepEqual(device.destinations(), await wanted(last))
  last.process.kill('SIGTERM')
  const [status] = await once(last.process, 'exit')
  t.is(status, 0)
  t.is(device.operator(), operator)
}

export function writeConfig({ folder, section }: Device): string {
  const config = join(folder, 'agent.yaml')
  const limits = { changes_per_minute: 100_000 }
  const commit = {
    coalesce: '5ms',
    pause: '0s',
    drift_check: '0s',
    retry_first: '100ms',
    timeout: '2s',
  }
  writeFileSync(config, JSON.stringify({ acl_agent: { ...section, limits, commit } }))
  return config
}

export async function startAgent(
  t: ExecutionContext,
  folder: string,
  config: string,
): Promise<RunningAgent> {
  const process = spawn(globalThis.process.execPath, [
    MAIN,
    'acl-agent',
    `--config.file=${config}`,
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(folder, 'data')}`,
  ])
  t.teardown(() => process.kill('SIGKILL'))
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

export async function wanted(agent: RunningAgent): Promise<readonly string[]> {
  const answer = await fetch(`${agent.url}/api/v1/rules`)
  const { rules } = (await answer.json()) as {
    readonly rules: readonly { readonly lines: readonly string[] }[]
  }
  return destinationsIn(rules.flatMap(rule => rule.lines))
}

export function destinationsIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap(line => / -d ([^ /]+)/.exec(line)?.[1] ?? []).sort()
}

/** Puts and deletes twelve names, three at a time, until the agent is gone. */
async function changeUntilGone(
  url: string,
  input: string,
  known: Map<string, boolean>,
  random: () => number,
): Promise<void> {
  const writer = async (first: number) => {
    for (let turn = 0; ; turn++) {
      const number = first + (turn % 4)
      const name = `r${number}`
      const puts = random() < 0.7
      const before = known.get(name)
      known.delete(name)
      try {
        const rule = `-A FORWARD ${input}-d 10.0.${turn % 200}.${number} -j DROP`
        const body = JSON.stringify(['[iptables]', rule])
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

/** Numbers from 0 to 1: a linear congruence is random enough for moments. A seed: the same each time. */
function congruence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
