/** Much at once for the live page: 10 switches of 100 ports, a host with 500 containers, 200 flows. */
import { createSocket } from 'node:dgram'
import type { ExecutionContext } from 'ava'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import { guestSample, hostSample, portDatagram } from '../support/datagrams.ts'
import { flowDatagram } from '../support/flow-datagrams.ts'
import { type Bridge, until } from '../support/processes.ts'

export const CROWD = { switches: 10, portsEach: 100, containers: 500, flows: 200 } as const

const HOST = '10.0.9.1'
const CONTAINERS_EACH = 5

/** Sends all of it round by round until the test ends; resolves when the bridge has it. */
export async function sendCrowd(t: ExecutionContext, bridge: Bridge): Promise<void> {
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  let stopped = false
  t.teardown(() => {
    stopped = true
  })
  const sequences = new Map<string, number>()
  const next = (agent: string) => {
    const sequence = (sequences.get(agent) ?? 0) + 1
    sequences.set(agent, sequence)
    return sequence
  }
  const send = (bytes: Uint8Array) =>
    new Promise<void>(resolve => socket.send(bytes, bridge.sflowPort, '127.0.0.1', () => resolve()))
  const rounds = async () => {
    for (let round = 1; !stopped; round++) {
      for (const datagram of roundOf(round, next)) {
        if (stopped) return
        await send(datagram)
      }
      await new Promise(resolve => setTimeout(resolve, 1_000))
    }
  }
  void rounds()
  await until(async () => {
    const [interfaces, containers, flows] = await Promise.all(
      ['interfacerates', 'containers?readings=none', 'activeflows/conversations?maxFlows=200'].map(
        async what => (await (await fetch(`${bridge.url}/api/v1/${what}`)).json()) as unknown[],
      ),
    )
    return (
      interfaces?.length === CROWD.switches * CROWD.portsEach &&
      containers?.length === CROWD.containers &&
      flows?.length === CROWD.flows
    )
  }, 500)
}

function* roundOf(round: number, next: (agent: string) => number): Generator<Uint8Array> {
  const uptimeMs = round * 1_000
  for (let number = 1; number <= CROWD.switches; number++) {
    const agent = `10.0.0.${number}`
    for (let ifIndex = 1; ifIndex <= CROWD.portsEach; ifIndex++) {
      const sent = { agent, sequence: next(agent), uptimeMs }
      const octets = round * ifIndex * number * 1_000
      yield portDatagram(sent, {
        ifIndex,
        name: `swp${ifIndex}`,
        sampleSequence: round,
        ifInOctets: octets,
        ifOutOctets: octets / 2,
      })
    }
  }
  for (let flow = 0; flow < CROWD.flows; flow++) {
    const agent = `10.0.0.${(flow % CROWD.switches) + 1}`
    const source = `10.9.${Math.floor(flow / 100)}.${(flow % 100) + 1}`
    yield flowDatagram({ agent, sequence: next(agent), uptimeMs, input: 1, source })
  }
  for (let first = 0; first < CROWD.containers; first += CONTAINERS_EACH) {
    const guests = Array.from({ length: CONTAINERS_EACH }, (_, index) => {
      const number = first + index
      const uuid = `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`
      const guest = { index: 1_000 + number, hostname: `container-${number}`, uuid }
      return guestSample(round, { ...guest, cpuTimeMs: round * number })
    })
    const samples = [...(first === 0 ? [hostSample(round, 'crowded')] : []), ...guests]
    yield encodeDatagram({ agent: HOST, sequence: next(HOST), uptimeMs, samples })
  }
}
