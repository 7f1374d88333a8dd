/** The live page: asks the bridge every two seconds, and shows what it says. Nobody else is asked. */
import { ago, bits, percent, scaled } from './format.js'
import { Histories } from './sparkline.js'
import { LiveTable } from './table.js'

const INTERVAL_MS = 2_000
const SLOW_ROUNDS = 3
const EVENTS_MAX = 100

const byId = id => document.getElementById(id)
const histories = new Histories()
const shown = { agents: [], interfaces: [], hosts: [], containers: [], flows: [], events: [] }
const before = { datagrams: 0, timeMs: 0 }
let lastEvent = 0
let round = 0
let paused = false

const tables = {
  interfaces: new LiveTable(byId('interfaces'), [
    { title: 'Agent', text: row => row.agent },
    { title: 'Interface', text: row => row.name },
    { title: 'Speed', number: true, text: row => (row.speed ? scaled(row.speed, 'bit/s') : '–') },
    { title: 'In', number: true, text: row => bits(row.input) },
    { title: 'Out', number: true, text: row => bits(row.output) },
    { title: 'Use', number: true, text: row => percent(row.use), bad: row => row.use > 0.9 },
    { title: 'In and out', node: (row, cell) => histories.draw(row.key, cell) },
    {
      title: 'Discards',
      number: true,
      text: row => scaled(row.discards, '/s'),
      bad: row => row.discards > 0,
    },
    {
      title: 'Errors',
      number: true,
      text: row => scaled(row.errors, '/s'),
      bad: row => row.errors > 0,
    },
    { title: 'State', text: row => (row.up ? 'up' : 'down'), bad: row => !row.up },
  ]),
  flows: new LiveTable(byId('flows'), [
    { title: 'Source', text: row => row.source },
    { title: 'Destination', text: row => row.destination },
    { title: 'Rate', number: true, text: row => bits(row.value) },
    { title: '±', number: true, text: row => percent(row.error) },
    { title: 'Seen by', text: row => row.agent },
  ]),
  events: new LiveTable(byId('events'), [
    { title: 'Time', text: row => new Date(row.timestamp).toLocaleTimeString() },
    { title: 'Threshold', text: row => row.thresholdID },
    { title: 'State', text: row => row.status, bad: row => row.status === 'firing' },
    { title: 'What', text: row => row.flowKey || row.metric },
    { title: 'Where', text: row => [row.agent, row.dataSource].filter(Boolean).join(' port ') },
  ]),
  agents: new LiveTable(byId('agents'), [
    { title: 'Agent', text: row => row.agent },
    { title: 'Datagrams', number: true, text: row => scaled(row.datagrams, '') },
    { title: 'Samples', number: true, text: row => scaled(row.flowSamples, '') },
    { title: 'Lost', number: true, text: row => row.lost, bad: row => row.lost > 0 },
    { title: 'Restarts', number: true, text: row => row.restarts },
    { title: 'Last', number: true, text: row => ago(row.age), bad: row => row.age > 90_000 },
  ]),
  hosts: new LiveTable(byId('hosts'), [
    { title: 'Host', text: row => row.name },
    { title: 'Agent', text: row => row.agent },
    { title: 'Load', number: true, text: row => row.load?.toFixed(2) ?? '–' },
    { title: 'CPUs', number: true, text: row => row.cpus ?? '–' },
    { title: 'Memory used', number: true, text: row => percent(row.memory) },
  ]),
  containers: new LiveTable(byId('containers'), [
    { title: 'Name', text: row => row.name },
    { title: 'Kind', text: row => row.kind },
    { title: 'Agent', text: row => row.agent },
    { title: 'Memory', number: true, text: row => scaled(row.memory, 'B') },
  ]),
}

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}

function withSearch(row, ...texts) {
  return { ...row, search: texts.join(' ').toLowerCase() }
}

function takeInterfaces(rows) {
  const list = rows.map(
    ([agent, subAgent, index, name, speed, input, output, discards, errors, up]) =>
      withSearch(
        {
          key: `${agent}/${subAgent}/${index}`,
          agent,
          name: name || `ifIndex ${index}`,
          speed,
          input,
          output,
          discards,
          errors,
          up,
          use: speed > 0 ? (Math.max(input ?? 0, output ?? 0) * 8) / speed : Number.NaN,
        },
        agent,
        name,
        index,
      ),
  )
  histories.add(list)
  shown.interfaces = list.sort(
    (a, b) => (b.input ?? 0) + (b.output ?? 0) - (a.input ?? 0) - (a.output ?? 0),
  )
}

function takeAgents(rows) {
  const nowMs = Date.now()
  shown.agents = rows
    .map(row =>
      withSearch(
        { ...row, key: `${row.agent}/${row.subAgent}`, age: nowMs - row.lastDatagramMs },
        row.agent,
        row.source,
      ),
    )
    .sort((a, b) => b.lost - a.lost || b.datagrams - a.datagrams)
}

