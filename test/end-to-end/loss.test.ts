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

for (const driver of ['dgram', 'drain'] as const) {
  test.serial(
    `${driver}: what was sent is received or missing, what was received is processed or refused, exactly`,
    async t => {
      const file = join(temporaryFolder(t), 'small-buffer.yaml')
      writeFileSync(file, 'listen:\n  receive_buffer: 65536\n')
      const bridge = await startBridge(t, [`--config.file=${file}`, `--ingest.driver=${driver}`])
      const socket = createSocket('udp4')
      t.teardown(() => socket.close())
      const send = (bytes: Uint8Array) =>
        new Promise<void>(resolve =>
          socket.send(bytes, bridge.sflowPort, '127.0.0.1', () => resolve()),
        )
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
      // One more, until it has arrived: sequence numbers end with the last that did.
      let last = SENT
      await until(async () => {
        last += 1
        await send(portDatagram({ sequence: last, uptimeMs: last }))
        const uptime = await bridge.family('sflow_agent_uptime_seconds')
        return uptime[AGENT] === last / 1_000
      }, 200)
      // A gap is counted as lost once it has been open for three seconds of the bridge's clock.
      const drops = await until(async () => {
        const page = await bridge.page()
        const gaps = sumOf(page, 'sflow_agent_datagrams_lost_total')
        return (
          gaps + sumOf(page, 'sflow_agent_datagrams_total') === last &&
          sumOf(page, 'sflow_bridge_kernel_drops_total')
        )
      }, 500)
      const page = await bridge.page()
      const received = sumOf(page, 'sflow_bridge_datagrams_received_total')
      const refused = sumOf(page, 'sflow_bridge_datagrams_refused_total')
      const processed = sumOf(page, 'sflow_agent_datagrams_total')
      const lost = sumOf(page, 'sflow_agent_datagrams_lost_total')
      t.log(
        `${last} sent, ${received} received, ${refused} refused, ${lost} missing, ${drops} dropped by the kernel`,
      )
      t.true(drops > 0, 'it was an overload')
      t.is(processed + lost, last, 'sent = received + sequence gaps')
      t.is(processed + refused, received, 'received = processed + refused')
      t.is(lost + badSent - refused, drops, 'on the loopback every gap is a kernel drop')
    },
  )
}

function sumOf(page: string, name: string): number {
  let sum = 0
  for (const line of page.split('\n')) {
    if (line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      sum += Number(line.slice(line.lastIndexOf(' ')))
  }
  return sum
}
