/**
 * From the body of `POST /api/v1/alerts` to alerts. Three senders are known: Alertmanager
 * (webhook version "4"), Grafana (version "1"), and the bridge's own events, which are version "4"
 * with the receiver `sflow-bridge`. Unknown keys are ignored: Alertmanager 0.33 added some.
 * A body that is none of these is refused whole; a bad alert in a good body is refused alone,
 * because a 4xx would lose its neighbours for good.
 */
import {
  ALERT_LIMITS,
  type Alert,
  type AlertOrigin,
  type AlertRefusal,
  fingerprintOf,
  isRecord,
  type Narrowed,
  narrowLabels,
  narrowNumbers,
  narrowTime,
  refuse,
} from './alert.ts'

export const WEBHOOK_REFUSALS = [
  'not_an_object',
  'wrong_version',
  'no_alerts',
  'too_many_alerts',
] as const
export type WebhookRefusal = (typeof WEBHOOK_REFUSALS)[number]

export const BRIDGE_RECEIVER = 'sflow-bridge'

export interface Webhook {
  readonly origin: AlertOrigin
  /** Only the alerts that carry `acl_action`; the rest is other people's business. */
  readonly alerts: readonly Alert[]
  readonly ignored: number
  readonly refused: readonly { readonly fingerprint: string; readonly reason: AlertRefusal }[]
  /** Alerts of the group that the sender left out (`max_alerts`). */
  readonly truncated: number
}

export function narrowWebhook(body: unknown): Narrowed<Webhook, WebhookRefusal> {
  if (!isRecord(body)) return refuse('not_an_object')
  const origin = originOf(body)
  if (origin === undefined) return refuse('wrong_version')
  if (!Array.isArray(body.alerts)) return refuse('no_alerts')
  const list: readonly unknown[] = body.alerts
  if (list.length > ALERT_LIMITS.alertsMax) return refuse('too_many_alerts')
  const alerts: Alert[] = []
  const refused: { fingerprint: string; reason: AlertRefusal }[] = []
  let ignored = 0
  for (const item of list) {
    const alert = narrowAlert(item, origin)
    if (!alert.ok) refused.push({ fingerprint: shortFingerprint(item), reason: alert.reason })
    else if (alert.value.labels.acl_action === undefined) ignored += 1
    else alerts.push(alert.value)
  }
  const truncated = body.truncatedAlerts
  return {
    ok: true,
    value: {
      origin,
      alerts,
      ignored,
      refused,
      truncated: typeof truncated === 'number' && truncated > 0 ? Math.floor(truncated) : 0,
    },
  }
}

function originOf(body: Readonly<Record<string, unknown>>): AlertOrigin | undefined {
  if (body.version === '4') {
    return body.receiver === BRIDGE_RECEIVER ? 'bridge' : 'alertmanager'
  }
  return body.version === '1' && 'orgId' in body ? 'grafana' : undefined
}

function narrowAlert(item: unknown, origin: AlertOrigin): Narrowed<Alert, AlertRefusal> {
  if (!isRecord(item)) return refuse('not_an_alert')
  const status = item.status
  if (status !== 'firing' && status !== 'resolved') return refuse('bad_status')
  const labels = narrowLabels(item.labels)
  if (!labels.ok) return labels
  const startsAtMs = narrowTime(item.startsAt)
  if (startsAtMs === undefined) return refuse('bad_time')
  const fingerprint = fingerprintOf(item.fingerprint, labels.value)
  const numbers = narrowNumbers([item.annotations, labels.value, item.values])
  const key = `${origin}/${fingerprint}`
  return {
    ok: true,
    value: { key, origin, fingerprint, status, labels: labels.value, numbers, startsAtMs },
  }
}

/** For the answer and the audit line of a refused alert: never more than a fingerprint. */
function shortFingerprint(item: unknown): string {
  const given = isRecord(item) ? item.fingerprint : undefined
  return typeof given === 'string' && /^[0-9a-zA-Z]{1,64}$/.test(given) ? given : ''
}
