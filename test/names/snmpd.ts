/** Debian's snmpd for tests, and devices that are worse than it: dead, slow, talking nonsense. */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { part } from '../support/parts.ts'
import { start, temporaryFolder } from '../support/processes.ts'

export const COMMUNITY = 'river-otter-17'
export const USER = { name: 'collector', auth: 'first-long-secret', privacy: 'second-long-secret' }
export const SYSTEM_NAME = 'leaf-under-test'

/** snmpd on these loopback addresses at one port, with one community and one user; the port. */
export async function startSnmpd(
  t: ExecutionContext,
  addresses: readonly string[],
): Promise<number> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'snmpd.conf')
  const { name, auth, privacy } = USER
  const lines = [
    `rocommunity ${COMMUNITY} 127.0.0.0/8`,
    `createUser ${name} SHA-256 "${auth}" AES "${privacy}"`,
    `rouser ${name} authpriv`,
    `sysName ${SYSTEM_NAME}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const port = await freePort()
  const listening = addresses.map(address => `udp:${address}:${port}`).join(',')
  const words = ['-f', '-Lo', '-C', '-c', file, '-I', '-smux', '-p', join(folder, 'pid'), listening]
  const env = { ...process.env, SNMP_PERSISTENT_DIR: folder }
  await start(t, part('snmpd'), words, { env }).line(/NET-SNMP version/)
  return port
}

/** A device that passes each question to a real one and answers so much later. Its port. */
export async function startSlowDevice(
  t: ExecutionContext,
  address: string,
  behind: { readonly address: string; readonly port: number },
  delayMs: number,
): Promise<number> {
  return startDevice(t, address, (question, answer) => {
    const asking = createSocket('udp4')
    asking.once('message', bytes => {
      asking.close()
      setTimeout(() => answer(bytes), delayMs).unref()
    })
    asking.send(question, behind.port, behind.address)
  })
}

/** A device that answers each question with these bytes. Its port. */
export async function startNonsenseDevice(
  t: ExecutionContext,
  address: string,
  bytes: (question: Buffer) => Buffer,
): Promise<number> {
  return startDevice(t, address, (question, answer) => answer(bytes(question)))
}

async function startDevice(
  t: ExecutionContext,
  address: string,
  onQuestion: (question: Buffer, answer: (bytes: Buffer) => void) => void,
): Promise<number> {
  const socket = createSocket('udp4')
  let open = true
  socket.on('message', (question, { port, address: asker }) => {
    onQuestion(question, bytes => {
      if (open) socket.send(bytes, port, asker)
    })
  })
  t.teardown(() => {
    open = false
    socket.close()
  })
  return bound(socket, address)
}

/** A UDP port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  const port = await bound(socket, '0.0.0.0')
  socket.close()
  return port
}

async function bound(socket: Socket, address: string): Promise<number> {
  socket.bind(0, address)
  await once(socket, 'listening')
  return (socket.address() as AddressInfo).port
}

export interface MachineInterface {
  readonly name: string
  readonly ifIndex: number
}

/** The interfaces of this machine as its kernel numbers them. */
export function machineInterfaces(): readonly MachineInterface[] {
  const folder = '/sys/class/net'
  return readdirSync(folder).flatMap(name => {
    try {
      return [{ name, ifIndex: Number(readFileSync(join(folder, name, 'ifindex'), 'utf8')) }]
    } catch {
      // bonding_masters is a file; a device of another test may just have gone.
      return []
    }
  })
}
