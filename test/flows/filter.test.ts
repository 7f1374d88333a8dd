// The filter language: what passes, what is refused and where, and that no pattern is dear.
import test from 'ava'
import { meets } from '../../src/flows/candidates.ts'
import { compileFilter } from '../../src/flows/filter/compile.ts'
import { parseFilter } from '../../src/flows/filter/parse.ts'
import { compilePattern } from '../../src/flows/filter/pattern.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { Fault } from '../../src/flows/functions/fault.ts'
import { eth, ip, ip6, tcp, udp, vlan } from '../packet/frames.ts'
import { header, viewOf } from './keys-views.ts'

const four = viewOf([header(eth(0x8100) + vlan(100, 0x0800) + ip(6, tcp))], {
  source: 3,
  input: 3,
  output: 4,
})
const six = viewOf([header(eth(0x86dd) + ip6(17, udp(1000, 53)))], {
  source: 4,
  input: 3,
  output: 4,
})

const FILTERS: readonly (readonly [filter: string, four: boolean, six: boolean])[] = [
  ['ipsource=10.1.2.3', true, false],
  ['ipsource!=10.1.2.3', false, true],
  ['ipsource=1.1.1.1,10.1.2.3', true, false],
  ['ipsource=10.0.0.0/8', true, false],
  ['or:ipsource:ip6source=10.0.0.0/8,2001:db8::/32', true, true],
  ['ip6source=2001:DB8:0::1', false, true],
  ['mask:ipsource:24=10.1.2.0/24', true, false],
  ['macsource=1a:1b:1c:1d:1e:1f', true, true],
  ['macdestination=FFFFFFFFFFFF', false, false],
  ['isbroadcast=true', false, false],
  ['isunicast=true', true, true],
  ['vlan=100', true, false],
  ['vlan!=100', false, true],
  ['vlan=null', false, true],
  ['vlan!=null', true, false],
  ['vlan=100,null', true, true],
  ['null:vlan:none=none', false, true],
  ['null:vlan:none=100', true, false],
  ['tcpflags~....1..1.', true, false],
  ['tcpflags~....0..1.', false, false],
  ['tcpflags!~....0..1.', true, true],
  ['tcpflags=000010010', true, false],
  ['ipsource~10\\..*', true, false],
  ['ipsource~1\\d\\.(?:1|2)\\.[0-9]{1,3}\\.3', true, false],
  ['stack~.*\\.(tcp|udp)', true, true],
  ['stack~eth.(ip|vlan)', false, false],
  ['tcpdestinationport~4.*,53', true, false],
  ['first:stack:.:ip:ip6=ip&ipprotocol=6,17&direction=ingress', true, false],
  ['first:stack:.:ip:ip6=ip6|vlan=7', false, true],
  ['(ipprotocol=6|ip6nexthdr=17)&(vlan=100|direction=egress)', true, true],
  [' ipprotocol = 6 & ( vlan = 100 ) ', true, false],
  ['ipprotocol=6&vlan=7|ip6nexthdr=17', false, true],
  ['direction=egress', false, true],
  ['direction!=egress', true, false],
  ['outputifindex!=discard', true, true],
  ['inputifindex=3', true, true],
  ['concat:-:ipsource:tcpdestinationport="10.1.2.3-443"', true, false],
  ['concat:-:ipsource:tcpdestinationport=x,10.1.2.3-443', true, false],
  ['ipdscpname=ef,46', true, false],
  ['or:ipdscpname:ip6dscpname=ef', true, true],
  ['range:tcpdestinationport:0:1023=true', true, false],
  ['agent=10.0.0.1', true, true],
  ['inputipsource=null', true, true],
]

const context = new FlowContext()

for (const [text, passesFour, passesSix] of FILTERS) {
  test(`${text}`, t => {
    const { test: passes, needs, rest } = compileFilter(parseFilter(text), context)
    t.is(passes(four), passesFour)
    t.is(passes(six), passesSix)
    // Whatever passes has what the filter needs, and the rest tells of those that have it.
    for (const view of [four, six]) {
      const layers = view.packet.layers()
      const has = needs.every(need => meets(need, layers, view.tags, view.traits()))
      t.is(has && (rest?.(view) ?? true), passes(view))
    }
  })
}

const FAULTS: readonly (readonly [filter: string, position: number, message: RegExp])[] = [
  ['', 0, /expected a key/],
  ['ipsource', 8, /expected =, !=, ~ or !~/],
  ['ipsource=', 9, /expected a value/],
  ['ipsource=10.0.0.1&', 18, /expected a key/],
  ['ipsorce=10.0.0.1', 0, /did you mean ipsource/],
  ['vlan=1&ipsorce=10.0.0.1', 7, /did you mean ipsource/],
  ['vlan=1&(vlan=2|vlan=3', 7, /not closed/],
  ['vlan=1)', 6, /expected & or \|/],
  ['vlan=x', 5, /x is no number/],
  ['vlan=1,x', 7, /x is no number/],
  ['ipsource=10.0.0.256', 9, /is no IPv4 address/],
  ['ipsource=10.0.0.0/33', 9, /is no IPv4 address/],
  ['isunicast=yes', 10, /yes is no true or false/],
  ['tcpflags=00001', 9, /is no 9 bits/],
  ['mask:ipsource:99=10.0.0.0', 14, /from 0 to 32/],
  ['stack~(a+)+', 10, /a group may only be made optional/],
  ['stack~.*.*.*.*', 13, /more than 3 repetitions/],
  ['stack~(?=a)', 6, /look-around/],
  ['stack~(a)\\1', 9, /\\1 is not taken/],
  ['stack~[ab', 6, /not closed/],
  ['stack~a{1,999}', 7, /at most 64/],
  ['stack~**', 6, /nothing to repeat/],
  [`stack~${'a'.repeat(200)}`, 6, /at most 128/],
  ['vlan="1', 5, /not closed/],
  ['if:vlan:x:vlan:vlan=1', 8, /x is no number/],
  [`${'('.repeat(30)}vlan=1`, 16, /brackets in each other/],
]

for (const [text, position, message] of FAULTS) {
  test(`refused at ${position}: ${text.slice(0, 40) || 'nothing'}`, t => {
    const fault = t.throws(() => compileFilter(parseFilter(text), context), {
      instanceOf: Fault,
      message,
    })
    t.is(fault.position, position)
  })
}

test('the dearest patterns that are taken stay cheap on the longest text', t => {
  const text = 'a'.repeat(200)
  for (const pattern of [
    '.*a.*a.*b',
    '[ab]*[ab]*[ab]*c',
    'a*a*a*b',
    '(a|b)?(a|b)?a{1,64}.*.*c',
    '\\w*\\w*\\w*!',
  ]) {
    const compiled = compilePattern(pattern, 0)
    const start = performance.now()
    t.false(compiled.test(text), pattern)
    // Some million steps; a pattern with a fourth repetition or a repeated group takes minutes.
    t.true(performance.now() - start < 2000, pattern)
  }
})
