/** From what the API answers to rows of the tables. `search` is what the search looks through. */
import { clock } from './format.js'

export function interfaceRows(answer) {
  const rows = answer.map(
    ([agent, subAgent, index, name, speed, input, output, discards, errors, up]) => ({
      key: `${agent}/${subAgent}/${index}`,
      search: `${agent} ${name} ${index}`.toLowerCase(),
      agent,
      name: name || `ifIndex ${index}`,
      speed,
      input,
      output,
      traffic: (input ?? 0) + (output ?? 0),
      use: speed > 0 ? (Math.max(input ?? 0, output ?? 0) * 8) / speed : Number.NaN,
      discards,
      errors,
      up,
    }),
  )
  return rows.sort((a, b) => b.traffic - a.traffic)
}

export function agentRows(answer) {
  const nowMs = Date.now()
  const rows = answer.map(row => ({
    ...row,
    shown: row.systemName ? `${row.systemName} (${row.agent})` : row.agent,
    search: `${row.agent} ${row.systemName} ${row.source}`.toLowerCase(),
    age: nowMs - row.lastDatagramMs,
  }))
  return rows.sort((a, b) => b.lost - a.lost || b.datagrams - a.datagrams)
}

export function flowRows(answer) {
  return answer.map(({ key, agent, value, errorRatio, labels }) => {
    const { source, destination, source_port: from, destination_port: to } = labels
    const port = text => (text && text !== '0' ? ` :${text}` : '')
    return {
      search: `${key} ${agent}`.toLowerCase(),
      source: source + port(from),
      destination: destination + port(to),
      value,
      error: errorRatio,
      agent,
    }
  })
}

/** Newest first. */
export function eventRows(answer) {
  const rows = answer.map(event => ({
    ...event,
    search: `${event.thresholdID} ${event.flowKey} ${event.agent} ${event.status}`.toLowerCase(),
    time: clock(event.timestamp),
    what: event.flowKey || event.metric,
    where: [event.agent, event.dataSource].filter(Boolean).join(' port '),
  }))
  return rows.reverse()
}

/** The newest first, those in force before those that ended. */
export function actionRows({ actions }) {
  const rows = actions.map(({ action, match, where, phase, policy, since }) => {
    const { family, ...parts } = match
    const what = Object.entries(parts)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')
    return {
      search: `${action} ${what} ${where} ${phase} ${policy}`.toLowerCase(),
      time: clock(Date.parse(since)),
      since,
      action,
      what,
      where,
      phase,
    }
  })
  const ended = row => (row.phase === 'ended' ? 1 : 0)
  return rows.sort((a, b) => ended(a) - ended(b) || (a.since < b.since ? 1 : -1))
}

export const HOST_READINGS = [
  'sflow_host_load1',
  'sflow_host_cpus',
  'sflow_host_memory_bytes',
  'sflow_host_memory_free_bytes',
  'sflow_host_memory_cached_bytes',
  'sflow_host_memory_buffers_bytes',
]

export function hostRows(answer) {
  const rows = answer
    .filter(row => row.kind === 'host')
    .map(({ name, agent, readings }) => {
      const unused =
        readings.sflow_host_memory_free_bytes +
        (readings.sflow_host_memory_cached_bytes ?? 0) +
        (readings.sflow_host_memory_buffers_bytes ?? 0)
      return {
        search: `${name} ${agent}`.toLowerCase(),
        name,
        agent,
        load: readings.sflow_host_load1,
        cpus: readings.sflow_host_cpus,
        memory: 1 - unused / readings.sflow_host_memory_bytes,
      }
    })
  return rows.sort((a, b) => (b.load ?? 0) - (a.load ?? 0))
}

const GUESTS = ['container', 'vm', 'jvm']

export const CONTAINER_READINGS = GUESTS.flatMap(kind => [
  `sflow_${kind}_memory_used_bytes`,
  `sflow_${kind}_cpu_seconds_total`,
])

/** Remembers the CPU time of each guest, to tell what it uses between two of its polls. */
export class Guests {
  #before = new Map()

  rows(answer) {
    const kept = new Map()
    const rows = answer.map(
      ({ agent, subAgent, source, kind, name, host, lastSeenMs, readings }) => {
        const family = GUESTS.includes(kind) ? kind : 'container'
        const key = `${agent}/${subAgent}/${source}`
        const cpuSeconds = readings[`sflow_${family}_cpu_seconds_total`]
        const cpu = this.#used(key, cpuSeconds, lastSeenMs)
        kept.set(key, cpu)
        return {
          search: `${name} ${kind} ${host ?? ''} ${agent}`.toLowerCase(),
          name,
          kind,
          host: host ?? '',
          agent,
          cpu: cpu.share,
          memory: readings[`sflow_${family}_memory_used_bytes`],
        }
      },
    )
    this.#before = kept
    return rows.sort((a, b) => (b.memory ?? 0) - (a.memory ?? 0))
  }

  #used(key, cpuSeconds, atMs) {
    const before = this.#before.get(key)
    if (before === undefined) return { cpuSeconds, atMs, share: Number.NaN }
    if (atMs <= before.atMs) return before
    const share = ((cpuSeconds - before.cpuSeconds) * 1_000) / (atMs - before.atMs)
    return { cpuSeconds, atMs, share: share >= 0 ? share : Number.NaN }
  }
}
