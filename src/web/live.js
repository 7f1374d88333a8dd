/**
 * The live page: asks the bridge every two seconds, and shows what it says. Nobody else is asked. A
 * page that takes long to ask and to show is asked for less often: it never takes more than a fifth of the time.
 */
import { columns } from './columns.js'
import { clock, scaled } from './format.js'
import {
  actionRows,
  agentRows,
  CONTAINER_READINGS,
  eventRows,
  flowRows,
  Guests,
  HOST_READINGS,
  hostRows,
  interfaceRows,
} from './rows.js'
import { Histories } from './sparkline.js'
import { LiveTable } from './table.js'

const INTERVAL_MS = 2_000
const REST_FACTOR = 4
const SLOW_ROUNDS = 3
const INTERFACES_MAX = 2_000
const FLOWS_MAX = 200
const EVENTS_MAX = 200

const HINTS = {
  interfaces: 'No interface counters yet: agents send them every 20 or 30 seconds, as a rule.',
  flows: 'No packet samples yet.',
  events: 'No event yet. Thresholds make them.',
  actions:
    'No rule on a switch. A controller that is told of events makes them: notify.controller.',
  agents: 'Nobody sends yet. Point an sFlow agent to UDP port 6343 of this machine.',
  hosts: 'No host: hsflowd on a machine reports it.',
  containers: 'No container or virtual machine: hsflowd reports them.',
}

const byId = id => document.getElementById(id)
const histories = new Histories()
const guests = new Guests()
const shown = {
  interfaces: [],
  flows: [],
  events: [],
  actions: [],
  agents: [],
  hosts: [],
  containers: [],
}
const tables = Object.fromEntries(
  Object.entries(columns(histories)).map(([name, list]) => [
    name,
    new LiveTable(byId(name), list, HINTS[name]),
  ]),
)
const before = { datagrams: 0, timeMs: 0 }
let lastEvent = 0
let round = 0
let paused = false

async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}

async function askAll() {
  const parts = [
    ask(`/api/v1/interfacerates?max=${INTERFACES_MAX}`).then(answer => {
      shown.interfaces = interfaceRows(answer)
      histories.add(shown.interfaces)
    }),
    ask('/api/v1/agents').then(answer => {
      shown.agents = agentRows(answer)
    }),
    ask('/api/v1/flows').then(async flows => {
      if (!('conversations' in flows)) return
      shown.flows = flowRows(await ask(`/api/v1/activeflows/conversations?maxFlows=${FLOWS_MAX}`))
    }),
    ask('/api/v1/actions').then(answer => {
      shown.actions = actionRows(answer)
      tables.actions.hint = answer.failures.length ? answer.failures.join(', ') : HINTS.actions
    }),
    ask(`/api/v1/events?eventID=${lastEvent}`).then(answer => {
      if (answer.length === 0) return
      lastEvent = answer.at(-1).eventID
      shown.events = [...eventRows(answer), ...shown.events].slice(0, EVENTS_MAX)
    }),
  ]
  if (round % SLOW_ROUNDS === 0) {
    parts.push(
      ask(`/api/v1/hosts?readings=${HOST_READINGS}`).then(answer => {
        shown.hosts = hostRows(answer)
      }),
      ask(`/api/v1/containers?readings=${CONTAINER_READINGS}`).then(answer => {
        shown.containers = guests.rows(answer)
      }),
    )
  }
  round += 1
  const results = await Promise.allSettled(parts)
  return results.find(({ status }) => status === 'rejected')?.reason
}

function showState(failure) {
  const state = byId('state')
  const text = failure ? `not answering: ${failure.message}` : ''
  if (state.textContent !== text) state.textContent = text
  byId('clock').textContent = failure ? '' : `as of ${clock(Date.now())}`
}

function showFigures() {
  const datagrams = shown.agents.reduce((sum, agent) => sum + agent.datagrams, 0)
  const lost = shown.agents.reduce((sum, agent) => sum + agent.lost, 0)
  const nowMs = performance.now()
  const rate = before.timeMs
    ? ((datagrams - before.datagrams) / (nowMs - before.timeMs)) * 1_000
    : Number.NaN
  Object.assign(before, { datagrams, timeMs: nowMs })
  const interfaces = shown.interfaces.length
  const figures = {
    Agents: shown.agents.length,
    Interfaces: interfaces < INTERFACES_MAX ? interfaces : `the busiest ${interfaces}`,
    Hosts: shown.hosts.length,
    'Containers, VMs': shown.containers.length,
    Datagrams: scaled(Math.max(0, rate), '/s'),
    'Datagrams lost': lost,
  }
  byId('figures').replaceChildren(
    ...Object.entries(figures).map(([title, value]) =>
      figure(title, value, title === 'Datagrams lost' && lost > 0),
    ),
  )
}

function figure(title, value, isBad) {
  const box = document.createElement('div')
  const term = document.createElement('dt')
  const text = document.createElement('dd')
  term.textContent = title
  text.textContent = String(value)
  if (isBad) text.className = 'bad'
  box.append(term, text)
  return box
}

function render() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const [name, table] of Object.entries(tables)) table.show(shown[name], words)
}

async function run() {
  const startMs = performance.now()
  if (!paused && !document.hidden) {
    showState(await askAll())
    showFigures()
    render()
  }
  setTimeout(run, Math.max(INTERVAL_MS, (performance.now() - startMs) * REST_FACTOR))
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
