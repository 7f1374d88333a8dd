// The generated page of keys and functions: fresh, and whole.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { FUNCTIONS } from '../../src/flows/functions/table.ts'
import { flowKeysReferenceText } from '../../src/flows/keys/reference.ts'
import { FLOW_KEYS } from '../../src/flows/keys/table.ts'

test('docs/reference/flow-keys.md is what the program says (npm run docs)', t => {
  const page = readFileSync(new URL('../../docs/reference/flow-keys.md', import.meta.url), 'utf8')
  t.true(page === flowKeysReferenceText(), 'stale: run npm run docs')
})

test('every key and function has a line, and help that is a sentence', t => {
  const page = flowKeysReferenceText()
  for (const { name, help } of [...FLOW_KEYS, ...FUNCTIONS]) {
    t.true(page.includes(`\`${name}`), name)
    t.regex(help, /^[A-Za-z0-9].*\.( Write a colon as .*\.)?$/s, name)
  }
})
