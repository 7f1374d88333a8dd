/** An Open vSwitch in user space, in namespaces that the test makes and takes away. Asks for root. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openvswitchEnvironment, openvswitchSchema, part } from '../../support/parts.ts'
import { namespaceId } from './router.ts'

/** A bridge in a namespace, two hosts at its ports `pl` and `pr`. */
export class Bridge {
  readonly #id = namespaceId('ovs')
  readonly #directory = mkdtempSync(join(tmpdir(), 'acl-ovs-'))
  readonly #environment = openvswitchEnvironment(this.#directory)
  readonly left = { space: `${this.#id}l`, address: '10.63.0.1' }
  readonly right = { space: `${this.#id}r`, address: '10.63.0.2' }
  readonly #space = `${this.#id}s`
  readonly management = `unix:${join(this.#directory, 'br0.mgmt')}`

  constructor() {
    part('ip')
    for (const space of [this.left.space, this.right.space, this.#space]) {
      this.#sh(`ip netns add ${space} && ip -n ${space} link set lo up`)
    }
    for (const [{ space, address }, port] of [
      [this.left, 'pl'],
      [this.right, 'pr'],
    ] as const) {
      this.#sh(`ip -n ${space} link add eth0 type veth peer name ${port} netns ${this.#space}`)
      this.#sh(`ip -n ${space} addr add ${address}/24 dev eth0 && ip -n ${space} link set eth0 up`)
      this.#sh(`ip -n ${this.#space} link set ${port} up`)
      // A switch in user space passes checksums on as they are: they must be whole.
      this.#sh(`ip netns exec ${space} ethtool -K eth0 tx off`)
    }
    const file = (name: string) => join(this.#directory, name)
    this.#ovs('ovsdb-tool', 'create', file('conf.db'), openvswitchSchema())
    const quiet = ['--detach', '--no-chdir', '-vconsole:off']
    const remote = `--remote=punix:${file('db.sock')}`
    this.#ovs('ovsdb-server', file('conf.db'), remote, `--pidfile=${file('ovsdb.pid')}`, ...quiet)
    const socket = `unix:${file('db.sock')}`
    this.#ovs(
      'ovs-vswitchd',
      socket,
      `--pidfile=${file('vswitchd.pid')}`,
      '--disable-system',
      ...quiet,
    )
    const words =
      'add-br br0 -- set bridge br0 datapath_type=netdev -- add-port br0 pl -- add-port br0 pr'
    this.#ovs('ovs-vsctl', `--db=${socket}`, '--timeout=20', ...words.split(' '))
  }

  flows(): string {
    const dumped = this.ofctl('dump-flows', this.management, '--no-stats')
    return dumped.split('\n').sort().join('\n')
  }

  ofctl(...words: readonly string[]): string {
    return this.#ovs('ovs-ofctl', '-O', 'OpenFlow14', ...words)
  }

  /** Stops the switch where it is, until the function returned is called. */
  hang(): () => void {
    process.kill(this.#pid('vswitchd.pid'), 'SIGSTOP')
    return () => process.kill(this.#pid('vswitchd.pid'), 'SIGCONT')
  }

  #pid(name: string): number {
    return Number(readFileSync(join(this.#directory, name), 'utf8'))
  }

  remove(): void {
    for (const name of ['vswitchd.pid', 'ovsdb.pid']) {
      process.kill(this.#pid(name), 'SIGCONT')
      process.kill(this.#pid(name))
    }
    for (const space of [this.left.space, this.right.space, this.#space]) {
      this.#sh(`ip netns del ${space}`)
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #ovs(name: Parameters<typeof part>[0], ...words: readonly string[]): string {
    const argv = ['netns', 'exec', this.#space, part(name), ...words]
    return execFileSync('ip', argv, { encoding: 'utf8', env: this.#environment })
  }

  #sh(command: string): void {
    execFileSync('/bin/sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
}
