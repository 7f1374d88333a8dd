/** `controller`: alerts in, rules on ACL agents out. Wiring only. */
import { AuditTrail } from '../acl/controller/audit.ts'
import { SteadyClock } from '../acl/controller/clock.ts'
import { Controller } from '../acl/controller/controller.ts'
import { realFiles } from '../acl/controller/files.ts'
import type { ControllerSettings } from '../acl/controller/settings.ts'
import { Store } from '../acl/controller/store.ts'
import type { ControllerSection } from '../config/controller.ts'
import { controllerSettings } from '../config/controller-settings.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { createReload, reloadOnHangup } from '../config/reload.ts'
import type { Config } from '../config/schema.ts'
import { START_ONLY } from '../config/start-only.ts'
import { controllerRoutes } from '../http/controller-app.ts'
import { startHttpServer } from '../http/server.ts'
import { createLog, type Log, sampledLog } from '../log.ts'
import { ControllerMetrics } from '../metrics/controller-metrics.ts'
import { HttpMetrics } from '../metrics/http-metrics.ts'
import { createProcessRegistry, renderRegistry } from '../metrics/process-page.ts'
import { UsageError } from '../usage-error.ts'
import { holdFolder } from './alone.ts'
import type { Command, FlagValues } from './command.ts'
import { agentClient, checkEndpoints } from './controller-clients.ts'
import { AlertSyncs } from './controller-syncs.ts'
import { ownAddresses } from './own-addresses.ts'
import { readVersion } from './run.ts'
import { configFile, LOG_LEVEL, stateFolder, storagePath, webFlags } from './server-flags.ts'
import { untilSignal } from './signals.ts'

export const command: Command = {
  name: 'controller',
  summary: 'turn alerts into rules on ACL agents, and take them back',
  reloads: true,
  flags: [
    configFile('configuration, YAML; the section `controller` is read'),
    ...webFlags(
      '127.0.0.1:16344',
      'address of the web server; beyond loopback, alerts need credentials',
    ),
    storagePath(
      'folder for alerts, rules and the audit trail; a folder `controller` is made in it',
    ),
    LOG_LEVEL,
  ],
  examples: ['sflow-bridge controller --config.file=/etc/sflow-bridge/controller.yaml'],
  async run({ flags }) {
    const log = createLog(flags.string('log.level'))
    const load = () => loadConfig(flags.optional('config.file'), process.env)
    const config = configOrThrow(load())
    const signal = untilSignal()
    const running = await startController(flags, config, load, log)
    const reason = await signal
    await running.stop()
    log.info({ signal: reason }, 'stopped')
    return 0
  },
}

/** How long the first decision waits for the lists of those who send alerts, so that a restart ends nothing early. */
const FIRST_SYNC_MS = 5_000

async function startController(
  flags: FlagValues,
  config: Config,
  load: () => ReturnType<typeof loadConfig>,
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  let section = config.controller
  await checkEndpoints(settingsOf(section))
  const clock = new SteadyClock()
  const now = () => clock.now()
  const warn = sampledLog(log, now)
  const folder = stateFolder(command, flags)
  await holdFolder(folder)
  const { store, tables, linesLeftOut, isDamaged } = await openStore(folder, warn, () => metrics)
  if (linesLeftOut > 0) log.warn({ linesLeftOut, folder }, 'the journal had torn lines')
  if (isDamaged)
    log.error({ folder }, 'the state is damaged: nothing new until the kill switch is off')
  const audit = new AuditTrail({
    folder,
    files: realFiles,
    bytesMax: section.audit_bytes_max,
    failed: (error, linesLost) => {
      metrics.auditFailed(linesLost)
      warn('audit', { reason: error.message, linesLost }, 'the audit trail cannot be written')
    },
    told: line => log.debug(line, 'audit'),
  })
  const registry = createProcessRegistry({ version: readVersion(), component: 'controller' })
  const metrics: ControllerMetrics = new ControllerMetrics({
    registry,
    snapshot: () => controller.snapshot(),
  })
  const makeSyncs = (settings: ControllerSettings) =>
    new AlertSyncs(settings, {
      clock,
      random: Math.random,
      found: (origin, active, askedMs) => controller.takeActiveAlerts(active, askedMs, origin),
      failed: (origin, message) => {
        metrics.alertSync('failed')
        warn(origin, { reason: message }, `${origin} cannot be asked for its alerts`)
      },
    })
  const controller = new Controller({
    settings: settingsOf(section),
    clock,
    random: Math.random,
    store,
    tables,
    isDamaged,
    audit,
    observer: metrics,
    makeClient: (agent, prefix) => agentClient(agent, prefix, section.requests.requests_max, clock),
    syncWanted: origin => void syncs.soon(origin),
  })
  let syncs = makeSyncs(settingsOf(section))
  const reload = createReload({
    load,
    start: { config, keys: START_ONLY.controller },
    apply: async fresh => {
      const next = fresh.controller
      const settings = settingsOf(next)
      await checkEndpoints(settings)
      await syncs.close()
      section = next
      controller.reconfigure(settings)
      syncs = makeSyncs(settings)
      void syncs.allSoon()
    },
    onResult: successful => metrics.reloaded(successful),
    log,
  })
  let ready = false
  const server = await startHttpServer(
    {
      listenAddress: flags.string('web.listen-address'),
      webConfigFile: flags.optional('web.config.file'),
      telemetryPath: flags.string('web.telemetry-path'),
      log,
      ready: () => ready,
      reload,
      renderMetrics: accept => renderRegistry(registry, accept),
      observer: new HttpMetrics(registry),
      bodyBytesMax: WEBHOOK_BYTES_MAX,
      bearerTokens: () => section.tokens,
    },
    controllerRoutes(controller),
  )
  const endHangup = reloadOnHangup(reload)
  await Promise.race([syncs.allSoon(), later(FIRST_SYNC_MS)])
  controller.start()
  ready = true
  log.info({ url: server.url, aclAgents: section.agents.length }, 'serving')
  return {
    async stop() {
      ready = false
      endHangup()
      await server.close()
      await syncs.close()
      await controller.close()
      await audit.close()
      await store.close()
    },
  }
}

const settingsOf = (section: ControllerSection) => controllerSettings(section, ownAddresses())

/** Some 10,000 alerts as Alertmanager writes them: the largest group that is taken. */
const WEBHOOK_BYTES_MAX = 8 * 1024 * 1024

type Warn = ReturnType<typeof sampledLog>

async function openStore(folder: string, warn: Warn, metrics: () => ControllerMetrics) {
  try {
    return await Store.open({
      folder,
      files: realFiles,
      observer: {
        written: (_changes, bytes) => metrics().storeWritten(bytes),
        failed: error => {
          metrics().storeFailed()
          warn('store', { reason: error.message }, 'the state cannot be written: alerts get 503')
        },
      },
    })
  } catch (error) {
    throw new UsageError(`--storage.path: ${(error as Error).message}`)
  }
}

function later(delayMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, delayMs).unref())
}
