/**
 * `kill -9` of the controller at random moments, with a real ACL agent beside it: after each, what the
 * sender was told is durable is acted on, rules on the agent = rules wanted, and the operator's rule
 * is untouched. 10 kills, 200 with ACCEPTANCE=1.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Running, start, temporaryFolder } from '../../support/processes.ts'
import { attack, webhook } from './support/rig.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const KILLS = process.env.ACCEPTANCE === '1' ? 200 : 10
const VICTIMS = 6

/** Seeded, so that a failure can be had again. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function command(t: ExecutionContext, words: readonly string[]): Running {
  return start(t, process.execPath, [MAIN, ...words, '--log.level=info'])
}

async function urlOf(running: Running): Promise<string> {
  return (JSON.parse(await running.line(/"serving"/)) as { url: string }).url
}

/** Again and again until it is so: a process tells nobody when it is. */
async function until(isSo: () => Promise<boolean>, failed: () => string): Promise<void> {
  const endMs = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(failed())
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

test(`${KILLS} kills at random moments`, async t => {
  t.timeout(KILLS * 40_000)
  const folder = temporaryFolder(t)
  const random = randomNumbers(20_260_102)
  const agentFlags = [
    '--backend=dry-run',
    `--storage.path=${folder}`,
    '--web.listen-address=127.0.0.1:0',
  ]
  const agentUrl = await urlOf(command(t, ['acl-agent', ...agentFlags]))
  const operatorLines = ['[iptables]', '-A FORWARD --in-interface swp+ -d 10.99.0.1 -p udp -j DROP']
  const headers = { 'content-type': 'application/json' }
  const put = { method: 'PUT', body: JSON.stringify(operatorLines), headers }
  t.is((await fetch(`${agentUrl}/acl/operator`, put)).status, 201)
  const config = join(folder, 'controller.yaml')
  const settings = {
    agents: [{ name: 'box', endpoint: agentUrl, guards: [{ agent: '*' }] }],
    policies: [
      {
        name: 'drop',
        action: 'drop',
        mode: 'automatic',
        hold: '1s',
        hold_max: '1s',
        rules_per_minute: 10_000,
      },
    ],
    caps: { rules_per_minute: 10_000 },
    requests: { reconcile: '200ms' },
  }
  writeFileSync(config, JSON.stringify({ controller: settings }))
  const begin = () =>
    command(t, [
      'controller',
      `--config.file=${config}`,
      `--storage.path=${folder}`,
      '--web.listen-address=127.0.0.1:0',
    ])
  /** What the sender believes: the alerts that were answered 200. */
  const firing = new Set<number>()
  let serial = 0
  let controller = begin()
  let url = await urlOf(controller)
  const send = async (victim: number, status: 'firing' | 'resolved'): Promise<boolean> => {
    serial += 1
    const startsAt = new Date(Date.now() - 1).toISOString()
    const alert = attack({
      fingerprint: `v${victim}`,
      status,
      startsAt,
      labels: { ipdestination: `10.0.0.${victim}` },
    })
    const request = {
      method: 'POST',
      body: JSON.stringify(webhook(alert)),
      headers: { 'content-type': 'application/json' },
    }
    return fetch(`${url}/api/v1/alerts`, request).then(
      response => response.status === 200,
      () => false,
    )
  }
  const onBox = async (): Promise<string> => {
    const list = (await (await fetch(`${agentUrl}/api/v1/rules`)).json()) as {
      rules: { name: string; intent?: { match: { destination: string } } }[]
    }
    return list.rules
      .map(rule => rule.intent?.match.destination ?? rule.name)
      .sort()
      .join(' ')
  }
  for (let kill = 0; kill < KILLS; kill++) {
    const unanswered: [number, 'firing' | 'resolved'][] = []
    const sending = Array.from({ length: 1 + Math.floor(random() * 3) }, async () => {
      const victim = 1 + Math.floor(random() * VICTIMS)
      const status = firing.has(victim) ? 'resolved' : 'firing'
      if (status === 'firing') firing.add(victim)
      else firing.delete(victim)
      if (!(await send(victim, status))) unanswered.push([victim, status])
    })
    await new Promise(resolve => setTimeout(resolve, random() * 60))
    await controller.end('SIGKILL')
    await Promise.all(sending)
    controller = begin()
    url = await urlOf(controller)
    // As Alertmanager does: what was not answered is sent again.
    for (const [victim, status] of unanswered) {
      if (firing.has(victim) === (status === 'firing')) t.true(await send(victim, status))
    }
    const wanted = [...[...firing].map(victim => `10.0.0.${victim}`), 'operator'].sort().join(' ')
    let seen = ''
    await until(
      async () => {
        seen = await onBox()
        return seen === wanted
      },
      () => `after kill ${kill + 1}: wanted ${wanted}, on the box ${seen}`,
    )
    t.pass()
  }
  const operator = await (await fetch(`${agentUrl}/acl/operator`)).json()
  t.deepEqual(operator, operatorLines)
  t.true(serial >= KILLS)
  t.is(await controller.end('SIGTERM'), 0)
})
