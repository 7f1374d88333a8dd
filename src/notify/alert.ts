/**
 * An event as an alert: labels that identify it, annotations with its numbers. One for each
 * threshold, source and flow; firing again later, it is the same alert with a later start.
 */
import { createHash } from 'node:crypto'
import type { ThresholdEvent } from '../flows/events.ts'

export interface BridgeAlert {
  readonly fingerprint: string
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAtMs: number
  /** When it was resolved; undefined while it fires. */
  readonly endsAtMs: number | undefined
}

/** Alertmanager's own limit is the size of a request; ours keeps one alert far below it. */
const VALUE_LENGTH_MAX = 512

export function alertOf(event: ThresholdEvent): BridgeAlert {
  const labels: Record<string, string> = { alertname: event.thresholdID }
  for (const [name, value] of Object.entries(event.labels)) {
    // Alertmanager takes an empty value for no label.
    if (value !== '') labels[name] = value.slice(0, VALUE_LENGTH_MAX)
  }
  return {
    fingerprint: fingerprint(labels),
    status: event.status,
    labels,
    annotations: {
      summary: summary(event),
      value: String(event.value),
      lower_bound: String(event.lowerBound),
      upper_bound: String(event.upperBound),
      error_ratio: String(event.error),
      threshold: String(event.threshold),
      ...Object.fromEntries(finiteValues(event.values)),
    },
    startsAtMs: event.startedAt,
    endsAtMs: event.status === 'resolved' ? event.timestamp : undefined,
  }
}

function finiteValues(values: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(values)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => [name, String(value)])
}

function summary(event: ThresholdEvent): string {
  const source = [event.agent, event.dataSource].filter(text => text !== '').join(' port ')
  const subject = event.flowKey === '' ? source : `${event.flowKey} at ${source || 'all agents'}`
  const verb = event.status === 'firing' ? 'reached' : 'fell below'
  const value = `${short(event.value)} (${short(event.lowerBound)} to ${short(event.upperBound)})`
  return `${event.metric}: ${subject} ${verb} ${short(event.threshold)}: ${value}`
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'unknown'
}

function fingerprint(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.keys(labels)
    .sort()
    .map(name => JSON.stringify([name, labels[name]]))
  return createHash('sha256').update(sorted.join()).digest('hex').slice(0, 16)
}
