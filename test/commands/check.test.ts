// biome-ignore-all lint/suspicious/noTemplateCurlyInString: how the configuration file refers to secrets
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { formatFault } from '../../src/config/source.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { runCommand } from './run-command.ts'

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'check-')), 'c.yaml')
  writeFileSync(file, text)
  return file
}

test('a good file is status 0, with what it costs at worst', async t => {
  const limits = '{flow_hold: 3s, flow_entries: 256, flow_memory: 2h, threshold_crossings: 7}'
  const file = fileWith(`limits: ${limits}\n`)
  const { status, stdout, stderr } = await runCommand(['check', `--config.file=${file}`])
  t.is(status, 0)
  t.regex(stdout, /: good\n {2}at most [\d,]+ flows of \d+ definitions/)
  const definitions = Number(/ flows of (\d+) definitions/.exec(stdout)?.[1])
  const byInterface = SHIPPED_FLOWS.filter(flow => 'by' in flow && flow.by === 'interface').length
  const entries = ((definitions + byInterface) * 256).toLocaleString('en')
  t.regex(
    stdout,
    new RegExp(`at most ${entries} entries of flow tables, [\\d,]+ totals remembered for 2h`),
  )
  t.regex(stdout, /, 7 crossings of a threshold at a time\n/)
  t.is(stderr, '')
})

test('a bad file is status 1, with every fault on a line of its own', async t => {
  const file = fileWith('limit: {}\nlimits:\n  agents: -1\n')
  t.deepEqual(await runCommand(['check', `--config.file=${file}`]), {
    status: 1,
    stdout: '',
    stderr: [
      `${file}:1:1: limit: unknown key, did you mean limits?`,
      `${file}:3:11: limits.agents: expected at least 1`,
      `${file}: 2 faults`,
      '',
    ].join('\n'),
  })
})

test('a missing file is one clear line and status 2; none at all means the defaults', async t => {
  t.deepEqual(await runCommand(['check', '--config.file=/nowhere/c.yaml']), {
    status: 2,
    stdout: '',
    stderr: 'sflow-bridge: --config.file=/nowhere/c.yaml: there is no such file\n',
  })
  const none = await runCommand(['check'])
  t.deepEqual([none.status, none.stderr], [0, ''])
  t.regex(none.stdout, /^the defaults: good\n/)
})

test('commands that cannot go on without say one line and end with status 2', async t => {
  const file = fileWith('limit: {}\nlimits:\n  agents: -1\n')
  for (const command of ['serve', 'controller', 'acl-agent', 'dashboards', 'capacity', 'dns-sd']) {
    t.deepEqual(
      await runCommand([command, `--config.file=${file}`]),
      {
        status: 2,
        stdout: '',
        stderr: `sflow-bridge: ${file}:1:1: limit: unknown key, did you mean limits? (and 1 more: sflow-bridge check tells all)\n`,
      },
      command,
    )
  }
})

test('secrets of variables are read and never printed', async t => {
  const file = fileWith('notify:\n  controller:\n    url: ${env:CONTROLLER}\n')
  const good = await runCommand(['check', `--config.file=${file}`], {
    CONTROLLER: 'http://c:16344',
  })
  t.is(good.status, 0)
  const bad = await runCommand(['check', `--config.file=${file}`], { CONTROLLER: 'hunter2' })
  t.is(bad.status, 1)
  t.false(`${bad.stdout}${bad.stderr}`.includes('hunter2'))
})

const EXAMPLES = fileURLToPath(new URL('../../deploy/examples/', import.meta.url))
/** Those that begin with `web-` are for --web.config.file, and tested with promtool. */
const NAMES = readdirSync(EXAMPLES).filter(
  name => name.endsWith('.yaml') && !name.startsWith('web-'),
)

test('there are examples', t => {
  t.true(NAMES.length >= 5, NAMES.join())
})

for (const name of NAMES) {
  test(`deploy/examples/${name} is good`, t => {
    const result = loadConfig(`${EXAMPLES}${name}`, {
      CONTROLLER_TOKEN: 'a-token-of-32-characters-or-more-0001',
      ALERTS_TOKEN: 'a-token-of-32-characters-or-more-0002',
      ACL_AGENT_TOKEN: 'a-token-of-32-characters-or-more-0003',
    })
    t.deepEqual('faults' in result ? result.faults.map(formatFault) : [], [])
  })
}
