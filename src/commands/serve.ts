/** `serve`: the bridge. sFlow in on UDP, metrics out on HTTP. Wiring only. */
import { randomInt } from 'node:crypto'
import { WORKERS_MAX } from '../config/listen.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { snmpSettings } from '../config/names-snmp.ts'
import { createReload, reloadOnHangup } from '../config/reload.ts'
import type { Config } from '../config/schema.ts'
import { START_ONLY } from '../config/start-only.ts'
import { agentRoutes } from '../http/agent-routes.ts'
import { bridgeRoutes } from '../http/bridge-routes.ts'
import { flowRoutes } from '../http/flow-routes.ts'
import { startHttpServer } from '../http/server.ts'
import { KernelDrops } from '../ingest/kernel-drops.ts'
import { Workers, type WorkersOptions } from '../ingest/workers.ts'
import { formatAddress, parseListenAddress } from '../listen-address.ts'
import { createLog, type Log } from '../log.ts'
import { HttpMetrics } from '../metrics/http-metrics.ts'
import { ownFamilies } from '../metrics/own-families.ts'
import { createPage } from '../metrics/page.ts'
import { createProcessRegistry } from '../metrics/process-page.ts'
import { snmpFamilies } from '../metrics/snmp-families.ts'
import { SnmpNames } from '../names/snmp-names.ts'
import { UsageError } from '../usage-error.ts'
import { ControllerActions } from './bridge-actions.ts'
import { BridgeEvents, createFlowBook, FlowFile } from './bridge-flows.ts'
import type { Command, FlagValues } from './command.ts'
import { engineSettings } from './engine-settings.ts'
import { flowSettings } from './flow-settings.ts'
import { readVersion } from './run.ts'
import { configFile, LOG_LEVEL, storagePath, webFlags } from './server-flags.ts'
import { untilSignal } from './signals.ts'

export const command: Command = {
  name: 'serve',
  summary: 'receive sFlow and serve Prometheus metrics',
  reloads: true,
  flags: [
    configFile('configuration, YAML'),
    {
      name: 'sflow.listen-address',
      type: 'string',
      placeholder: '[ADDR]:PORT',
      multiple: true,
      help: 'UDP address that sFlow comes to (default :6343)',
    },
    ...webFlags(':16343', 'address of the web server'),
    storagePath('folder for what must survive a restart: how often counters have wrapped'),
    {
      name: 'ingest.driver',
      type: 'string',
      choices: ['dgram', 'drain'],
      default: 'dgram',
      help: 'how datagrams are taken from the socket',
    },
    {
      name: 'ingest.workers',
      type: 'number',
      whole: [1, WORKERS_MAX],
      placeholder: 'N',
      help: 'ingest threads (default 1)',
    },
    LOG_LEVEL,
  ],
  examples: [
    'sflow-bridge serve',
    'sflow-bridge serve --sflow.listen-address=:6343 --web.listen-address=127.0.0.1:16343',
  ],
  async run({ flags }) {
    const log = createLog(flags.string('log.level'))
    const load = () => loadConfig(flags.optional('config.file'), process.env)
    const config = configOrThrow(load())
    const signal = untilSignal()
    const bridge = await startBridge(flags, config, load, log)
    const reason = await Promise.race([signal, bridge.ended])
    const died = reason instanceof Error
    if (died) log.error({ reason: reason.message }, 'an ingest worker ended: stopping')
    await bridge.stop()
    if (died) return 1
    log.info({ signal: reason }, 'stopped')
    return 0
  },
}

interface Bridge {
  /** Fulfilled if the bridge cannot go on. */
  readonly ended: Promise<Error>
  stop(): Promise<void>
}

