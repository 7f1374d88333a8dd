// biome-ignore-all lint/suspicious/noTemplateCurlyInString: how the configuration file refers to secrets
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { formatFault } from '../../src/config/source.ts'
import { UsageError } from '../../src/usage-error.ts'

function faults(text: string, env: Record<string, string> = {}): readonly string[] {
  const result = parseConfig(text, 'c.yaml', env)
  return 'faults' in result ? result.faults.map(formatFault) : []
}

function good(text: string, env: Record<string, string> = {}): Config {
  const result = parseConfig(text, 'c.yaml', env)
  if ('faults' in result) throw new Error(result.faults.map(formatFault).join('\n'))
  return result.config
}

test('no file, an empty file and empty sections all mean the defaults', t => {
  const result = loadConfig(undefined, {})
  const defaults = 'config' in result ? result.config : undefined
  t.deepEqual(good(''), defaults)
  t.deepEqual(good('# nothing\n'), defaults)
  t.deepEqual(good('listen: {}\nlimits: {}\nnames: {}\nnotify: {}\n'), defaults)
  t.deepEqual(good('limits:\n  # agents: 5\nflows:\nnames:\n'), defaults)
  t.is(defaults?.limits.flow_hold, 35_000)
  t.is(defaults?.limits.agent_silence, 86_400_000)
  t.deepEqual(defaults?.listen.sflow, [':6343'])
})

test('durations are read into milliseconds', t => {
  const { limits } = good('limits: {flow_hold: 3s, idle: 1m30s, agent_silence: 1d}')
  t.deepEqual([limits.flow_hold, limits.idle, limits.agent_silence], [3_000, 90_000, 86_400_000])
})

const FAULTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'a key that nobody knows': [
    'listen:\n  sflows: [":6343"]\n',
    'c.yaml:2:3: listen.sflows: unknown key, did you mean sflow?',
  ],
  'a section that nobody knows': [
    'limit: {}\n',
    'c.yaml:1:1: limit: unknown key, did you mean limits?',
  ],
  'a key far from every known one': [
    'notify:\n  xyzzyplugh: 1\n',
    'c.yaml:2:3: notify.xyzzyplugh: unknown key; known are alertmanager, controller',
  ],
  'every fault, in the order of the file': [
    'limits:\n  idle: 5\n  agents: many\nlisten:\n  workers: 0\n',
    'c.yaml:2:9: limits.idle: expected a duration such as 30s or 1h30m',
    'c.yaml:3:11: limits.agents: expected a number, found text',
    'c.yaml:5:12: listen.workers: expected at least 1',
  ],
  'what would be right but for its form': [
    'listen: {sflow: ":6343", allowed_agents: [4]}\nlimits: {agents: "5", hosts: 1.5}\n',
    'c.yaml:1:17: listen.sflow: expected a list, found text: write it in [ ]',
    'c.yaml:1:43: listen.allowed_agents[0]: expected text, found a number: write it in quotes',
    'c.yaml:2:18: limits.agents: expected a number, found text: write it without quotes',
    'c.yaml:2:30: limits.hosts: expected a whole number, found a fraction',
  ],
  'a duration out of bounds': [
    'limits: {expiry_floor: 1ms}\n',
    'c.yaml:1:24: limits.expiry_floor: expected a duration from 1s to 1d',
  ],
  'a key given twice': [
    'limits: {}\nlisten: {}\nlimits: {}\n',
    'c.yaml:3:1: this key stands twice',
  ],
  'no YAML': [
    'limits: [1\n',
    'c.yaml:2:1: flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  'a tag of other programs': [
    'limits: !!js/function "x"\n',
    'c.yaml:1:9: unresolved tag: tag:yaml.org,2002:js/function',
    'c.yaml:1:23: limits: expected keys and values, found text',
  ],
  'two documents': ['limits: {}\n---\nlisten: {}\n', 'c.yaml:2:1: a second document begins here'],
  'a list where keys are': ['- a\n', 'c.yaml:1:1: expected keys and values, found a list'],
  'a union by the branch that was meant': [
    'notify:\n  alertmanager:\n    - url: ftp://x\n    - 5\n',
    'c.yaml:3:12: notify.alertmanager[0].url: expected a URL such as http://127.0.0.1:9093, without user and password',
    'c.yaml:4:7: notify.alertmanager[1]: expected text or keys and values, found a number',
  ],
  'one of several forms that is missing': [
    'controller: {agents: [{name: a, guards: [{agent: "*"}]}]}\n',
    'c.yaml:1:23: controller.agents[0].endpoint: is missing',
  ],
  'a hold in which hits are not seen': [
    'controller: {policies: [{name: floods, action: drop, hold: 10s}]}\n',
    'c.yaml:1:60: controller.policies[0].hold: policy "floods": hold must be at least twice requests.reconcile (15s), or hits cannot be seen',
  ],
  'both ways to authenticate': [
    'notify: {controller: {url: "http://x", bearer_token: a, basic_auth: {username: b, password: c}}}\n',
    'c.yaml:1:22: notify.controller: bearer_token and basic_auth exclude each other',
  ],
  'keys under a list entry': [
    'names:\n  interfaces:\n    192.0.2.1: {1: {nam: x}}\n    leaf1: {}\n',
    'c.yaml:3:21: names.interfaces["192.0.2.1"].1.nam: unknown key, did you mean name?',
    'c.yaml:4:5: names.interfaces.leaf1: expected an IPv4 or IPv6 address',
  ],
  'a quota above its table': [
    'limits:\n  hosts: 10\n  hosts_per_agent: 20\n',
    'c.yaml:3:20: limits.hosts_per_agent: more than limits.hosts, which is 10',
  ],
}

