/**
 * Real devices for the agent as a process: the tables of a kernel in a network namespace, and an Open vSwitch. The
 * agent runs outside of the namespace; the programs that it is told to use go into it.
 */
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { part } from '../../support/parts.ts'
import { temporaryFolder } from '../../support/processes.ts'
import { type Device, destinationsIn } from '../kill-support.ts'
import { Bridge } from './bridge.ts'
import { type Router, routerFor } from './router.ts'

export interface RealDevice extends Device {
  /** A rule that passes every check of ours and that this device does not take. */
  readonly refused: string
  /** Somebody takes our rules away. */
  flush(): void
  /** The device takes nothing until the function returned is called. */
  breakDown(): () => void
}

export const REAL_DEVICES = {
  iptables: iptablesDevice,
  nftables: nftablesDevice,
  openvswitch: openvswitchDevice,
} as const

function iptablesDevice(t: ExecutionContext): RealDevice {
  const router = routerFor(t)
  const folder = temporaryFolder(t)
  const programs = ['iptables', 'ip6tables'].flatMap(name => [`${name}-save`, `${name}-restore`])
  const sbin = programsIn(folder, router, dirname(part('iptables')), programs)
  const run = (...words: readonly string[]) => router.exec(router.router, words)
  run('iptables', '-A', 'FORWARD', '-s', '192.0.2.0/24', '-d', '198.51.100.1', '-j', 'DROP')
  run('iptables', '-N', 'MINE')
  run('iptables', '-t', 'mangle', '-A', 'FORWARD', '-d', '198.51.100.2', '-j', 'ACCEPT')
  run('ip6tables', '-A', 'FORWARD', '-s', '2001:db8:9::/48', '-j', 'DROP')
  const all = () =>
    ['iptables-save', 'ip6tables-save']
      .flatMap(program => run(program).split('\n'))
      .filter(line => /^-A|^:\S+ -/.test(line))
  return {
    folder,
    section: { backend: 'iptables', device: { sbin } },
    input: '',
    destinations: () => destinationsIn(all().filter(line => /^-A SFLOW-/.test(line))),
    operator: () =>
      all()
        .filter(line => !line.includes('SFLOW-'))
        .join('\n'),
    // hashlimit counts no more than a million packets a second.
    refused: '-A FORWARD -d 10.9.9.9 -j POLICE --set-mode pkt --set-rate 9000000 --set-burst 9',
    flush: () => run('iptables', '-F', 'SFLOW-FORWARD'),
    breakDown: () => withoutProgram(join(sbin, 'iptables-restore')),
  }
}

function nftablesDevice(t: ExecutionContext): RealDevice {
  const router = routerFor(t)
  const folder = temporaryFolder(t)
  const nft = '/usr/sbin/nft'
  part('nft')
  const sbin = programsIn(folder, router, dirname(nft), ['nft'])
  const run = (words: string) => router.exec(router.router, [nft, words])
  run('add table inet mine')
  run('add chain inet mine forward { type filter hook forward priority 0; }')
  run('add rule inet mine forward ip saddr 192.0.2.0/24 drop')
  const ours = () =>
    run('list tables').includes('sflow_acl') ? run('list table inet sflow_acl') : ''
  return {
    folder,
    section: { backend: 'nftables', device: { sbin } },
    input: '',
    destinations: () => {
      const found = ours().matchAll(/ip daddr (\S+)/g)
      return Array.from(found, match => match[1] ?? '').sort()
    },
    operator: () => run('list table inet mine'),
    // Its bytes a second are beyond what the kernel counts in.
    refused: '-A FORWARD -d 10.9.9.9 -j POLICE --set-mode KB --set-rate 1000000000 --set-burst 9',
    flush: () => run('delete table inet sflow_acl'),
    breakDown: () => withoutProgram(join(sbin, 'nft')),
  }
}

function openvswitchDevice(t: ExecutionContext): RealDevice {
  const bridge = new Bridge()
  t.teardown(() => bridge.remove())
  const { management } = bridge
  bridge.ofctl('add-flow', management, 'cookie=0x7,priority=100,udp,tp_dst=7009,actions=drop')
  const flows = () => bridge.flows().split('\n')
  const isOurs = (line: string) => line.includes('cookie=0x5f0a')
  return {
    folder: temporaryFolder(t),
    section: {
      backend: 'openvswitch',
      device: { bridge: management, ovs_ofctl: part('ovs-ofctl') },
    },
    input: '-i pl ',
    destinations: () =>
      flows()
        .filter(isOurs)
        .flatMap(line => /nw_dst=([^, ]+)/.exec(line)?.[1] ?? [])
        .sort(),
    operator: () =>
      flows()
        .filter(line => line.includes('actions=') && !isOurs(line))
        .join('\n'),
    refused: '-A FORWARD -i nowhere -d 10.9.9.9 -j DROP',
    flush: () =>
      bridge.ofctl('del-flows', management, 'cookie=0x5f0a000000000000/0xffff000000000000'),
    // It hangs: whoever asks waits for an answer.
    breakDown: () => bridge.hang(),
  }
}

function withoutProgram(file: string): () => void {
  chmodSync(file, 0o644)
  return () => chmodSync(file, 0o755)
}

/** Scripts of these names that run the programs inside the router; the folder they are in. */
function programsIn(
  folder: string,
  { router }: Router,
  directory: string,
  names: readonly string[],
): string {
  for (const name of names) {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${router} ${join(directory, name)} "$@"\n`)
    chmodSync(file, 0o755)
  }
  return folder
}
