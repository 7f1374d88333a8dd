/** Who gets which alert, by Alertmanager's own tool: the controller what asks for a rule, people the rest. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { part } from '../support/parts.ts'
import { ROOT, RULE_FILES, rulesOf } from './rule-files.ts'

const FILE = `${ROOT}/prometheus/alertmanager.yml`
const COMPOSE = `${ROOT}/deploy/compose/alertmanager.yml`

interface Config {
  readonly route: {
    readonly routes: readonly {
      readonly receiver: string
      readonly group_by?: readonly string[]
      readonly group_wait?: string
      readonly continue?: boolean
    }[]
  }
  readonly inhibit_rules: readonly { readonly target_matchers: readonly string[] }[]
  readonly receivers: readonly {
    readonly name: string
    readonly webhook_configs?: readonly { readonly url: string; readonly send_resolved: boolean }[]
  }[]
}

const config = parse(readFileSync(FILE, 'utf8')) as Config

function amtool(...words: readonly string[]): string {
  return execFileSync(part('amtool'), words, { encoding: 'utf8', stdio: 'pipe' })
}

function receivers(labels: Readonly<Record<string, string>>, file = FILE): string[] {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  return amtool('config', 'routes', 'test', `--config.file=${file}`, ...words)
    .trim()
    .split(',')
}

test('amtool accepts the configuration', t => {
  for (const file of [FILE, COMPOSE]) t.true(amtool('check-config', file).includes('SUCCESS'))
})

for (const [title, labels, expected] of [
  [
    'a drop goes to the controller and to people',
    { alertname: 'X', acl_action: 'drop', severity: 'critical' },
    ['controller', 'people'],
  ],
  [
    'a limit goes to the controller and to people',
    { alertname: 'X', acl_action: 'limit', severity: 'critical' },
    ['controller', 'people'],
  ],
  [
    'what asks for a rule and is not critical goes to both as well',
    { alertname: 'X', acl_action: 'drop', severity: 'warning' },
    ['controller', 'people'],
  ],
  [
    'an elephant goes to the controller and disturbs nobody',
    { alertname: 'X', acl_action: 'mark', severity: 'info' },
    ['controller', 'nobody'],
  ],
  [
    'an action that the controller does not know goes to people',
    { alertname: 'X', acl_action: 'reboot', severity: 'warning' },
    ['people'],
  ],
  [
    'an alert that asks for nothing goes to people',
    { alertname: 'InterfaceDown', severity: 'warning' },
    ['people'],
  ],
] as const) {
  test(title, t => t.deepEqual(receivers(labels), [...expected]))
}

/** Beside these, every alert goes to people, and to nobody else. */
const OTHER_ROUTES: Readonly<Record<string, readonly string[]>> = {
  UdpReflection: ['controller', 'people'],
  SynFlood: ['controller', 'people'],
  IcmpFlood: ['controller', 'people'],
  ElephantFlow: ['controller', 'nobody'],
  ElephantTalkers: ['nobody'],
}

for (const { alert, labels = {} } of rulesOf(RULE_FILES)) {
  if (alert === undefined) continue
  const expected = OTHER_ROUTES[alert] ?? ['people']
  test(`amtool: ${alert} goes to ${expected.join(' and ')}, as shipped and on Docker`, t => {
    for (const file of [FILE, COMPOSE]) {
      t.deepEqual(receivers({ ...labels, alertname: alert, agent: '10.0.0.1' }, file), expected)
    }
  })
}

test('the controller is told at once, each alert in a group of its own, and of every end', t => {
  const route = config.route.routes.find(one => one.receiver === 'controller')
  t.is(route?.group_wait, '0s')
  t.deepEqual(route?.group_by, ['...'])
  t.true(route?.continue)
  const webhook = config.receivers.find(one => one.name === 'controller')?.webhook_configs?.[0]
  t.regex(webhook?.url ?? '', /:16344\/api\/v1\/alerts$/)
  t.true(webhook?.send_resolved)
})

test('no alert that asks for a rule is ever inhibited', t => {
  for (const { target_matchers } of config.inhibit_rules)
    t.true(target_matchers.includes('acl_action=""'))
})
