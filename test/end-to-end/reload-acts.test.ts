/** What a reload changes is seen to act in the running bridge: who is told of events, and limits. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { startBridge, temporaryFolder, until } from '../support/processes.ts'

/** An Alertmanager that remembers the tokens it was shown. */
async function alertmanager(t: ExecutionContext) {
  const tokens: string[] = []
  const server = createServer((request, response) => {
    tokens.push(String(request.headers.authorization))
    request.resume()
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close().closeAllConnections())
  return { tokens, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a reload changes who is told of events, with which token, and how much is held', async t => {
  const [first, second] = [await alertmanager(t), await alertmanager(t)]
  const folder = temporaryFolder(t)
  const file = join(folder, 'c.yaml')
  const write = (limits: string, url: string, token: string) => {
    const lines = [
      `limits: {${limits}}`,
      'thresholds: [{name: any, metric: ifinoctets, value: 0, timeout: 60}]',
      `notify: {alertmanager: [{url: "${url}", bearer_token: ${token}}]}`,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
  }
  write('agents: 1', first.url, 'one')
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const reload = async () => {
    const response = await fetch(`${bridge.url}/-/reload`, { method: 'POST' })
    t.is(response.status, 200, await response.text())
  }
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  let sequence = 0
  const send = (agent: string) => {
    sequence += 1
    const sent = { agent, sequence, uptimeMs: 60_000 + sequence * 1_000 }
    socket.send(portDatagram(sent, { ifInOctets: sequence * 1_000 }), bridge.sflowPort)
  }
  await until(async () => {
    send('10.0.0.1')
    return first.tokens.length > 0
  })
  t.is(first.tokens[0], 'Bearer one')

  // Nothing new happens: what fires already is told to who is new.
  write('agents: 1', second.url, 'two')
  await reload()
  await until(async () => second.tokens.length > 0)
  t.is(second.tokens[0], 'Bearer two')

  const limit = async (table: string) =>
    (await bridge.family('sflow_bridge_series_limit'))[`table="${table}"`]
  send('10.0.0.2')
  t.deepEqual([await limit('agents'), await limit('units_agents')], [1, 1])
  write('agents: 5', second.url, 'two')
  await reload()
  t.deepEqual([await limit('agents'), await limit('units_agents')], [5, 5])
  await until(async () => {
    send('10.0.0.2')
    return (await bridge.page()).includes('agent="10.0.0.2"')
  })
})
