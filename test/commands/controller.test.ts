/** `sflow-bridge controller` as a process: starts on nothing, reloads, refuses, ends. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { attack, webhook } from '../acl/controller/support/rig.ts'
import { start, temporaryFolder } from '../support/processes.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

async function controller(t: ExecutionContext, section: object) {
  const folder = temporaryFolder(t)
  const config = join(folder, 'controller.yaml')
  const write = (content: object) => writeFileSync(config, JSON.stringify({ controller: content }))
  write(section)
  const flags = [
    `--config.file=${config}`,
    `--storage.path=${folder}`,
    '--web.listen-address=127.0.0.1:0',
  ]
  const running = start(t, process.execPath, [MAIN, 'controller', ...flags])
  const { url } = JSON.parse(await running.line(/"serving"/)) as { url: string }
  const send = (path: string, method: string, body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { folder, url, write, send, running }
}

const OBSERVER = {
  agents: [{ name: 'a', endpoint: 'http://127.0.0.1:9', guards: [{ agent: '*' }] }],
  policies: [{ name: 'drop', action: 'drop', mode: 'observe' }],
}

test('starts, takes alerts, reloads, keeps what runs when the file is bad, and ends with 0', async t => {
  const { folder, url, write, send, running } = await controller(t, OBSERVER)
  t.is((await fetch(`${url}/-/ready`)).status, 200)
  t.is((await send('/api/v1/alerts', 'POST', webhook(attack()))).status, 200)
  const phases = async () => {
    const body = (await (await fetch(`${url}/api/v1/actions`)).json()) as {
      actions: { phase: string }[]
    }
    return body.actions.map(action => action.phase)
  }
  t.deepEqual(await phases(), ['observed'])
  write({ ...OBSERVER, policies: [{ name: 'drop', action: 'drop', mode: 'sometimes' }] })
  const bad = await send('/-/reload', 'POST')
  t.is(bad.status, 500)
  t.regex(await bad.text(), /controller\.policies\[0\]\.mode/)
  const page = async () => (await fetch(`${url}/metrics`)).text()
  t.regex(await page(), /^sflow_acl_controller_config_last_reload_successful 0$/m)
  t.regex(await page(), /^sflow_bridge_config_last_reload_successful 0$/m)
  t.deepEqual(await phases(), ['observed'])
  write({ ...OBSERVER, policies: [{ name: 'drop', action: 'drop', mode: 'automatic' }] })
  t.is((await send('/-/reload', 'POST')).status, 200)
  t.deepEqual(await phases(), ['active'])
  t.regex(await page(), /^sflow_acl_controller_agent_up\{acl_agent="a"\} 0$/m)
  t.is(await running.end('SIGTERM'), 0)
  const audit = readFileSync(join(folder, 'controller', 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const events = audit.map(line => (JSON.parse(line) as { event: string }).event)
  t.deepEqual(
    events.filter(event => !event.startsWith('agent')),
    ['started', 'observed', 'reconfigured', 'active', 'stopped'],
  )
})

test('beyond loopback alerts are refused until there are credentials', async t => {
  const folder = temporaryFolder(t)
  const words = ['controller', `--storage.path=${folder}`, '--web.listen-address=0.0.0.0:0']
  const open = start(t, process.execPath, [MAIN, ...words])
  const { url } = JSON.parse(await open.line(/"serving"/)) as { url: string }
  const port = new URL(url).port
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(webhook()),
  })
  t.is(answer.status, 403)
})
