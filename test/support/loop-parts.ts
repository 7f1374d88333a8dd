/**
 * The parts of the closed loop as they are shipped, each a process where it belongs: bridge,
 * Prometheus, Alertmanager and controller in the management namespace on their usual ports, the ACL
 * agent on the router or the switch. Configuration is deploy/examples/closed-loop.yaml and the files of
 * prometheus/, with what a test says it changes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { parse, stringify } from 'yaml'
import { CLIENT, FLOOD_SOURCES, type LoopNet, VICTIM } from './loop-net.ts'
import { EACH_SECOND, startShippedPrometheus } from './loop-prometheus.ts'
import { part } from './parts.ts'
import { type Running, start, temporaryFolder, until } from './processes.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = join(ROOT, 'src/main.ts')
const FLOOD = join(ROOT, 'test/support/loop-flood.ts')
const TOKEN = 'token-of-the-closed-loop'

export interface Policy {
  readonly name: string
  hold: string
  flap_window?: string
}

/** What of the example a test may change. */
export interface LoopConfig {
  notify?: { alertmanager?: string; controller?: string }
  controller: {
    agents: { name: string; endpoint: { url: string }; sampler?: string; [key: string]: unknown }[]
    policies: Policy[]
    alertmanager?: string
    [key: string]: unknown
  }
  acl_agent: { backend: string; device?: object; [key: string]: unknown }
  [section: string]: unknown
}

/** The example, as an object. */
export function loopConfig(): LoopConfig {
  return parse(readFileSync(join(ROOT, 'deploy/examples/closed-loop.yaml'), 'utf8')) as LoopConfig
}

/** The example without Prometheus and Alertmanager. */
export function fastPathConfig(): LoopConfig {
  const { controller, ...config } = loopConfig()
  const { alertmanager: _, ...rest } = controller
  return { ...config, notify: { controller: 'http://127.0.0.1:16344' }, controller: rest }
}

/** A rule as `/api/v1/actions` shows it; what the tests read of it. */
export interface Action {
  readonly policy: string
  readonly phase: string
  readonly device: string
  readonly effect: string
  readonly endReason?: string
  readonly why: { readonly origin: string; readonly alert: string; readonly startsAt: string }
  readonly times: Readonly<Record<string, string>>
  readonly seconds: Readonly<Record<string, number>>
}

export interface Loop {
  readonly net: LoopNet
  /** All rules that the controller knows, ended ones too. */
  actions(): Promise<readonly Action[]>
  /** The first rule of a policy whose time of this name is later than that, once there is one. */
  reached(policy: string, time: 'committed' | 'removed', sinceMs: number): Promise<Action>
  /** A JSON answer from the management namespace. */
  ask(url: string): Promise<unknown>
}

/** Bridge, controller and ACL agent, ready. */
export async function startLoop(
  t: ExecutionContext,
  net: LoopNet,
  config: LoopConfig,
): Promise<Loop> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'closed-loop.yaml')
  writeFileSync(file, stringify(config))
  const device = config.acl_agent.backend === 'openvswitch' ? 'switch' : 'router'
  const env = {
    ...(device === 'switch' ? net.switchEnvironment : process.env),
    ACL_AGENT_TOKEN: TOKEN,
  }
  const command = (role: 'management' | 'router' | 'switch', ...words: readonly string[]) => {
    const all = [MAIN, ...words, `--config.file=${file}`, `--storage.path=${join(folder, 'data')}`]
    return start(t, process.execPath, all, { namespace: net.namespaces[role], env, cwd: folder })
  }
  const url = config.controller.agents[0]?.endpoint.url ?? ''
  const agent = command(device, 'acl-agent', `--web.listen-address=${new URL(url).host}`)
  await agent.line(/"serving"/)
  const controller = command('management', 'controller')
  await controller.line(/"serving"/)
  const bridge = command('management', 'serve')
  await bridge.line(/"serving"/)
  const ask = async (address: string) =>
    JSON.parse(await net.exec('management', part('curl'), '-sfg', address)) as unknown
  const actions = async () => {
    const body = (await ask('http://127.0.0.1:16344/api/v1/actions')) as {
      actions: readonly Action[]
    }
    return body.actions
  }
  await until(
    async () => ((await ask('http://127.0.0.1:16343/api/v1/agents')) as unknown[]).length > 0,
  )
  return {
    net,
    ask,
    actions,
    reached: (policy, time, sinceMs) =>
      until(async () =>
        (await actions()).find(
          action => action.policy === policy && Date.parse(action.times[time] ?? '') >= sinceMs,
        ),
      ),
  }
}

