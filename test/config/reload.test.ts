import { readFileSync } from 'node:fs'
import test from 'ava'
import { type LoadResult, parseConfig } from '../../src/config/load.ts'
import { createReload, reloadOnHangup } from '../../src/config/reload.ts'
import type { Config } from '../../src/config/schema.ts'
import { START_ONLY } from '../../src/config/start-only.ts'
import { createLog } from '../../src/log.ts'

const log = createLog('silent')

function loaded(text: string): LoadResult {
  return parseConfig(text, 'c.yaml', {})
}

test('a good file is applied and reported', async t => {
  const applied: Config[] = []
  const results: boolean[] = []
  const reload = createReload({
    load: () => loaded('limits: {flow_hold: 3s}'),
    apply: config => void applied.push(config),
    onResult: successful => results.push(successful),
    log,
  })
  await reload()
  t.is(applied[0]?.limits.flow_hold, 3_000)
  t.deepEqual(results, [true])
})

test('a bad file is not applied, and its faults are told', async t => {
  const results: boolean[] = []
  const reload = createReload({
    load: () => loaded('limits: {agents: x}'),
    apply: () => t.fail(),
    onResult: successful => results.push(successful),
    log,
  })
  await t.throwsAsync(reload(), { message: /^c\.yaml:1:18: limits\.agents: / })
  t.deepEqual(results, [false])
})

test('a file that is gone, and one that cannot be applied, are reported likewise', async t => {
  const results: boolean[] = []
  const onResult = (successful: boolean) => void results.push(successful)
  const gone = createReload({
    load: () => {
      throw new Error('there is no such file')
    },
    apply: () => {},
    onResult,
    log,
  })
  await t.throwsAsync(gone())
  const broken = createReload({
    load: () => loaded(''),
    apply: () => Promise.reject(new Error('two flows of one name')),
    onResult,
    log,
  })
  await t.throwsAsync(broken())
  t.deepEqual(results, [false, false])
})

test('reloads run one after the other, and those that wait are one', async t => {
  const text = { now: 'limits: {agents: 1}' }
  const gate = Promise.withResolvers<void>()
  const applied: number[] = []
  const started = Promise.withResolvers<void>()
  const reload = createReload({
    load: () => loaded(text.now),
    apply: async config => {
      applied.push(config.limits.agents)
      started.resolve()
      if (applied.length === 1) await gate.promise
    },
    onResult: () => {},
    log,
  })
  const first = reload()
  await started.promise
  text.now = 'limits: {agents: 2}'
  const others = [reload(), reload(), reload()]
  gate.resolve()
  await Promise.all([first, ...others])
  t.deepEqual(applied, [1, 2])
})

test('a reload after a failed one is tried anew', async t => {
  let text = 'limits: {agents: x}'
  const results: boolean[] = []
  const reload = createReload({
    load: () => loaded(text),
    apply: () => {},
    onResult: successful => void results.push(successful),
    log,
  })
  await t.throwsAsync(reload())
  text = ''
  await reload()
  t.deepEqual(results, [false, true])
})

test('SIGHUP reloads, even when the last reload failed', async t => {
  const asked: string[] = []
  const emitter = process
  const stop = reloadOnHangup(async () => {
    asked.push('reload')
    throw new Error('bad file')
  })
  emitter.emit('SIGHUP', 'SIGHUP')
  emitter.emit('SIGHUP', 'SIGHUP')
  stop()
  t.is(asked.length, 2)
  t.is(process.listenerCount('SIGHUP'), 0)
})

test('who changes what is read at the start only is told which keys take a restart', async t => {
  const lines: string[] = []
  const told = createLog('info', { write: line => void lines.push(line) })
  const first = loaded('listen: {workers: 1}')
  if (!('config' in first)) return t.fail()
  let text = 'listen: {workers: 2}\nlimits: {flow_hold: 3s, agents: 7}'
  const reload = createReload({
    load: () => loaded(text),
    apply: () => {},
    start: { config: first.config, keys: START_ONLY.serve },
    onResult: () => {},
    log: told,
  })
  await reload()
  t.deepEqual((JSON.parse(lines.at(-1) ?? '') as { keys: unknown }).keys, [
    'listen.workers',
    'limits.flow_hold',
  ])
  text = 'listen: {workers: 1}'
  await reload()
  t.regex(lines.at(-1) ?? '', /configuration reloaded/)
})

test('keys that take a restart are keys, and the page about the configuration names them', async t => {
  const { config } = loaded('') as { readonly config: Config }
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  for (const key of Object.values(START_ONLY).flat()) {
    const [section = '', name] = key.split('.')
    const values = config[section as keyof Config] as Record<string, unknown>
    t.true(name === undefined ? values !== undefined : Object.hasOwn(values, name), key)
    t.true(page.includes(`\`${key}\``), key)
  }
})
