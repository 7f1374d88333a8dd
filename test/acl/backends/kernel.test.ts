/**
 * The iptables and nftables backends on a real kernel, with real packets through a router: what is
 * dropped, marked and limited, what is counted, and what operators have there and keep.
 */
import test, { type ExecutionContext } from 'ava'
import type { Backend, NamedRules } from '../../../src/acl/backends/backend.ts'
import { iptablesBackend } from '../../../src/acl/backends/iptables.ts'
import { nftablesBackend } from '../../../src/acl/backends/nftables.ts'
import { parseLines } from '../../../src/acl/rule/parse.ts'
import { part } from '../../support/parts.ts'
import { type Router, routerFor } from './router.ts'

interface Case {
  readonly name: string
  readonly make: (router: Router) => Backend
  /** Puts an operator's rules on the router. */
  readonly operator: readonly (readonly string[])[]
  /** All that is there, without counters. */
  readonly list: (router: Router) => string
}

/** Rules and chains of people, not the counters and not the tables that a first rule brings along. */
const saved = (router: Router) =>
  ['iptables-save', 'ip6tables-save']
    .flatMap(program => router.exec(router.router, [program]).split('\n'))
    .filter(line => /^-A|^:\S+ -/.test(line))
    .map(line => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n')

const CASES: readonly Case[] = [
  {
    name: 'iptables',
    make: ({ run }) => iptablesBackend({ run, programDirectory: '/usr/sbin', timeoutMs: 20_000 }),
    operator: [
      ['iptables', '-A', 'FORWARD', '-s', '192.0.2.0/24', '-j', 'DROP'],
      ['iptables', '-N', 'MINE'],
      ['iptables', '-A', 'MINE', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT'],
      ['iptables', '-t', 'mangle', '-A', 'FORWARD', '-p', 'tcp', '-j', 'TTL', '--ttl-set', '64'],
      ['ip6tables', '-A', 'FORWARD', '-s', '2001:db8:9::/48', '-j', 'DROP'],
    ],
    list: saved,
  },
  {
    name: 'nftables',
    make: ({ run }) => nftablesBackend({ run, program: '/usr/sbin/nft', timeoutMs: 20_000 }),
    operator: [
      ['/usr/sbin/nft', 'add table inet mine'],
      ['/usr/sbin/nft', 'add chain inet mine forward { type filter hook forward priority 0; }'],
      ['/usr/sbin/nft', 'add rule inet mine forward ip saddr 192.0.2.0/24 drop'],
    ],
    list: router => router.exec(router.router, ['/usr/sbin/nft', 'list', 'ruleset']),
  },
]

function entry(name: string, ...lines: readonly string[]): NamedRules {
  const parsed = parseLines(lines)
  if (!parsed.ok) throw new Error(parsed.refusal.message)
  const key = `${name}:${Buffer.from(lines.join()).toString('hex').slice(-12)}`
  return { name, key, comment: '', rules: parsed.value.rules }
}

async function apply(t: ExecutionContext, backend: Backend, ...all: readonly NamedRules[]) {
  const result = await backend.apply(backend.render(all))
  t.deepEqual(result, { ok: true })
}

const TO = '-d 10.62.0.2 -p udp'
const EVERY_FORM = [
  ...[
    '[iptables]',
    `-A FORWARD -i left0r -o right0r -s 10.61.0.0/24 ${TO} --sport 1:99 --dport 53 -j DROP`,
  ],
  '-A INPUT -i swp1,swp2 -d 10.0.0.1 -p tcp --tcp-flags SYN,ACK SYN -j DROP',
  '-A FORWARD -d 10.0.0.1 -p tcp --tcp-flags ALL NONE -j DROP',
  '-A FORWARD -i swp+ -d 10.0.0.1 -f -j DROP',
  '-A FORWARD -d 10.0.0.1 -p icmp --icmp-type 8 -m dscp --dscp 46 -j DROP',
  '-A FORWARD -d 10.0.0.1 -p ospf -j DROP',
  '-A FORWARD -d 10.0.0.1 -p 255 -j DROP',
  '-A FORWARD -d 10.0.0.1 -p sctp --dport 5 -j ACCEPT',
  '-A FORWARD -d 10.0.0.1 -j POLICE --set-mode KB --set-rate 1000 --set-burst 100',
  '-A FORWARD -d 10.0.0.1 -j POLICE --set-mode pkt --set-rate 400 --set-burst 200',
  '-t mangle -A FORWARD -d 10.0.0.1 -j SETCLASS --class 3',
  '-t mangle -A PREROUTING -i swp+ -d 10.0.0.1 -j SETQOS --set-dscp 63',
  '-t mangle -A POSTROUTING -o swp1 -d 10.0.0.1 -j SETQOS --set-dscp 0 --set-cos 7',
  ...['[ip6tables]', '-A FORWARD -d 2001:db8::1 -p icmpv6 --icmpv6-type 128 -j DROP'],
  '-t mangle -A FORWARD -d 2001:db8::1 -p udp --dport 1:2 -m dscp --dscp 1 -j SETQOS --set-dscp 2',
]

for (const { name, make, operator, list } of CASES) {
  const title = (what: string) => `${name}: ${what}`

  test.serial(
    title('a drop stops what it names, and nothing else; its end lets it through'),
    async t => {
      const router = routerFor(t)
      const backend = make(router)
      t.is((await router.send(5, 7_000)).length, 5)
      await apply(
        t,
        backend,
        entry('ddos1', '[iptables]', `-A FORWARD ${TO} --sport 5353 --dport 7000 -j DROP`),
      )
      t.deepEqual(await router.send(5, 7_000), [])
      t.is((await router.send(5, 7_001)).length, 5)
      t.is((await router.send(5, 7_000, 6)).length, 5)
      t.deepEqual((await backend.readBack()).hits.get('ddos1'), { packets: 5, bytes: 440 })
      await apply(t, backend)
      t.is((await router.send(5, 7_000)).length, 5)
    },
  )

  test.serial(title('a mark sets the DSCP, for IPv4 and IPv6'), async t => {
    const router = routerFor(t)
    const backend = make(router)
    await apply(
      t,
      backend,
      entry(
        'mark4',
        '[iptables]',
        `-t mangle -A FORWARD ${TO} --dport 7000 -j SETQOS --set-dscp 10 --set-cos 5`,
      ),
      entry('mark6', '[ip6tables]', '-A FORWARD -d 2001:db8:62::2 -j SETQOS --set-dscp 12'),
    )
    t.deepEqual(await router.send(3, 7_000), [40, 40, 40])
    t.is((await backend.readBack()).hits.get('mark4')?.packets, 3)
    t.deepEqual(await router.send(3, 7_001), [0, 0, 0])
    t.deepEqual(await router.send(3, 7_000, 6), [48, 48, 48])
  })

  test.serial(title('a limit lets its burst through and counts what it drops'), async t => {
    const router = routerFor(t)
    const backend = make(router)
    await apply(
      t,
      backend,
      entry(
        'slow',
        '[iptables]',
        `-A FORWARD ${TO} --dport 7000 -j POLICE --set-mode pkt --set-rate 1 --set-burst 10`,
      ),
    )
    const passed = (await router.send(100, 7_000)).length
    t.true(passed >= 10 && passed <= 15, `${passed} passed`)
    t.is((await backend.readBack()).hits.get('slow')?.packets, 100 - passed)
  })

  test.serial(title('counters of rules that stay go on when others come and go'), async t => {
    const router = routerFor(t)
    const backend = make(router)
    const one = entry('one', '[iptables]', `-A FORWARD ${TO} --dport 7000 -j DROP`)
    const other = entry('a_first', '[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP')
    await apply(t, backend, one)
    await router.send(5, 7_000)
    await apply(t, backend, one, other)
    await router.send(2, 7_000)
    await apply(t, make(router), one)
    t.is((await backend.readBack()).hits.get('one')?.packets, 7)
  })

  test.serial(title("an operator's rules are as they were, with ours there and after"), async t => {
    const router = routerFor(t)
    for (const words of operator) router.exec(router.router, words)
    const before = list(router)
    const backend = make(router)
    await apply(t, backend, entry('all', ...EVERY_FORM))
    const lines = list(router).split('\n')
    for (const line of before.split('\n')) t.true(lines.includes(line), line)
    await apply(t, backend)
    t.is(list(router), before)
  })

  test.serial(title('every form of rule is taken, whole, and read back the same'), async t => {
    const router = routerFor(t)
    const backend = make(router)
    const all = entry('all', ...EVERY_FORM)
    await apply(t, backend, all)
    const first = await backend.readBack()
    await apply(t, backend, all)
    t.is((await backend.readBack()).fingerprint, first.fingerprint)
    t.true(first.hits.has('all'))
  })

  test.serial(title('what somebody takes away shows in the fingerprint'), async t => {
    const router = routerFor(t)
    const backend = make(router)
    await apply(t, backend, entry('one', '[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP'))
    const before = (await backend.readBack()).fingerprint
    const flush =
      name === 'iptables' ? ['iptables', '-F', 'FORWARD'] : ['/usr/sbin/nft', 'flush', 'ruleset']
    router.exec(router.router, flush)
    t.not((await backend.readBack()).fingerprint, before)
  })

  test.serial(
    title('a set with a rule that the kernel refuses changes nothing, and the rule is named'),
    async t => {
      const router = routerFor(t)
      const backend = make(router)
      const good = entry('good', '[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP')
      await apply(t, backend, good)
      const before = list(router)
      const rule = good.rules[0]!
      // No parser of ours lets this through: it stands for whatever a kernel may not like.
      const bad = { ...rule, match: { ...rule.match, source: '10.0.0.999' } }
      const rendering = backend.render([
        good,
        { ...good, name: 'bad', key: 'bad:000000000000', rules: [bad] },
      ])
      const result = await backend.apply(rendering)
      t.like(result, { ok: false, kind: 'rejected', culprit: 'bad' })
      t.is(list(router), before)
    },
  )
}

test('where a program is not there, the device is unavailable, and nothing throws', async t => {
  const { runProgram } = await import('../../../src/acl/backends/run-program.ts')
  part('iptables')
  const good = entry('good', '[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP')
  for (const backend of [
    iptablesBackend({ run: runProgram, programDirectory: '/nowhere', timeoutMs: 1_000 }),
    nftablesBackend({ run: runProgram, program: '/nowhere/nft', timeoutMs: 1_000 }),
  ]) {
    t.like(await backend.apply(backend.render([good])), { ok: false, kind: 'unavailable' })
  }
})
