import test from 'ava'
import { ALERT_LIMITS } from '../../../src/acl/controller/alert.ts'
import { narrowActiveAlerts } from '../../../src/acl/controller/alerts-api.ts'
import { narrowWebhook } from '../../../src/acl/controller/webhook.ts'
import { attack, webhook } from './support/rig.ts'

function taken(body: unknown) {
  const result = narrowWebhook(body)
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

const NOT_WEBHOOKS: readonly [what: string, body: unknown, reason: string][] = [
  ['a string', 'x', 'not_an_object'],
  ['null', null, 'not_an_object'],
  ['a list', [], 'not_an_object'],
  ['an empty object', {}, 'wrong_version'],
  ['version 3', { ...webhook(), version: '3' }, 'wrong_version'],
  ['a number as version', { ...webhook(), version: 4 }, 'wrong_version'],
  ['version 1 of nobody', { ...webhook(), version: '1' }, 'wrong_version'],
  ['no alerts', { ...webhook(), alerts: undefined }, 'no_alerts'],
  ['alerts that are no list', { ...webhook(), alerts: {} }, 'no_alerts'],
  [
    'too many alerts',
    webhook(...Array(ALERT_LIMITS.alertsMax + 1).fill(attack())),
    'too_many_alerts',
  ],
]

for (const [what, body, reason] of NOT_WEBHOOKS) {
  test(`refused whole: ${what}`, t => {
    t.deepEqual(narrowWebhook(body), { ok: false, reason: reason as never })
  })
}

const long = 'x'.repeat(ALERT_LIMITS.valueLengthMax + 1)
const many = Object.fromEntries(
  Array.from({ length: ALERT_LIMITS.labelsMax + 1 }, (_, i) => [`l${i}`, 'x']),
)
const BAD_ALERTS: readonly [what: string, alert: unknown, reason: string][] = [
  ['no object', 7, 'not_an_alert'],
  ['no status', { ...attack(), status: undefined }, 'bad_status'],
  ['an unknown status', { ...attack(), status: 'pending' }, 'bad_status'],
  ['no labels', { ...attack(), labels: undefined }, 'bad_labels'],
  ['a label that is a number', { ...attack(), labels: { acl_action: 1 } }, 'bad_labels'],
  ['a label that is a list', { ...attack(), labels: { acl_action: ['drop'] } }, 'bad_labels'],
  ['a long value', attack({ labels: { x: long } }), 'label_too_long'],
  ['a long name', attack({ labels: { [long]: 'x' } }), 'label_too_long'],
  ['too many labels', attack({ labels: many }), 'too_many_labels'],
  ['no time', { ...attack(), startsAt: undefined }, 'bad_time'],
  ['the zero time', attack({ startsAt: '0001-01-01T00:00:00Z' }), 'bad_time'],
  ['words for a time', attack({ startsAt: 'yesterday' }), 'bad_time'],
]

for (const [what, alert, reason] of BAD_ALERTS) {
  test(`refused alone, its neighbour is taken: ${what}`, t => {
    const { alerts, refused } = taken(webhook(alert, attack()))
    t.is(alerts.length, 1)
    t.deepEqual(
      refused.map(one => one.reason),
      [reason as never],
    )
  })
}

test('alerts without acl_action are other people’s business', t => {
  const other = { ...attack(), labels: { alertname: 'InterfaceDown' } }
  t.like(taken(webhook(other, attack())), { ignored: 1, refused: [] })
})

test('unknown keys are ignored, at every level', t => {
  const body = { ...webhook({ ...attack(), fresh: { a: 1 } }), notification_reason: 'new' }
  t.is(taken(body).alerts.length, 1)
})

test('labels named like parts of Object do no harm', t => {
  const labels = JSON.parse('{"__proto__": "x", "constructor": "y", "acl_action": "drop"}')
  const [alert] = taken(webhook({ ...attack(), labels })).alerts
  t.is(new Map(Object.entries(alert?.labels ?? {})).get('constructor'), 'y')
  t.is(Object.getPrototypeOf(alert?.labels), null)
  t.is(({} as Record<string, unknown>).x, undefined)
})

test('a missing fingerprint is made from the labels, whatever their order', t => {
  const one = {
    ...attack(),
    fingerprint: undefined,
    labels: { acl_action: 'drop', a: '1', b: '2' },
  }
  const other = { ...one, labels: { b: '2', a: '1', acl_action: 'drop' } }
  const different = { ...one, labels: { ...one.labels, b: '3' } }
  const keys = taken(webhook(one, other, different)).alerts.map(alert => alert.key)
  t.is(keys[0], keys[1])
  t.not(keys[0], keys[2])
})

test('numbers come from annotations before labels, and only if they are numbers', t => {
  const words = {
    labels: { value: '1', threshold: '7' },
    annotations: { value: '2.5e+07', lower: '12 MB', threshold: 'NaN', upper: '0x10' },
  }
  const [alert] = taken(webhook(attack(words))).alerts
  t.deepEqual(alert?.numbers, { value: 25_000_000, threshold: 7 })
})

test('a relative error gives the bounds that are not told', t => {
  const alert = { ...attack(), annotations: { value: '100', error_ratio: '0.25' } }
  t.like(taken(webhook(alert)).alerts[0]?.numbers, { lower: 75, upper: 125 })
})

test('nanoseconds and offsets are times, as Go writes them', t => {
  const startsAt = '2026-01-02T05:04:05.123456789+02:00'
  const [alert] = taken(webhook(attack({ startsAt }))).alerts
  t.is(alert?.startsAtMs, Date.parse('2026-01-02T03:04:05.123Z'))
})

test('left-out alerts are told', t => {
  t.is(taken({ ...webhook(attack()), truncatedAlerts: 12 }).truncated, 12)
  t.is(taken({ ...webhook(attack()), truncatedAlerts: -1 }).truncated, 0)
})

test('Alertmanager’s list: only active control alerts count, silenced ones do not', t => {
  const item = (state: string, labels = {}) => ({
    ...attack(),
    labels: { acl_action: 'drop', ...labels },
    status: { state, silencedBy: [], inhibitedBy: [] },
    receivers: [{ name: 'controller' }],
  })
  const list = [
    item('active'),
    item('suppressed'),
    item('unprocessed'),
    { ...item('active'), labels: {} },
    7,
  ]
  const result = narrowActiveAlerts(list)
  t.true(result.ok && result.value.alerts.length === 1 && result.value.unread === 1)
  t.deepEqual(narrowActiveAlerts({}), { ok: false, reason: 'not_a_list' })
})
