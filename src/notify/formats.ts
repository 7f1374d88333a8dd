/**
 * The two bodies that alerts are sent in: a list for Alertmanager's API v2, and its webhook version
 * 4 for the controller. Both ends treat what comes twice as what came once.
 */
import type { BridgeAlert } from './alert.ts'

export interface AlertFormat {
  readonly path: string
  /** Alerts that this receiver has a use for. */
  wants(alert: BridgeAlert): boolean
  body(alerts: readonly BridgeAlert[], context: FormatContext): unknown
}

export interface FormatContext {
  readonly nowMs: number
  /** When an alert ends by itself if it is not sent again. */
  readonly validMs: number
  /** Address of the bridge, for people who want to look closer; may be empty. */
  readonly externalUrl: string
}

/** How both say "not yet": Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z'

export const ALERTMANAGER_FORMAT: AlertFormat = {
  path: '/api/v2/alerts',
  wants: () => true,
  body: (alerts, { nowMs, validMs, externalUrl }) =>
    alerts.map(alert => ({
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: time(alert.startsAtMs),
      endsAt: time(alert.endsAtMs ?? nowMs + validMs),
      ...(externalUrl === '' ? {} : { generatorURL: externalUrl }),
    })),
}

export const CONTROLLER_FORMAT: AlertFormat = {
  path: '/api/v1/alerts',
  // The controller acts on nothing else.
  wants: ({ labels }) => labels.acl_action !== undefined,
  body: (alerts, { externalUrl }) => ({
    version: '4',
    receiver: 'sflow-bridge',
    groupKey: 'sflow-bridge',
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: externalUrl,
    alerts: alerts.map(alert => ({
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: time(alert.startsAtMs),
      endsAt: alert.endsAtMs === undefined ? NEVER : time(alert.endsAtMs),
      generatorURL: externalUrl,
      fingerprint: alert.fingerprint,
    })),
  }),
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