/** Alertmanager as shipped: everything is on its usual port, so nothing is changed. */
export async function startAlertmanager(t: ExecutionContext, net: LoopNet): Promise<Running> {
  const words = [
    `--config.file=${join(ROOT, 'prometheus/alertmanager.yml')}`,
    `--storage.path=${join(temporaryFolder(t), 'alertmanager')}`,
    '--cluster.listen-address=',
  ]
  const options = { namespace: net.namespaces.management }
  const running = start(t, part('alertmanager'), words, options)
  await running.line(/Listening/)
  return running
}

/**
 * Prometheus as shipped but for what a site sets: intervals of 1 s, the ACL agent's address, the limit
 * of a reflection attack, and for how long an alert goes on.
 */
export async function startLoopPrometheus(
  t: ExecutionContext,
  net: LoopNet,
  settings: { readonly reflectionBytesPerSecond: number; readonly keepFiring: string },
): Promise<Running> {
  const running = await startShippedPrometheus(t, net.namespaces.management, {
    'prometheus.yml': [...EACH_SECOND, [/localhost:8080/, '192.0.2.6:8080']],
    'rules/limits.yml': [[/vector\(12\.5e6\)/, `vector(${settings.reflectionBytesPerSecond})`]],
    'rules/flows.yml': [[/keep_firing_for: 30s/g, `keep_firing_for: ${settings.keepFiring}`]],
  })
  // Its discoveries take some seconds: it is of use once it has scraped, evaluated and found Alertmanager.
  const vector =
    'up{job="sflow-bridge"} * on () limit:sflow_flow_attack_reflection_bytes_per_second:fire'
  const web = 'http://127.0.0.1:9090/api/v1'
  const ask = (path: string) => net.exec('management', part('curl'), '-sfg', `${web}/${path}`)
  await until(async () => /"value":/.test(await ask(`query?query=${encodeURIComponent(vector)}`)))
  await until(async () => /"activeAlertmanagers":\[\{/.test(await ask('alertmanagers')))
  return running
}

export interface Flood {
  readonly startedMs: number
  /** Resolves when it has gone on for at least so long since it began. */
  lasts(ms: number): Promise<void>
  /** Ends it. */
  end(): Promise<{ readonly endedMs: number; readonly sent: number }>
}

/** A reflection flood from 32 sources: 1,400 bytes, port 53, so many packets a second, until it is ended. */
export async function flood(
  t: ExecutionContext,
  net: LoopNet,
  { packetsPerSecond }: { readonly packetsPerSecond: number },
): Promise<Flood> {
  const words = [FLOOD, VICTIM, `${packetsPerSecond}`, ...FLOOD_SOURCES]
  const running = start(t, process.execPath, words, { namespace: net.namespaces.attacker })
  const { startedMs } = JSON.parse(await running.line(/startedMs/)) as { startedMs: number }
  return {
    startedMs,
    async lasts(ms) {
      await until(async () => Date.now() - startedMs >= ms)
    },
    async end() {
      await running.end()
      return JSON.parse(await running.line(/endedMs/)) as { endedMs: number; sent: number }
    },
  }
}

/** A TCP flow through the same path, as iperf3 makes it, until the test ends it or is over. */
export async function iperf(
  t: ExecutionContext,
  net: LoopNet,
  {
    port,
    rate,
    seconds,
  }: { readonly port: number; readonly rate: string; readonly seconds: number },
): Promise<Running> {
  const server = ['--server', '--one-off', '--forceflush', '--port', `${port}`]
  const listening = start(t, part('iperf3'), server, { namespace: net.namespaces.victim })
  await listening.line(/Server listening/)
  const client = ['--client', VICTIM, '--bind', CLIENT, '--port', `${port}`, '--forceflush']
  const limits = ['--bitrate', rate, '--time', `${seconds}`]
  return start(t, part('iperf3'), [...client, ...limits], { namespace: net.namespaces.attacker })
}

/** The rules of ours in the router's FORWARD chains, as iptables tells them. */
export async function routerRules(
  net: LoopNet,
  table: 'filter' | 'mangle' = 'filter',
): Promise<readonly string[]> {
  const text = await net.exec('router', part('iptables'), '-t', table, '-S')
  return text.split('\n').filter(line => /^-A SFLOW/.test(line))
}

/** While 500 kB of the legitimate flow arrive, at most 1 % as much of the flood does. */
export async function quiet({ net }: Pick<Loop, 'net'>): Promise<void> {
  const before = await net.received()
  await until(async () => {
    const { mouse, flood } = await net.received()
    if (mouse.bytes - before.mouse.bytes < 500_000) return false
    if (flood.bytes - before.flood.bytes > 5_000) throw new Error('the flood still comes through')
    return true
  })
}
