/**
 * A router between two hosts, in three network namespaces that the test makes and takes away: packets
 * go from `left` (10.61.0.2, 2001:db8:61::2) to `right` (10.62.0.2, 2001:db8:62::2) through it. Asks
 * for root and iproute2.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { threadId } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import { type RunProgram, runProgram } from '../../../src/acl/backends/run-program.ts'
import { part } from '../../support/parts.ts'

/** The machine's own, without its site packages: it starts in 20 ms. */
const PYTHON = ['/usr/bin/python3', '-S', '-E']

let made = 0

/** Test files are threads of one process, and tests of one file are many. */
export function namespaceId(what: string): string {
  made += 1
  return `${what}${process.pid}-${threadId}-${made}-`
}

export class Router {
  readonly #id = namespaceId('acl')
  readonly left = `${this.#id}l`
  readonly router = `${this.#id}r`
  readonly right = `${this.#id}t`

  constructor() {
    part('ip')
    for (const space of [this.left, this.router, this.right]) {
      this.#sh(`ip netns add ${space} && ip -n ${space} link set lo up`)
    }
    this.#link(this.left, 'left0', 61)
    this.#link(this.right, 'right0', 62)
    this.exec(this.router, [
      'sysctl',
      '-qw',
      'net.ipv4.ip_forward=1',
      'net.ipv6.conf.all.forwarding=1',
    ])
  }

  /** Runs programs inside the router, as a backend does. */
  readonly run: RunProgram = (argv, options) =>
    runProgram(['ip', 'netns', 'exec', this.router, ...argv], options)

  exec(space: string, argv: readonly string[], input = ''): string {
    return execIn(space, argv, input)
  }

  /** Datagrams from left to right: see `sendThrough`. */
  send(count: number, port: number, family: 4 | 6 = 4): Promise<readonly number[]> {
    const [from, to] =
      family === 4 ? ['10.61.0.2', '10.62.0.2'] : ['2001:db8:61::2', '2001:db8:62::2']
    return sendThrough(
      { space: this.left, address: from },
      { space: this.right, address: to },
      count,
      port,
    )
  }

  remove(): void {
    for (const space of [this.left, this.router, this.right]) this.#sh(`ip netns del ${space}`)
  }

  #link(space: string, device: string, net: number): void {
    this.#sh(
      `ip -n ${space} link add ${device} type veth peer name ${device}r netns ${this.router}`,
    )
    for (const [where, name, host] of [
      [space, device, 2],
      [this.router, `${device}r`, 1],
    ] as const) {
      this.#sh(`ip -n ${where} addr add 10.${net}.0.${host}/24 dev ${name}`)
      this.#sh(`ip -n ${where} addr add 2001:db8:${net}::${host}/64 dev ${name} nodad`)
      this.#sh(`ip -n ${where} link set ${name} up`)
    }
    this.#sh(`ip -n ${space} route add default via 10.${net}.0.1`)
    this.#sh(`ip -n ${space} -6 route add default via 2001:db8:${net}::1`)
  }

  #sh(command: string): void {
    execFileSync('/bin/sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
}

export interface Host {
  /** Its network namespace. */
  readonly space: string
  readonly address: string
}

/**
 * Sends UDP datagrams from source port 5353, and a last one to port 9 that no rule of the tests
 * touches; fulfilled with the TOS bytes of those that came before it.
 */
export async function sendThrough(
  from: Host,
  to: Host,
  count: number,
  port: number,
): Promise<readonly number[]> {
  const words = [...PYTHON, '-c', RECEIVER, to.address, String(port)]
  const receiver = spawn('ip', ['netns', 'exec', to.space, ...words])
  const lines: string[] = []
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text))
  receiver.stderr.pipe(process.stderr)
  await once(receiver.stdout, 'data')
  const sender = [...PYTHON, '-c', SENDER, from.address, to.address, String(port), String(count)]
  execIn(from.space, sender)
  await once(receiver, 'close')
  return lines.join('').trim().split('\n').slice(1).map(Number)
}

export function execIn(space: string, argv: readonly string[], input = ''): string {
  return execFileSync('ip', ['netns', 'exec', space, ...argv], { encoding: 'utf8', input })
}

/** One that ends with the test. */
export function routerFor(t: ExecutionContext): Router {
  const router = new Router()
  t.teardown(() => router.remove())
  return router
}

/** Prints `ready`, then the TOS or traffic class of each datagram until one comes to port 9. */
const RECEIVER = `
import select, socket, sys
to, port = sys.argv[1], int(sys.argv[2])
v6 = ':' in to
def listen(number):
    s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    if v6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
    else: s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    s.bind((to, number))
    return s
data, end = listen(port), listen(9)
print('ready', flush=True)
while True:
    ready, _, _ = select.select([data, end], [], [], 20)
    if not ready: sys.exit('the last datagram did not come')
    if data in ready:
        _, extra, _, _ = data.recvmsg(100, 100)
        value = extra[0][2]
        print(int.from_bytes(value[:1] if len(value) == 1 else value, sys.byteorder), flush=True)
    elif end in ready: break
`

/** From port 5353, so that rules can ask for it; the last to port 9, thrice, since UDP may be lost. */
const SENDER = `
import socket, sys, time
source, to, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
family = socket.AF_INET6 if ':' in to else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.bind((source, 5353))
for _ in range(count): s.sendto(b'x' * 60, (to, port))
time.sleep(0.05)
for _ in range(3): s.sendto(b'end', (to, 9))
`
