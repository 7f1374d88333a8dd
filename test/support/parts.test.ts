import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openvswitchEnvironment, openvswitchSchema, part } from './parts.ts'

test('a part is a program that runs', t => {
  t.regex(execFileSync(part('promtool'), ['--version'], { encoding: 'utf8' }), /^promtool, version/)
  t.is(part('promtool'), part('promtool'))
})

test('a program of npm with the name of a part is not mistaken for it', t => {
  t.notRegex(part('nft'), /node_modules/)
})

test('Open vSwitch makes its database from the schema that belongs to it', t => {
  const folder = mkdtempSync(join(tmpdir(), 'parts-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const env = openvswitchEnvironment(folder)
  execFileSync(part('ovsdb-tool'), ['create', join(folder, 'conf.db'), openvswitchSchema()], {
    env,
  })
  const words = ['db-name', join(folder, 'conf.db')]
  t.is(execFileSync(part('ovsdb-tool'), words, { env, encoding: 'utf8' }), 'Open_vSwitch\n')
})
