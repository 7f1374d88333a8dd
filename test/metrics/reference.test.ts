import { readFileSync } from 'node:fs'
import test from 'ava'
import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { metricsReferenceText } from '../../src/metrics/reference.ts'

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
