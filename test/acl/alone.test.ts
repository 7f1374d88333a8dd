/** A second process on the same device or the same folder: it ends at once, and the first is not disturbed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { start, temporaryFolder } from '../support/processes.ts'
import { standInSwitch } from './stand-in/switch.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const LISTEN = '--web.listen-address=127.0.0.1:0'

function command(t: ExecutionContext, ...words: readonly string[]) {
  return start(t, process.execPath, [MAIN, ...words, LISTEN])
}

async function urlOf(running: { line(pattern: RegExp): Promise<string> }): Promise<string> {
  return (JSON.parse(await running.line(/"serving"/)) as { url: string }).url
}

test('a second ACL agent on a device ends at once, and the rules of the first stay', async t => {
  const device = standInSwitch(t)
  const config = join(device.root, 'agent.json')
  const { policyDirectory, program, programDirectory } = device
  const section = {
    backend: 'cumulus',
    device: { policy_directory: policyDirectory, cl_acltool: program, sbin: programDirectory },
  }
  writeFileSync(config, JSON.stringify({ acl_agent: section }))
  const flags = (name: string) => [
    'acl-agent',
    `--config.file=${config}`,
    `--storage.path=${join(device.root, name)}`,
  ]
  const url = await urlOf(command(t, ...flags('first')))
  const put = await fetch(`${url}/acl/r1`, {
    method: 'PUT',
    body: JSON.stringify(['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']),
    headers: { 'Content-Type': 'application/json' },
  })
  t.is(put.status, 201)
  const runs = device.runs()
  const second = command(t, ...flags('second'))
  t.regex(
    await second.line(/sflow-bridge:/),
    /the device of --backend=cumulus, .*policy\.d is in use/,
  )
  t.is(await second.end('SIGCONT'), 2)
  t.is(device.runs(), runs)
  t.is(device.installed().length, 1)
})

for (const name of ['acl-agent', 'controller']) {
  test(`a second ${name} on a folder ends at once; after a kill the next one has it`, async t => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, name))
    const words = [name, `--storage.path=${folder}`]
    const first = command(t, ...words)
    await urlOf(first)
    const second = command(t, ...words)
    t.regex(await second.line(/sflow-bridge:/), /the folder \S+ is in use by another process$/)
    t.is(await second.end('SIGCONT'), 2)
    await first.end('SIGKILL')
    await urlOf(command(t, ...words))
  })
}
