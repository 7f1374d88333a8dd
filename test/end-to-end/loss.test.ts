/**
 * Loss accounting under overload, with real sockets: a sender that is faster than the bridge can be,
 * into a small receive buffer. sent = received + gaps, received = processed + refused, drops ≤ gaps.
 */
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { startBridge, temporaryFolder, until } from '../support/processes.ts'

const AGENT = 'agent="10.0.0.1",sub_agent="0"'
const SENT = 60_000

test('what was sent is received or missing, what was received is processed or refused, exactly', async t => {
  const file = join(temporaryFolder(t), 'small-buffer.yaml')
  writeFileSync(file, 'listen:\n  receive_buffer: 65536\n')
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  const send = (bytes: Uint8Array) =>
    new Promise<void>(resolve => socket.send(bytes, bridge.sflowPort, '127.0.0.1', () => resolve()))
  const bad = new TextEncoder().encode('this is no sFlow datagram at all')
  let badSent = 0
  for (let sequence = 1; sequence <= SENT; sequence++) {
    const bytes = portDatagram({ sequence, uptimeMs: sequence })
    // Bursts overflow the buffer; a wait for each hundredth lets the sender's own queue drain.
    if (sequence % 100 === 0) await send(bytes)
    else socket.send(bytes, bridge.sflowPort, '127.0.0.1')
    if (sequence % 1_000 === 0) {
      await send(bad)
      badSent += 1
    }
  }
  // The last one again and again until it is there: sequence numbers end with the last that arrived.
  let last = SENT
  const settled = await until(async () => {
    last += 1
    await send(portDatagram({ sequence: last, uptimeMs: last }))
    const drops = (await bridge.family('sflow_bridge_kernel_drops_total'))[''] ?? 0
    await new Promise(resolve => setTimeout(resolve, 4_200))
    const now = (await bridge.family('sflow_bridge_kernel_drops_total'))[''] ?? 0
    return drops === now && { drops }
  })
  const received = (await bridge.family('sflow_bridge_datagrams_received_total'))[''] ?? 0
  const refused = Object.values(await bridge.family('sflow_bridge_datagrams_refused_total')).reduce(
    (a, b) => a + b,
    0,
  )
  const processed = (await bridge.family('sflow_agent_datagrams_total'))[AGENT] ?? 0
  const lost = (await bridge.family('sflow_agent_datagrams_lost_total'))[AGENT] ?? 0
  t.log(
    `${last} sent, ${received} received, ${refused} refused, ${lost} missing, ${settled.drops} dropped by the kernel`,
  )
  t.true(settled.drops > 0, 'it was an overload')
  t.is(processed + lost, last, 'sent = received + sequence gaps')
  t.is(processed + refused, received, 'received = processed + refused')
  t.is(lost + badSent - refused, settled.drops, 'on the loopback every gap is a kernel drop')
})