async function startBridge(
  flags: FlagValues,
  config: Config,
  load: () => ReturnType<typeof loadConfig>,
  log: Log,
): Promise<Bridge> {
  const died = Promise.withResolvers<Error>()
  const snmp = new SnmpNames({
    log,
    learn: (agent, names) => workers.learn(agent, names),
    recall: () => workers.recallUnnamed(),
  })
  const events = new BridgeEvents(config, '', log)
  const file = new FlowFile(flags.string('storage.path'))
  const stored = await file.read(log)
  const workers = await startWorkers(flags, config, log, {
    onDeath: died.resolve,
    onEvent: event => events.take(event),
    onUnnamed: (agents, fresh) => snmp.seen(agents, fresh),
  })
  snmp.configure(snmpSettings(config.names.snmp, config.limits.label_length))
  const book = createFlowBook(config, workers, events.ring, file, stored, log)
  workers.configureFlows(book.settings)
  const drops = new KernelDrops(workers.sockets.map(socket => socket.port))
  const reloads = { reloadSuccessful: true, reloadMs: Date.now() }
  const actions = new ControllerActions(config.notify, Date.now)
  let connectionsMax = config.limits.http_connections
  const reload = createReload({
    load,
    start: { config, keys: START_ONLY.serve },
    apply: async fresh => {
      workers.configure({ ...engineSettings(fresh), flows: book.settings })
      snmp.configure(snmpSettings(fresh.names.snmp, fresh.limits.label_length))
      await book.reload(flowSettings(fresh), { liveFlows: fresh.limits.flows })
      events.configure(fresh)
      actions.configure(fresh.notify)
      connectionsMax = fresh.limits.http_connections
    },
    onResult: successful => {
      reloads.reloadSuccessful = successful
      if (successful) reloads.reloadMs = Date.now()
    },
    log,
  })
  const version = readVersion()
  const registry = createProcessRegistry({ version, component: 'bridge' })
  const page = createPage({
    scrape: () => workers.scrape(),
    own: () => [
      ...ownFamilies({
        sockets: workers.sockets,
        kernelDrops: drops.read(),
        durable: workers.durable,
        entriesSkipped: book.skipped.length,
        workers: workers.count,
        ...reloads,
      }),
      ...events.notifier.families(),
      ...snmpFamilies(snmp),
      ...workers.families(),
    ],
    registry,
  })
  const telemetryPath = flags.string('web.telemetry-path')
  let ready = true
  const query = async (what: string, argument?: unknown) =>
    (await workers.query(what, argument)).flat() as unknown[]
  const server = await startHttpServer(
    {
      listenAddress: flags.string('web.listen-address'),
      webConfigFile: flags.optional('web.config.file'),
      log,
      ready: () => ready,
      reload,
      renderMetrics: page,
      observer: new HttpMetrics(registry),
      telemetryPath,
      connectionsMax: () => connectionsMax,
    },
    router => {
      bridgeRoutes(router, { version, telemetryPath, query, actions: () => actions.list() })
      flowRoutes(router, book)
      agentRoutes(router, query)
    },
  ).catch(async error => {
    await workers.stop()
    throw error
  })
  const endHangup = reloadOnHangup(reload)
  announce(workers, server.url, log)
  return {
    ended: died.promise,
    async stop() {
      ready = false
      await Promise.all([
        server.close(),
        workers.stop(),
        events.notifier.close(),
        snmp.close(),
        actions.close(),
      ])
      endHangup()
    },
  }
}

async function startWorkers(
  flags: FlagValues,
  config: Config,
  log: Log,
  events: Pick<WorkersOptions, 'onDeath' | 'onEvent' | 'onUnnamed'>,
): Promise<Workers> {
  const flagged = flags.list('sflow.listen-address')
  const addresses = flagged.length > 0 ? flagged : config.listen.sflow
  try {
    return await Workers.start({
      count: flags.given('ingest.workers') ? flags.number('ingest.workers') : config.listen.workers,
      sockets: addresses.map(parseListenAddress),
      receiveBufferBytes: config.listen.receive_buffer,
      driver: flags.string('ingest.driver') === 'drain' ? 'drain' : 'dgram',
      hashSeed: randomInt(2 ** 31),
      settings: engineSettings(config),
      storagePath: flags.string('storage.path'),
      log,
      ...events,
    })
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message)
  }
}

function announce(workers: Workers, url: string, log: Log): void {
  for (const { address, port, receiveBufferAsked, receiveBufferGranted } of workers.sockets) {
    const listening = formatAddress(address, port)
    log.info({ listening, receiveBuffer: receiveBufferGranted }, 'receiving sflow')
    if (receiveBufferGranted < receiveBufferAsked) {
      log.warn(
        { listening, asked: receiveBufferAsked, granted: receiveBufferGranted },
        'the kernel capped the receive buffer: raise net.core.rmem_max',
      )
    }
  }
  log.info({ url }, 'serving')
}
