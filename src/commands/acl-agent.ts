/** `acl-agent`: the REST server on a switch or router that puts rules on it. Wiring only. */
import { join } from 'node:path'
import { AclAgent } from '../acl/agent/agent.ts'
import { FileAudit, withTold } from '../acl/agent/audit.ts'
import { systemClock as clock } from '../acl/agent/clock.ts'
import { FileStore } from '../acl/agent/store.ts'
import { type AclAgentSection, BACKENDS } from '../config/acl-agent.ts'
import { agentLimits, commitTiming, safetyPolicy } from '../config/acl-agent-settings.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { createReload, reloadOnHangup } from '../config/reload.ts'
import type { Config } from '../config/schema.ts'
import { START_ONLY } from '../config/start-only.ts'
import { aclAgentRoutes } from '../http/acl-agent-app.ts'
import { tellRefusals } from '../http/acl-agent-refusal.ts'
import { startHttpServer } from '../http/server.ts'
import { createLog, type Log, sampledLog } from '../log.ts'
import { AclAgentMetrics } from '../metrics/acl-agent-metrics.ts'
import { HttpMetrics } from '../metrics/http-metrics.ts'
import { createProcessRegistry, renderRegistry } from '../metrics/process-page.ts'
import { UsageError } from '../usage-error.ts'
import { holdDevice, makeBackend } from './acl-agent-backend.ts'
import { holdFolder } from './alone.ts'
import type { Command, FlagValues } from './command.ts'
import { ownAddresses } from './own-addresses.ts'
import { readVersion } from './run.ts'
import { configFile, LOG_LEVEL, stateFolder, storagePath, webFlags } from './server-flags.ts'
import { untilSignal } from './signals.ts'

export const command: Command = {
  name: 'acl-agent',
  summary: 'put rules on this switch or router as its REST interface is asked to',
  reloads: true,
  flags: [
    configFile('configuration, YAML; the section `acl_agent` is read'),
    ...webFlags(
      '127.0.0.1:8080',
      'address of the web server; beyond loopback, writes need credentials',
    ),
    {
      name: 'backend',
      type: 'string',
      choices: BACKENDS,
      help: 'what the rules are put on; beats the file, where the default is dry-run',
    },
    {
      name: 'policy.dir',
      type: 'string',
      placeholder: 'DIR',
      help: 'cumulus: the folder that cl-acltool reads; beats the file',
    },
    storagePath('folder for rules and the audit trail; a folder `acl-agent` is made in it'),
    LOG_LEVEL,
  ],
  examples: [
    'sflow-bridge acl-agent --backend=iptables --storage.path=/var/lib/sflow-bridge',
    'curl http://127.0.0.1:8080/acl/',
  ],
  async run({ flags }) {
    const log = createLog(flags.string('log.level'))
    const load = () => loadConfig(flags.optional('config.file'), process.env)
    const config = configOrThrow(load())
    const signal = untilSignal()
    const running = await startAclAgent(flags, config, load, log)
    const reason = await signal
    await running.stop()
    log.info({ signal: reason }, 'stopped')
    return 0
  },
}

/** Results of changes stay askable for an hour: a controller asks within seconds. */
const OPERATIONS = { max: 10_000, ageMs: 3_600_000 }

/**
 * As many as may wait for the device at once: a thousand rules in one go, each on a connection of its
 * own. 2,048 of some 30 kB are 60 MB.
 */
const CONNECTIONS_MAX = 2_048

async function startAclAgent(
  flags: FlagValues,
  config: Config,
  load: () => ReturnType<typeof loadConfig>,
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  let section = sectionOf(config, flags)
  const warn = sampledLog(log, clock.monotonicMs)
  const folder = stateFolder(command, flags)
  await holdFolder(folder)
  await holdDevice(section)
  if (flags.optional('policy.dir') !== undefined && section.backend !== 'cumulus') {
    log.warn({ backend: section.backend }, '--policy.dir is for --backend=cumulus alone')
  }
  const registry = createProcessRegistry({ version: readVersion(), component: 'acl-agent' })
  const metrics: AclAgentMetrics = new AclAgentMetrics({
    registry,
    levels: () => levelsOf(agent, section),
    told: (kind, error) => warn(kind, { reason: error.message }, `${kind} failed`),
  })
  const backend = makeBackend(section, folder)
  const audit = withTold(
    new FileAudit(join(folder, 'audit.jsonl'), section.audit_bytes_max, clock.wallMs, error =>
      metrics.writeFailed('audit', error),
    ),
    ({ event, who: _, ...details }) => warn(`device ${event}`, details, event),
  )
  const unreadable = (error: Error) => {
    metrics.storeUnreadable()
    audit.write({ event: 'unreadable', who: 'agent', message: error.message })
    log.error({ reason: error.message }, 'no rules are restored')
  }
  const agent = new AclAgent({
    backend,
    store: new FileStore(folder, unreadable),
    audit,
    clock,
    observer: metrics,
    limits: () => agentLimits(section),
    safety: () => safetyPolicy(section, ownAddresses()),
    timing: commitTiming(section),
    operations: OPERATIONS,
  })
  const reload = createReload({
    load,
    start: { config, keys: START_ONLY['acl-agent'] },
    // Limits, protected prefixes and tokens; another backend or timing takes a restart.
    apply: fresh => {
      section = { ...sectionOf(fresh, flags), backend: section.backend, device: section.device }
      agent.review()
    },
    onResult: successful => metrics.reloaded(successful),
    log,
  })
  await agent.start().catch((error: Error) => {
    throw new UsageError(`the agent cannot start: ${error.message}`)
  })
  const server = await startHttpServer(
    {
      listenAddress: flags.string('web.listen-address'),
      webConfigFile: flags.optional('web.config.file'),
      telemetryPath: flags.string('web.telemetry-path'),
      log,
      ready: () => agent.ready && agent.device.degradedMessage === '',
      reload,
      renderMetrics: accept => renderRegistry(registry, accept),
      observer: new HttpMetrics(registry),
      refused: tellRefusals(agent),
      limits: { connectionsMax: CONNECTIONS_MAX },
      bearerTokens: () => section.tokens,
    },
    aclAgentRoutes({ agent, backend, clock }),
  ).catch(async error => {
    // Its timers would keep the process alive behind the message.
    await agent.stop()
    throw error
  })
  const endHangup = reloadOnHangup(reload)
  log.info(
    { url: server.url, backend: backend.name, folder, rules: agent.entries().length },
    'serving',
  )
  return {
    async stop() {
      endHangup()
      await server.close()
      await agent.stop()
    },
  }
}

function sectionOf(config: Config, flags: FlagValues): AclAgentSection {
  const section = config.acl_agent
  const backend = BACKENDS.find(name => name === flags.optional('backend')) ?? section.backend
  const directory = flags.optional('policy.dir') ?? section.device.policy_directory
  return { ...section, backend, device: { ...section.device, policy_directory: directory } }
}

function levelsOf(agent: AclAgent, section: AclAgentSection) {
  const entries = agent.entries()
  const committed = entries.filter(entry => agent.isCommitted(entry)).length
  return {
    committed,
    pending: entries.length - committed,
    cost: agent.costUsed(),
    budget: section.limits.budget,
    rulesMax: section.limits.rules_max,
    pendingOperations: agent.operations.pendingCount,
    degraded: agent.device.degradedMessage !== '',
    lastSuccessWallMs: agent.device.lastSuccessWallMs,
  }
}
