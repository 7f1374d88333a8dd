/**
 * What real agents sent, as the reference decoder reads it, against what the engine exposes: every
 * numeric counter field of every capture has its last value on the page, or a listed reason why not.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { COUNTER_FAMILIES } from '../../src/engine/families.ts'
import type { Metric } from '../../src/structures/define.ts'
import { counterStructureByTag } from '../../src/structures/index.ts'
import { CAPTURES, feedCapture, readings, testEngine } from '../support/engine.ts'

/** Fields that are no metric of their own, and why. By tag and the reference's key. */
const NO_METRIC: Readonly<Record<string, string>> = {
  '0:1 ifIndex': 'the label ifindex',
  '0:1 networkType': 'the label iftype of sflow_interface_info',
  '0:1004 openflow_datapath_id': 'an identity',
  '0:1004 openflow_port': 'an identity',
  '0:2000 machine_type': 'the label machine of sflow_host_info',
  '0:2000 os_name': 'the label os of sflow_host_info',
  '0:2002 parent_dsClass': 'tells the label host',
  '0:2002 parent_dsIndex': 'tells the label host',
  '0:2007 ipReasmTimeout': 'a constant of the kernel',
  '0:2009 tcpRtoAlgorithm': 'a constant of the kernel',
  '0:2009 tcpMaxConn': 'a constant of the kernel',
}

/** MIB-II ICMP is filled by position on current Linux kernels: only two fields can be trusted. */
const SHIFTED = /^0:2008 icmp(?!InMsgs$|InErrors$)/

interface Reference {
  readonly samples?: readonly {
    readonly sampleType: string
    readonly sourceId: string
    readonly elements: readonly Readonly<Record<string, unknown>>[]
  }[]
}

for (const name of CAPTURES) {
  test(`${name}: every counter field of the reference has its last value on the page`, async t => {
    const engine = testEngine()
    const endMs = await feedCapture(engine, name)
    engine.tick(endMs + 31_000)
    const page = readings(engine)
    const wanted = new Map<string, number>()
    const unexplained = new Set<string>()
    for (const [place, raw] of lastValues(name)) {
      const [source = '', tag = '', key = ''] = place.split(' ')
      const what = `${tag} ${key}`
      const [enterprise, format] = tag.split(':').map(Number) as [number, number]
      const structure = counterStructureByTag.get(enterprise * 4096 + format)
      const field = structure?.fields.find(one => (one.tool ?? one.name) === key)
      if (!field?.metrics.length) {
        if (NO_METRIC[what] === undefined && !SHIFTED.test(what)) unexplained.add(what)
        continue
      }
      for (const metric of field.metrics) {
        const series = seriesOf(engine, source, metric, raw)
        for (const [one, value] of series) wanted.set(one, value)
      }
    }
    t.deepEqual(Array.from(unexplained), [])
    if (name !== 'pmacct') t.true(wanted.size > 20, 'the reference holds counters')
    for (const [series, value] of wanted) t.is(page.get(series), value, series)
    const families = new Set(COUNTER_FAMILIES.map(family => family.name))
    for (const series of page.keys()) {
      if (families.has(series.replace(/\{.*/, '')))
        t.true(wanted.has(series), `${series} has no source`)
    }
  })
}

/** `source tag key` → the last value that the reference printed. Texts and lists are left out. */
function lastValues(name: string): Map<string, number> {
  const last = new Map<string, number>()
  const path = new URL(`../captures/${name}.sflowtool.jsonl`, import.meta.url)
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    for (const sample of (JSON.parse(line) as Reference).samples ?? []) {
      if (sample.sampleType !== 'COUNTERSSAMPLE') continue
      for (const element of sample.elements) {
        for (const [key, text] of Object.entries(element)) {
          if (key === 'counterBlock_tag' || typeof text !== 'string') continue
          const value = key === 'openflow_datapath_id' ? 1 : Number(text)
          if (Number.isNaN(value)) continue
          last.set(`${sample.sourceId} ${element.counterBlock_tag} ${key}`, value)
        }
      }
    }
  }
  return last
}

/** The series that a metric of this source must have, from the reference's number alone. */
function seriesOf(
  engine: ReturnType<typeof testEngine>,
  sourceId: string,
  metric: Metric,
  raw: number,
): [string, number][] {
  const [sourceClass, index] = sourceId.split(':').map(Number)
  const [agent] = engine.registry.agents.values()
  if (agent === undefined) throw new Error('no agent')
  const source = engine.registry.find(agent, sourceClass as number, index as number)
  if (source === undefined) throw new Error(`no source ${sourceId}`)
  const { kind } = source
  const word = kind === 'vm' || kind === 'jvm' ? kind : 'container'
  const name = metric.name.replace(/^sflow_container_/, `sflow_${word}_`)
  const own = /^sflow_(interface|host|hypervisor|container|vm)_/.test(name)
    ? source.labels
    : undefined
  const labels = own ?? `agent="${agent.address}",source="${sourceId}"`
  const extra = (more: Readonly<Record<string, string>>) =>
    Object.entries({ ...metric.labels, ...more })
      .map(([label, value]) => `,${label}="${value}"`)
      .join('')
  if (raw === 0xffffffff || raw >= 2 ** 63 || metric.unknown?.includes(raw)) return []
  if (metric.states !== undefined) {
    return metric.states.map((state, number) => [
      `${name}{${labels}${extra({ state })}}`,
      number === raw ? 1 : 0,
    ])
  }
  let value = raw / (metric.divisor ?? 1)
  if (metric.factor !== undefined) value = raw * metric.factor
  if (metric.bit !== undefined) value = (raw >> metric.bit) & 1
  if (metric.equals !== undefined) value = raw === metric.equals ? 1 : 0
  // The reference prints hundredths of a percent with their point.
  if (name.endsWith('_used_max_ratio')) value = Math.round(raw * 100) / 10_000
  return [[`${name}{${labels}${extra({})}}`, value]]
}