for (const [what, [text, ...expected]] of Object.entries(FAULTS)) {
  test(`the place and rule are told of ${what}`, t => {
    t.deepEqual(faults(text), expected)
  })
}

test('a file with Windows line ends and a byte order mark is read, its faults placed right', t => {
  t.deepEqual(faults('\uFEFFlimits:\r\n  agents: x\r\n'), [
    'c.yaml:2:11: limits.agents: expected a number, found text',
  ])
})

test('aliases and merge keys work, an alias bomb does not', t => {
  const { notify } = good('notify:\n  alertmanager: &one [{url: "http://a"}]\n  controller: *one\n')
  t.is(notify.controller[0]?.url, 'http://a')
  const levels = Array.from({ length: 9 }, (_, i) => {
    const before = i === 0 ? '"x"' : `*a${i - 1}`
    return `a${i}: &a${i} [${Array(9).fill(before).join(', ')}]`
  })
  t.regex(faults(levels.join('\n'))[0] ?? '', /excessive alias count/)
})

test('a file of more than 4 MiB is refused before it is parsed', t => {
  t.regex(faults(`# ${'x'.repeat(5_000_000)}`)[0] ?? '', /more than 4 MiB/)
})

test('garbage never throws', t => {
  const words = [
    'limits',
    ':',
    '\n',
    ' ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a',
    '*a',
    '!!',
    '|',
    '>',
    '#',
    '\t',
    '1',
    '~',
    '? ',
    '%',
    '@',
    '\0',
    'notify',
    ',',
  ]
  let seed = 7
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed
  }
  for (let i = 0; i < 3_000; i++) {
    const text = Array.from({ length: next() % 30 }, () => words[next() % words.length]).join('')
    t.notThrows(() => parseConfig(text, 'c.yaml', {}), JSON.stringify(text))
  }
})

test('a missing file is a UsageError, not a fault', t => {
  t.throws(() => loadConfig('/nowhere/c.yaml', {}), {
    instanceOf: UsageError,
    message: '--config.file=/nowhere/c.yaml: there is no such file',
  })
})

