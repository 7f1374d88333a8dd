/** `sflow-bridge dashboards`: a row for each flow definition of a configuration, and one line for each mistake. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parseFlags } from '../../src/commands/command.ts'
import { command } from '../../src/commands/dashboards.ts'
import { UsageError } from '../../src/usage-error.ts'
import { parsePromql } from '../prometheus/promql.ts'
import { ROOT } from '../prometheus/rule-files.ts'
import { temporaryFolder } from '../support/processes.ts'
import { type Dashboard, panelsOf, queriesOf, substituted } from './dashboard-files.ts'

async function made(yaml: string): Promise<Dashboard> {
  const folder = mkdtempSync(join(tmpdir(), 'dashboards-'))
  const file = join(folder, 'bridge.yaml')
  writeFileSync(file, yaml)
  const out = join(folder, 'out')
  const context = parseFlags(command, [`--config.file=${file}`, `--out=${out}`])
  if ((await command.run(context)) !== 0) throw new Error('it failed')
  const [name = ''] = readdirSync(out)
  return JSON.parse(readFileSync(join(out, name), 'utf8')) as Dashboard
}

const OWN = `
groups: { offices: { paris: [10.1.0.0/16] } }
flows:
  - { name: vlans, enabled: false }
  - { name: web, keys: 'ipsource,ipdestination', filter: 'tcpdestinationport=443', by: interface }
  - { name: queries, keys: 'group:ipsource:offices', value: frames, by: all, labels: [name] }
  - { name: quiet, keys: 'macsource', series: false }
`

test('each definition with series has a row; one without has none', async t => {
  const dashboard = await made(OWN)
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  t.deepEqual(rows.slice(-2), ['Flow web', 'Flow queries'])
  t.true(rows.includes('Flow talkers'), 'a shipped one')
  t.false(rows.includes('Flow vlans'), 'a shipped one that is switched off')
  t.true(panelsOf(dashboard).every(({ targets = [] }) => targets.length > 0))
})

test('its queries are PromQL, and name the metrics and labels of the definition', async t => {
  const queries = queriesOf(await made(OWN)).map(query => substituted(query))
  for (const expr of queries) t.is(parsePromql(expr).error, undefined, expr)
  t.true(
    queries.some(
      expr =>
        expr.includes('sflow_flow_web_bytes_per_second') &&
        expr.includes('by (ipsource, ipdestination, agent, ifname, ifindex)'),
    ),
  )
  t.true(
    queries.some(
      expr => expr.includes('sflow_flow_queries_frames_per_second') && expr.includes('by (name)'),
    ),
  )
})

test('bytes are drawn as bits a second, frames as packets a second', async t => {
  const panels = panelsOf(await made(OWN))
  const unitOf = (title: string) =>
    panels.find(one => one.title === title)?.fieldConfig?.defaults.unit
  t.is(unitOf('Largest: web'), 'bps')
  t.is(unitOf('Largest: queries'), 'pps')
  const exprs = (name: string) =>
    panels.find(({ title }) => title === name)?.targets?.map(({ expr }) => expr?.slice(0, 5))
  t.deepEqual(exprs('Largest: web'), ['8 * ('])
  t.deepEqual(exprs('Largest: queries'), ['max b'])
})

test('of agents that see one flow the largest view is a row, of ports each', async t => {
  const panels = panelsOf(await made(OWN))
  const expr = (title: string) => panels.find(one => one.title === title)?.targets?.[0]?.expr
  t.regex(expr('Now: talkers') ?? '', /topk\(20, topk by \(source, destination\) \(1, /)
  t.notRegex(expr('Now: web') ?? '', /topk by/)
  t.notRegex(expr('Now: drops') ?? '', /topk by/)
})

test('a legend has an arrow from source to destination, and a word before a port', async t => {
  const panels = panelsOf(await made(OWN))
  const legend = (title: string) =>
    panels.find(one => one.title === title)?.targets?.[0]?.legendFormat
  t.is(legend('Largest: talkers'), '{{source}} → {{destination}}')
  t.is(legend('Largest: web'), '{{ipsource}} → {{ipdestination}}')
  t.is(legend('Largest: applications'), '{{protocol}} port {{port}}')
})

/** Renamed keys of functions, a group by name, further values, drop notifications; by port, by all, by agent. */
const ODD = `
groups: { north_side: { K-1: [10.1.0.0/16, '2001:db8::/32'] } }
flows:
  - name: odd_keys
    keys: 'group:ipsource:north_side,null:[or:tcpsourceport:udpsourceport]:0,macsource'
    value: frames
    by: interface
    labels: [group, port, mac]
  - { name: sizes, keys: ipprotocolname, values: ['hosts=count:ipsource', ipbytes], by: all }
  - { name: why, keys: 'reason,inputifindex', dropped: true, value: frames }
`

test('odd definitions have a row, and each query names families that the bridge exposes', async t => {
  const dashboard = await made(ODD)
  const exposed = new Set(
    ['odd_keys', 'sizes', 'why'].flatMap(name =>
      ['frames_total', 'frames_per_second', 'bytes_total', 'bytes_per_second', 'error_ratio'].map(
        suffix => `sflow_flow_${name}_${suffix}`,
      ),
    ),
  )
  exposed.add('sflow_flow_sizes_hosts')
  exposed.add('sflow_flow_sizes_ipbytes_total')
  for (const name of ['odd_keys', 'sizes', 'why']) {
    const queries = queriesOf(dashboard).filter(({ expr }) => expr.includes(`sflow_flow_${name}_`))
    t.true(queries.length >= 3, name)
    for (const query of queries) {
      const { selectors, error } = parsePromql(substituted(query))
      t.is(error, undefined, query.expr)
      for (const { metric } of selectors) t.true(exposed.has(metric), metric)
    }
  }
  const port = queriesOf(dashboard).find(({ where }) => where.includes('Now: odd_keys'))
  t.regex(port?.expr ?? '', /by \(group, port, mac, agent, ifname, ifindex\)/)
  t.regex(JSON.stringify(dashboard), /sflow_flow_sizes_hosts/)
})

test('a wrong definition is one line that names the place', async t => {
  const error = await t.throwsAsync(made('flows: [{ name: bad, keys: "ipsorce" }]\n'), {
    instanceOf: UsageError,
  })
  t.regex(error.message, /ipsorce/)
})

test('without a folder and a file it writes ./dashboards, of the shipped flows', t => {
  const cwd = temporaryFolder(t)
  execFileSync(process.execPath, [join(ROOT, 'src/main.ts'), 'dashboards'], { cwd, stdio: 'pipe' })
  t.true(readdirSync(join(cwd, 'dashboards')).includes('sflow-own-flows.json'))
})
