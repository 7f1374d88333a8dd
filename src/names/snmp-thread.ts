/**
 * The SNMP thread: asks agents for names, and tells the main thread. It stands apart from HTTP and
 * from ingest, so that whatever devices answer costs neither; the main thread starts it anew if it dies.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { FromSnmp, ToSnmp } from './messages.ts'
import { SnmpSchedule } from './schedule.ts'
import type { SnmpSettings } from './settings.ts'
import { walk } from './walk.ts'

const TICK_MS = 500

if (parentPort === null) throw new Error('this file runs as a worker thread')
const port = parentPort
let settings = workerData as SnmpSettings
const schedule = new SnmpSchedule(settings)

function send(message: FromSnmp): void {
  port.postMessage(message)
}

function askThoseDue(): void {
  for (const { address, target } of schedule.due(Date.now())) {
    void walk(address, target, settings).then(result => {
      if (!schedule.finished(address, target, result, Date.now())) return
      if ('names' in result) send({ kind: 'names', agent: address, names: result.names })
      else send({ kind: 'failed', agent: address, reason: result.failure })
      askThoseDue()
    })
  }
}

port.on('message', (message: ToSnmp) => {
  if (message.kind === 'configure') {
    settings = message.settings
    schedule.configure(settings, Date.now())
  } else {
    schedule.seen(message.agents, message.fresh, Date.now())
  }
  askThoseDue()
})

setInterval(() => {
  askThoseDue()
  send({ kind: 'stats', stats: schedule.stats() })
}, TICK_MS)
