/**
 * The whole system on the loopback: simulator, bridge, controller, ACL agents that change no device,
 * and Prometheus and Alertmanager where they are known. Whatever ends it, no process and no file of
 * it is left.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ACL_AGENTS,
  type AclAgentName,
  alertmanagerConfiguration,
  bridgeConfiguration,
  controllerConfiguration,
  prometheusConfiguration,
} from './configuration.ts'
import { onFreePort } from './ports.ts'
import { Processes } from './processes.ts'

const SHIPPED = fileURLToPath(new URL('../../prometheus', import.meta.url))
const ACL_AGENT_PORT = 8080

export interface DemoOptions {
  readonly scenario: string
  readonly seed: number
  /** Paths of the programs; absent: the demo goes without. */
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
}

export interface DemoAddresses {
  readonly bridge: string
  readonly controller: string
  readonly aclAgents: Readonly<Record<AclAgentName, string>>
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
  /** Where a switch on this machine could send its sFlow, too. */
  readonly sflow: string
}

export class Demo {
  readonly #options: DemoOptions
  readonly #processes: Processes
  readonly #storage: string

  private constructor(options: DemoOptions, storage: string) {
    this.#options = options
    this.#storage = storage
    this.#processes = new Processes(storage)
  }

  static async create(options: DemoOptions): Promise<Demo> {
    return new Demo(options, await mkdtemp(join(tmpdir(), 'sflow-bridge-demo-')))
  }

  /** Fulfilled with a sentence if one of the programs ends by itself. */
  get failed(): Promise<string> {
    return this.#processes.failed
  }

  /** Rejects if one of the programs does not start; `end` is needed then, too. */
  async start(): Promise<DemoAddresses> {
    const [border, fabric] = await Promise.all([
      this.#startAclAgent('border', ACL_AGENT_PORT),
      this.#startAclAgent('fabric', ACL_AGENT_PORT + 1),
    ])
    const aclAgents = { border, fabric }
    const controller = await this.#startController(aclAgents)
    const alertmanager = await this.#startAlertmanager(controller)
    const bridge = await this.#startBridge({ controller, alertmanager })
    const prometheus = await this.#startPrometheus(bridge.url, controller, aclAgents, alertmanager)
    this.#startSimulator(bridge.sflow)
    return {
      bridge: bridge.url,
      sflow: bridge.sflow,
      controller,
      aclAgents,
      prometheus,
      alertmanager,
    }
  }

  /** No process is left, and no file. */
  async end(): Promise<void> {
    await this.#processes.end()
    await rm(this.#storage, { recursive: true, force: true })
  }

  async #write(name: string, content: object | string): Promise<string> {
    const path = join(this.#storage, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  async #folder(name: string): Promise<string> {
    const path = join(this.#storage, name)
    await mkdir(path, { recursive: true })
    return path
  }

  /** A subcommand of ours that serves; the URL that it told. */
  #serve(name: string, command: string, wellKnown: number, words: readonly string[]) {
    return onFreePort(wellKnown, async port => {
      const part = this.#processes.startOwn(name, [
        command,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.path=${await this.#folder(name)}`,
        ...words,
      ])
      const { url } = JSON.parse(await part.line(/"msg":"serving"/)) as { url: string }
      return { part, url }
    })
  }

  async #startAclAgent(name: AclAgentName, port: number): Promise<string> {
    return (await this.#serve(`acl-agent-${name}`, 'acl-agent', port, ['--backend=dry-run'])).url
  }

  async #startBridge(urls: Parameters<typeof bridgeConfiguration>[0]) {
    const file = await this.#write('bridge.yaml', bridgeConfiguration(urls))
    const { part, url } = await this.#serve('bridge', 'serve', 16343, [
      `--config.file=${file}`,
      '--sflow.listen-address=127.0.0.1:0',
    ])
    const receiving = JSON.parse(await part.line(/"msg":"receiving sflow"/)) as {
      listening: string
    }
    return { url, sflow: receiving.listening }
  }

  async #startController(aclAgents: DemoAddresses['aclAgents']): Promise<string> {
    const file = await this.#write('controller.yaml', controllerConfiguration(aclAgents))
    return (await this.#serve('controller', 'controller', 16344, [`--config.file=${file}`])).url
  }

  async #startAlertmanager(controller: string): Promise<string | undefined> {
    const { alertmanager } = this.#options
    if (alertmanager === undefined) return undefined
    const shipped = await readFile(join(SHIPPED, 'alertmanager.yml'), 'utf8')
    const file = await this.#write(
      'alertmanager.yml',
      alertmanagerConfiguration(shipped, new URL(controller).host),
    )
    return onFreePort(9093, async port => {
      const part = this.#processes.start('alertmanager', alertmanager, [
        `--config.file=${file}`,
        `--storage.path=${await this.#folder('alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ])
      await part.line(/Listening on|address=127/)
      return `http://127.0.0.1:${port}`
    })
  }

  async #startPrometheus(
    bridge: string,
    controller: string,
    aclAgents: DemoAddresses['aclAgents'],
    alertmanager: string | undefined,
  ): Promise<string | undefined> {
    const { prometheus } = this.#options
    if (prometheus === undefined) return undefined
    const shipped = await readFile(join(SHIPPED, 'prometheus.yml'), 'utf8')
    const hostOf = (url: string) => new URL(url).host
    const addresses = {
      bridge: hostOf(bridge),
      controller: hostOf(controller),
      aclAgents: ACL_AGENTS.map(name => hostOf(aclAgents[name])),
      alertmanager: alertmanager === undefined ? undefined : hostOf(alertmanager),
    }
    const file = await this.#write(
      'prometheus.yml',
      prometheusConfiguration(shipped, SHIPPED, addresses),
    )
    return onFreePort(9090, async port => {
      const part = this.#processes.start('prometheus', prometheus, [
        `--config.file=${file}`,
        `--storage.tsdb.path=${await this.#folder('prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ])
      await part.line(/Server is ready to receive web requests/)
      return `http://127.0.0.1:${port}`
    })
  }

  #startSimulator(to: string): void {
    const { scenario, seed } = this.#options
    this.#processes.startOwn('simulator', [
      'simulate',
      `--to=${to}`,
      `--scenario=${scenario}`,
      `--seed=${seed}`,
      // Faster than switches, so that sparklines and counters have something to show soon.
      '--polling=5s',
    ])
  }
}
