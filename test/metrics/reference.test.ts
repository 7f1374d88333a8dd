import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { metricsReferenceText } from '../../src/metrics/reference.ts'
import { startBridge, temporaryFolder } from '../support/processes.ts'

const PAGE = new URL('../../docs/reference/metrics.md', import.meta.url)

test('docs/reference/metrics.md is what the catalogue says (npm run docs)', t => {
  t.is(readFileSync(PAGE, 'utf8'), metricsReferenceText())
})

test('every metric has one line, and its help is a sentence', t => {
  const page = metricsReferenceText()
  for (const { name, help } of metricCatalogue()) {
    t.is(page.split(`| \`${name}\` |`).length, 2, name)
    t.regex(help, /\.( \(.*\))?$/s, name)
  }
})

test('what a bridge with thresholds and receivers exposes is on the page, in the same words', async t => {
  const file = join(temporaryFolder(t), 'bridge.yaml')
  writeFileSync(
    file,
    `thresholds: [{name: big, flow: conversations, value: 10}]
notify: {alertmanager: "http://127.0.0.1:9"}`,
  )
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const reference = metricsReferenceText()
  const helps = (await bridge.page()).matchAll(/^# HELP (sflow_\S+) (.*)$/gm)
  let seen = 0
  for (const [, name = '', help = ''] of helps) {
    if (name.startsWith('sflow_flow_')) continue
    seen += 1
    const line = reference.split('\n').find(one => one.startsWith(`| \`${name}\` |`))
    t.true(line?.endsWith(`| ${help} |`), `${name}: ${help}`)
  }
  t.true(seen > 10)
  t.is(await bridge.end(), 0)
})
