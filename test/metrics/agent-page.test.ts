/** The page of one agent: what must hold whatever the agent says. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { agentPage } from '../../src/metrics/agent-page.ts'
import { agentPageReferenceText } from '../../src/metrics/agent-page-reference.ts'
import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { HOST_COMPAT } from '../../src/metrics/compat-host.ts'
import { INTERFACE_COMPAT } from '../../src/metrics/compat-interface.ts'

test('docs/reference/agent-page.md is what the program says (npm run docs)', t => {
  const page = new URL('../../docs/reference/agent-page.md', import.meta.url)
  t.true(readFileSync(page, 'utf8') === agentPageReferenceText(), 'it is stale')
})

test('each number of the page is one of ours', t => {
  const ours = new Set(metricCatalogue().map(({ name }) => name))
  for (const { from } of [...INTERFACE_COMPAT, ...HOST_COMPAT]) {
    t.true(ours.has(from.replace(/\{.*/, '')), from)
  }
})

const host = (name: string, readings: Readonly<Record<string, number>>) => {
  return { name, host: name, lastSeenMs: 100_000, readings }
}

test('two hosts behind one address are told apart, one alone bears no label', t => {
  const one = agentPage([], [host('a', { sflow_host_load1: 1 })], 0)
  t.regex(one, /^node_load1 1$/m)
  const two = agentPage(
    [],
    [host('a', { sflow_host_load1: 1 }), host('b', { sflow_host_load1: 2 })],
    0,
  )
  t.regex(two, /^node_load1\{nodename="a"\} 1\nnode_load1\{nodename="b"\} 2$/m)
})

for (const [cpus, lines] of [
  [4, 4],
  [1, 1],
  [0, 1],
  [2 ** 32 - 2, 1],
] as const) {
  test(`a host that says it has ${cpus} cores shows ${lines}`, t => {
    const idle = 'sflow_host_cpu_seconds_total{mode="idle"}'
    const page = agentPage([], [host('a', { sflow_host_cpus: cpus, [idle]: 100 })], 0)
    const found = Array.from(page.matchAll(/^node_cpu_seconds_total\{.*mode="idle"\} (.*)$/gm))
    t.is(found.length, lines)
    t.is(
      found.reduce((sum, [, value]) => sum + Number(value), 0),
      100,
    )
  })
}

test('the time of boot is reckoned from when the host was last heard of', t => {
  const page = agentPage([], [host('a', { sflow_host_uptime_seconds: 40 })], 0)
  t.regex(page, /^node_time_seconds 100\n/m)
  t.regex(page, /^node_boot_time_seconds 60\n/m)
})
