import { readFileSync } from 'node:fs'
import test from 'ava'
import { structuresReferenceText } from '../../src/structures/reference.ts'
import { DECLARED } from './published.ts'

const PAGE = new URL('../../docs/reference/structures.md', import.meta.url)

test('docs/reference/structures.md is what the declarations say (npm run docs)', t => {
  t.is(readFileSync(PAGE, 'utf8'), structuresReferenceText())
})

test('the page names every structure and every metric', t => {
  const page = structuresReferenceText()
  for (const structure of DECLARED) {
    t.true(page.includes(` ${structure.label} ${structure.name}\n`), structure.name)
    for (const field of [...structure.fields, ...(structure.group?.fields ?? [])]) {
      for (const metric of field.metrics) t.true(page.includes(`\`${metric.name}`), metric.name)
    }
  }
})

test('no two headings of the page have one anchor', t => {
  const headings = [...structuresReferenceText().matchAll(/^### (.*)$/gm)].map(([, text]) => text)
  t.is(new Set(headings).size, headings.length)
})
