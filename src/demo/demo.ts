/**
 * The whole system on the loopback: simulator, bridge, controller, ACL agents that change no device,
 * and Prometheus and Alertmanager where they are found, or later, once they are unpacked. Whatever ends
 * it, at whatever moment, no process and no file of it is left.
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
import { freePort, onFreePort } from './ports.ts'
import { Processes } from './processes.ts'
import { UNPACKABLE_NAMES, type UnpackableName, unpack } from './unpack.ts'

const SHIPPED = fileURLToPath(new URL('../../prometheus', import.meta.url))
const ACL_AGENT_PORT = 8080
const ALERTMANAGER_PORT = 9093

export interface DemoOptions {
  readonly scenario: string
  readonly seed: number
  /** Paths of the programs, or that they are unpacked; absent: the demo goes without. */
  readonly prometheus: Program | undefined
  readonly alertmanager: Program | undefined
}

export type Program = { readonly path: string } | 'unpack'

/** What runs a program: the program itself, then words that go before all others. */
type Command = readonly string[]

export interface DemoAddresses {
  readonly bridge: string
  readonly controller: string
  readonly aclAgents: Readonly<Record<AclAgentName, string>>
  /** The page of its alerts. */
  readonly prometheus: string | undefined
  readonly alertmanager: string | undefined
  /** Those that are unpacked first: their pages, once they are there, or the reason why not. */
  readonly late: Readonly<Partial<Record<UnpackableName, Promise<string>>>>
  /** Where a switch on this machine could send its sFlow, too. */
  readonly sflow: string
}

/** What Prometheus is told. */
type Scraped = Pick<DemoAddresses, 'bridge' | 'controller' | 'aclAgents' | 'alertmanager'>

export class Demo {
  readonly #options: DemoOptions
  readonly #processes: Processes
  readonly #storage: string
  #starting: Promise<unknown> = Promise.resolve()

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
  start(): Promise<DemoAddresses> {
    const started = this.#startAll()
    this.#starting = started.then(
      ({ late }) => Promise.allSettled(Object.values(late)),
      () => undefined,
    )
    return started
  }

  async #startAll(): Promise<DemoAddresses> {
    const { prometheus, alertmanager } = this.#options
    const [border, fabric] = await Promise.all([
      this.#startAclAgent('border', ACL_AGENT_PORT),
      this.#startAclAgent('fabric', ACL_AGENT_PORT + 1),
    ])
    const aclAgents = { border, fabric }
    const controller = await this.#startController(aclAgents)
    // The bridge is told where Alertmanager will be, before it is there.
    const told =
      alertmanager === 'unpack'
        ? `http://127.0.0.1:${await freePort(ALERTMANAGER_PORT)}`
        : alertmanager && (await this.#startAlertmanager([alertmanager.path], controller))
    const bridge = await this.#startBridge({ controller, alertmanager: told })
    const scraped = { bridge: bridge.url, controller, aclAgents, alertmanager: told }
    const page =
      typeof prometheus === 'object'
        ? await this.#startPrometheus([prometheus.path], scraped)
        : undefined
    this.#startSimulator(bridge.sflow)
    return {
      ...scraped,
      sflow: bridge.sflow,
      prometheus: page,
      alertmanager: alertmanager === 'unpack' ? undefined : told,
      late: this.#startLate(scraped),
    }
  }

  #startLate(scraped: Scraped): DemoAddresses['late'] {
    const names = UNPACKABLE_NAMES.filter(name => this.#options[name] === 'unpack')
    if (names.length === 0) return {}
    const { alertmanager, controller } = scraped
    const unpacked = this.#folder('parts').then(parts => unpack(names, parts, this.#processes))
    const start = {
      prometheus: (command: Command) => this.#startPrometheus(command, scraped),
      alertmanager: (command: Command) =>
        this.#startAlertmanager(command, controller, alertmanager),
    }
    return Object.fromEntries(
      names.map(name => [name, unpacked.then(commands => start[name](commands[name]))]),
    )
  }

  /** No process is left, and no file. */
  async end(): Promise<void> {
    await this.#processes.end()
    await this.#starting
    await rm(this.#storage, { recursive: true, force: true, maxRetries: 5 })
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

  /** On `url`, or on the usual port where that is free. */
  async #startAlertmanager(command: Command, controller: string, url?: string): Promise<string> {
    const shipped = await readFile(join(SHIPPED, 'alertmanager.yml'), 'utf8')
    const file = await this.#write(
      'alertmanager.yml',
      alertmanagerConfiguration(shipped, new URL(controller).host),
    )
    const [program = '', ...words] = command
    const startOn = async (port: number) => {
      const part = this.#processes.start('alertmanager', program, [
        ...words,
        `--config.file=${file}`,
        `--storage.path=${await this.#folder('alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ])
      await part.line(/Listening on|address=127/)
      return `http://127.0.0.1:${port}`
    }
    return url === undefined
      ? onFreePort(ALERTMANAGER_PORT, startOn)
      : startOn(Number(new URL(url).port))
  }

  /** The page of its alerts. */
  async #startPrometheus(command: Command, scraped: Scraped): Promise<string> {
    const shipped = await readFile(join(SHIPPED, 'prometheus.yml'), 'utf8')
    const hostOf = (url: string) => new URL(url).host
    const addresses = {
      bridge: hostOf(scraped.bridge),
      controller: hostOf(scraped.controller),
      aclAgents: ACL_AGENTS.map(name => hostOf(scraped.aclAgents[name])),
      alertmanager: scraped.alertmanager && hostOf(scraped.alertmanager),
    }
    const file = await this.#write(
      'prometheus.yml',
      prometheusConfiguration(shipped, SHIPPED, addresses),
    )
    const [program = '', ...words] = command
    return onFreePort(9090, async port => {
      const part = this.#processes.start('prometheus', program, [
        ...words,
        `--config.file=${file}`,
        `--storage.tsdb.path=${await this.#folder('prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ])
      await part.line(/Server is ready to receive web requests/)
      return alertsPage(`http://127.0.0.1:${port}`)
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

/** Debian's Prometheus has the older pages only, elsewhere. */
async function alertsPage(url: string): Promise<string> {
  for (const path of ['/alerts', '/classic/alerts']) {
    const answer = await fetch(`${url}${path}`)
    await answer.body?.cancel()
    if (answer.ok) return `${url}${path}`
  }
  return url
}