const TOKEN = 'notify: {controller: {url: "http://x", bearer_token: "REF"}}\n'

test('a secret comes from a variable or a file, and from nowhere else', t => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  writeFileSync(join(folder, 'token'), 'from-file\n')
  const token = (reference: string) => {
    const text = TOKEN.replace('REF', reference)
    const result = parseConfig(text, join(folder, 'c.yaml'), { TOKEN: 'from-env' })
    return 'config' in result
      ? result.config.notify.controller[0]?.bearer_token
      : result.faults.map(({ rule }) => rule)
  }
  t.is(token('${env:TOKEN}'), 'from-env')
  t.is(token('${file:token}'), 'from-file')
  t.is(token(`\${file:${join(folder, 'token')}}`), 'from-file')
  t.is(token('$TOKEN'), '$TOKEN')
  t.is(token('${TOKEN}'), '${TOKEN}')
  t.deepEqual(token('${env:NONE}'), ['the variable NONE is not set'])
  t.deepEqual(token('${file:none}'), ['cannot read none (ENOENT)'])
  t.deepEqual(token('x${env:TOKEN}'), ['a reference such as ${env:NAME} must be the whole value'])
})

test('a fault never prints a secret', t => {
  const env = { URL: 'http://me:hunter2@x' }
  const told = faults('listen: {sflow: ["${env:URL}"]}\n', env)
  t.is(told.length, 1)
  t.false(told.join().includes('hunter2'))
  t.regex(told[0] ?? '', /\[secret\]/)
})

test('a secret that itself looks like a reference is taken as it is', t => {
  const { notify } = good(TOKEN.replace('REF', '${env:A}'), { A: '${env:B}', B: 'x' })
  t.is(notify.controller[0]?.bearer_token, '${env:B}')
})

test('certificates are looked for beside the configuration file', t => {
  const text = 'notify: {controller: {url: "https://c", tls_config: {ca_file: ca.crt}}}\n'
  const result = parseConfig(text, '/etc/sflow-bridge/c.yaml', {})
  const [endpoint] = 'config' in result ? result.config.notify.controller : []
  t.is(endpoint?.tls_config?.ca_file, '/etc/sflow-bridge/ca.crt')
})

test('a names file lies over the tables of the configuration file', t => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  const file = join(folder, 'c.yaml')
  const text = [
    'names:',
    '  file: names.json',
    '  hosts: {a: from-config, b: from-config}',
    '  interfaces: {192.0.2.1: {1: swp1, 2: swp2}}',
    '',
  ].join('\n')
  const inFile = {
    interfaces: {
      '192.0.2.1': { 2: { name: 'uplink', alias: 'to spine1' } },
      '2001:DB8:0::1': { 7: 'eth7' },
    },
    hosts: { b: 'from-file' },
  }
  writeFileSync(join(folder, 'names.json'), JSON.stringify(inFile))
  const result = parseConfig(text, file, {})
  t.like('config' in result ? result.config.names : undefined, {
    interfaces: {
      '192.0.2.1': { 1: { name: 'swp1' }, 2: { name: 'uplink', alias: 'to spine1' } },
      '2001:db8::1': { 7: { name: 'eth7' } },
    },
    hosts: { a: 'from-config', b: 'from-file' },
  })
})

test('faults of a names file are told with its own lines', t => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  writeFileSync(join(folder, 'names.yaml'), 'kinds:\n  nginx*: container\n  x: box\n')
  const result = parseConfig('names: {file: names.yaml}\n', join(folder, 'c.yaml'), {})
  const told = 'faults' in result ? result.faults.map(formatFault) : []
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /names\.yaml:3:6: kinds\.x: /)
  const missing = parseConfig('names:\n  file: none.yaml\n', join(folder, 'c.yaml'), {})
  t.like(missing, { faults: [{ line: 2, column: 9, rule: 'cannot read none.yaml (ENOENT)' }] })
})
