/**
 * The list of `GET /api/v2/alerts` of Alertmanager or Grafana, narrowed. It is asked when a webhook said that
 * alerts were left out, at start, and every so often: what it lists as active is firing, what it
 * no longer lists has ended, whatever notification was lost on the way.
 */
import {
  ALERT_LIMITS,
  type Alert,
  type AlertOrigin,
  fingerprintOf,
  isRecord,
  type Narrowed,
  narrowLabels,
  narrowNumbers,
  narrowTime,
  refuse,
} from './alert.ts'

export const ALERTS_API_REFUSALS = ['not_a_list', 'too_many_alerts'] as const
export type AlertsApiRefusal = (typeof ALERTS_API_REFUSALS)[number]

/** Whose alerts can be asked for. Grafana's own Alertmanager has the same API under a path of its own. */
export type AskedOrigin = Exclude<AlertOrigin, 'bridge'>

/** Those of the whole instance, other people's too. */
const ALERTS_API_MAX = ALERT_LIMITS.alertsMax

/**
 * Active control alerts. A silenced or inhibited alert does not count: people silence an alert
 * to stop what it does. Entries that cannot be read are left out and counted.
 */
export function narrowActiveAlerts(
  body: unknown,
  origin: AskedOrigin = 'alertmanager',
): Narrowed<{ readonly alerts: readonly Alert[]; readonly unread: number }, AlertsApiRefusal> {
  if (!Array.isArray(body)) return refuse('not_a_list')
  if (body.length > ALERTS_API_MAX) return refuse('too_many_alerts')
  const alerts: Alert[] = []
  let unread = 0
  for (const item of body as readonly unknown[]) {
    const alert = narrowActive(item, origin)
    if (alert === 'unread') unread += 1
    else if (alert !== 'not_active') alerts.push(alert)
  }
  return { ok: true, value: { alerts, unread } }
}

function narrowActive(item: unknown, origin: AskedOrigin): Alert | 'unread' | 'not_active' {
  if (!isRecord(item) || !isRecord(item.status)) return 'unread'
  if (item.status.state !== 'active') return 'not_active'
  const labels = narrowLabels(item.labels)
  if (!labels.ok) return 'unread'
  if (labels.value.acl_action === undefined) return 'not_active'
  const startsAtMs = narrowTime(item.startsAt)
  if (startsAtMs === undefined) return 'unread'
  const fingerprint = fingerprintOf(item.fingerprint, labels.value)
  return {
    key: `${origin}/${fingerprint}`,
    origin,
    fingerprint,
    status: 'firing',
    labels: labels.value,
    numbers: narrowNumbers([item.annotations, labels.value]),
    startsAtMs,
  }
}