function takeFlows(rows) {
  shown.flows = rows.map(flow => {
    const { source, destination, source_port: from, destination_port: to } = flow.labels
    const port = text => (text && text !== '0' ? ` :${text}` : '')
    return withSearch(
      {
        key: flow.key,
        source: source + port(from),
        destination: destination + port(to),
        value: flow.value,
        error: flow.errorRatio,
        agent: flow.agent,
      },
      flow.key,
      flow.agent,
    )
  })
}

function takeEvents(rows) {
  if (rows.length === 0) return
  lastEvent = rows.at(-1).eventID
  const fresh = rows
    .map(event =>
      withSearch(
        { ...event, key: String(event.eventID) },
        event.thresholdID,
        event.flowKey,
        event.agent,
      ),
    )
    .reverse()
  shown.events = [...fresh, ...shown.events].slice(0, EVENTS_MAX)
}

function takeHosts(rows) {
  shown.hosts = rows
    .filter(row => row.kind === 'host')
    .map(row => {
      const total = row.readings.sflow_host_memory_bytes
      const unused =
        row.readings.sflow_host_memory_free_bytes +
        (row.readings.sflow_host_memory_cached_bytes ?? 0) +
        (row.readings.sflow_host_memory_buffers_bytes ?? 0)
      return withSearch(
        {
          key: `${row.agent}/${row.subAgent}/${row.source}`,
          name: row.name,
          agent: row.agent,
          load: row.readings.sflow_host_load1,
          cpus: row.readings.sflow_host_cpus,
          memory: 1 - unused / total,
        },
        row.name,
        row.agent,
      )
    })
    .sort((a, b) => (b.load ?? 0) - (a.load ?? 0))
}

function takeContainers(rows) {
  shown.containers = rows
    .map(row =>
      withSearch(
        {
          key: `${row.agent}/${row.subAgent}/${row.source}`,
          name: row.name,
          kind: row.kind,
          agent: row.agent,
          memory:
            row.readings[
              `sflow_${row.kind === 'vm' || row.kind === 'jvm' ? row.kind : 'container'}_memory_used_bytes`
            ],
        },
        row.name,
        row.kind,
        row.agent,
      ),
    )
    .sort((a, b) => (b.memory ?? 0) - (a.memory ?? 0))
}

function showFigures() {
  const datagrams = shown.agents.reduce((sum, agent) => sum + agent.datagrams, 0)
  const lost = shown.agents.reduce((sum, agent) => sum + agent.lost, 0)
  const nowMs = performance.now()
  const rate = before.timeMs
    ? ((datagrams - before.datagrams) / (nowMs - before.timeMs)) * 1_000
    : Number.NaN
  Object.assign(before, { datagrams, timeMs: nowMs })
  const figures = [
    ['Agents', shown.agents.length],
    ['Interfaces', shown.interfaces.length],
    ['Hosts', shown.hosts.length],
    ['Containers, VMs', shown.containers.length],
    ['Datagrams', scaled(Math.max(0, rate), '/s')],
    ['Datagrams lost', lost],
  ]
  byId('figures').replaceChildren(
    ...figures.map(([title, value]) => {
      const box = document.createElement('div')
      const term = document.createElement('dt')
      const text = document.createElement('dd')
      term.textContent = title
      text.textContent = String(value)
      if (title === 'Datagrams lost' && lost > 0) text.className = 'bad'
      box.append(term, text)
      return box
    }),
  )
}

function render() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const [name, table] of Object.entries(tables)) table.show(shown[name], words)
}

async function update() {
  const slow = round % SLOW_ROUNDS === 0
  round += 1
  const parts = [
    ask('/api/v1/interfacerates').then(takeInterfaces),
    ask('/api/v1/agents').then(takeAgents),
    ask('/api/v1/flows').then(async flows => {
      if ('conversations' in flows)
        takeFlows(await ask('/api/v1/activeflows/conversations?maxFlows=20'))
    }),
    ask(`/api/v1/events?eventID=${lastEvent}`).then(takeEvents),
    slow ? ask('/api/v1/hosts').then(takeHosts) : undefined,
    slow ? ask('/api/v1/containers').then(takeContainers) : undefined,
  ]
  const results = await Promise.allSettled(parts)
  const failure = results.find(({ status }) => status === 'rejected')
  byId('state').textContent = failure
    ? `not answering: ${failure.reason.message}`
    : `as of ${new Date().toLocaleTimeString()}`
  byId('state').classList.toggle('bad', failure !== undefined)
  showFigures()
  render()
}

async function run() {
  if (!paused && !document.hidden) await update()
  setTimeout(run, INTERVAL_MS)
}

async function showLinks() {
  for (const { path, text } of await ask('/web/links.json')) {
    const link = document.createElement('a')
    link.href = path
    link.textContent = text
    byId('links').append(link)
  }
}

byId('search').addEventListener('input', render)
byId('pause').addEventListener('click', event => {
  paused = !paused
  event.target.setAttribute('aria-pressed', String(paused))
  event.target.textContent = paused ? 'Go on' : 'Pause'
})
document.addEventListener('keydown', event => {
  if (event.key === '/' && document.activeElement !== byId('search')) {
    event.preventDefault()
    byId('search').focus()
  } else if (event.key === 'Escape') {
    byId('search').value = ''
    render()
  }
})
run()
showLinks().catch(() => {})
