/** UDP sockets: bound, with the receive buffer asked for and read back. */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import { formatAddress } from '../listen-address.ts'
import type { BoundSocket, SocketAddress } from './messages.ts'

export interface SocketOptions {
  readonly reusePort: boolean
  readonly receiveBufferBytes: number
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use by another process',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host name',
}

/** Rejects with one clear line if it cannot be bound. No address given: IPv6 and IPv4 together. */
export async function bindSocket(address: SocketAddress, options: SocketOptions): Promise<Socket> {
  const family = address.host !== undefined && !address.host.includes(':') ? 'udp4' : 'udp6'
  try {
    return await bind(family, address, options)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // A machine without IPv6.
    if (address.host === undefined && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) {
      return bind('udp4', address, options).catch(rejected => explain(address, rejected))
    }
    return explain(address, error)
  }
}

function explain(address: SocketAddress, error: unknown): never {
  const { code = '', message } = error as NodeJS.ErrnoException
  const place = formatAddress(address.host ?? '', address.port)
  throw new Error(`cannot listen on UDP ${place}: ${REASONS[code] ?? message}`)
}

function bind(
  family: 'udp4' | 'udp6',
  address: SocketAddress,
  options: SocketOptions,
): Promise<Socket> {
  const type = address.host !== undefined && isIPv4(address.host) ? 'udp4' : family
  const socket = createSocket({ type, reusePort: options.reusePort })
  return new Promise((resolve, reject) => {
    socket.once('error', error => {
      socket.close()
      reject(error)
    })
    socket.bind({ port: address.port, ...(address.host ? { address: address.host } : {}) }, () => {
      socket.removeAllListeners('error')
      try {
        socket.setRecvBufferSize(options.receiveBufferBytes)
      } catch {
        // Some kernels refuse instead of capping; what there is is read back below.
      }
      resolve(socket)
    })
  })
}

export function describeSocket(socket: Socket, asked: number): BoundSocket {
  const { address, port, family } = socket.address()
  // Linux doubles what was asked, for its own bookkeeping, and says the double: socket(7).
  const granted = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1)
  return {
    address,
    port,
    family: family === 'IPv4' ? 'udp4' : 'udp6',
    receiveBufferAsked: asked,
    receiveBufferGranted: granted,
  }
}
