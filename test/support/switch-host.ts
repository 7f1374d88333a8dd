/**
 * One end of UDP flows whose content is known to the frame; a program that tests run in a network
 * namespace, at both ends. Each burst is `frames` datagrams of each flow, taking turns. The ends
 * send batch by batch, each only when the other's batch is there, so that nothing is lost however
 * slow the machine is. SIGUSR2 makes the end that `begins` send the next burst; both tell when
 * theirs is complete: `burst N sent and received`.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

export interface HostSettings {
  readonly address: string
  readonly peer: string
  /** Source and destination port, and bytes in a datagram. */
  readonly flows: readonly { readonly port: number; readonly length: number }[]
  readonly frames: number
  readonly begins: boolean
}

/** Fits the default receive buffer of a socket several times over. */
const BATCH = 32

async function main({ address, peer, flows, frames, begins }: HostSettings): Promise<void> {
  const total = flows.length * frames
  let bursts = 0
  let sent = 0
  let received = 0
  const senders = flows.map(({ port, length }) => {
    const socket = createSocket('udp4')
    const bytes = new Uint8Array(length)
    socket.on('message', take)
    socket.bind(port, address)
    return { socket, send: () => socket.send(bytes, port, peer) }
  })

  function sendBatch(): void {
    const end = Math.min(sent + BATCH, total)
    for (; sent < end; sent++) senders[sent % senders.length]?.send()
  }

  function take(): void {
    received += 1
    if (sent < total && (received % BATCH === 0 || received === total)) sendBatch()
    if (sent < total || received < total) return
    bursts += 1
    sent = 0
    received = 0
    process.stdout.write(`burst ${bursts} sent and received\n`)
  }

  await Promise.all(senders.map(({ socket }) => once(socket, 'listening')))
  if (begins) process.on('SIGUSR2', sendBatch)
  process.stdout.write('ready\n')
}

// The caller, switch-net.ts, makes the argument from the same type.
await main(JSON.parse(process.argv[2] ?? '') as HostSettings)
