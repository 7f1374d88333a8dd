/**
 * All of it on the loopback, for queries and pictures: bridge, controller, two ACL agents in dry run,
 * Prometheus with the shipped rules. As `demo`, but quicker in everything that waits, with a policy
 * that waits for people and an event that the controller must refuse; the simulator is the caller's.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import {
  ACL_AGENTS,
  type AclAgentName,
  bridgeConfiguration,
  controllerConfiguration,
} from '../../src/demo/configuration.ts'
import { freePort } from '../../src/demo/ports.ts'
import { Processes } from '../../src/demo/processes.ts'
import type { Fabric } from '../../src/simulate/fabric.ts'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'

export interface StackOptions {
  /** Of Prometheus: scrapes and rules. */
  readonly everySeconds: number
  /** `limits.flow_hold` of the bridge: more than two scrapes. */
  readonly flowHold: string
  /** Who is connected to whom, for the rules about links. */
  readonly fabric: Fabric
  /** Where Prometheus scrapes the bridge of this address instead: `HOST:PORT`. */
  readonly scrapedAt?: (bridge: string) => Promise<string>
  /** Prometheus asks the bridge for its own agents, too: `/agent` for each. Default: no. */
  readonly port?: number
}

export interface StackAddresses {
  readonly sflow: string
  readonly bridge: string
  readonly prometheus: string
}

interface Section {
  readonly thresholds: readonly object[]
}

/** A victim alone is no reason for a drop: `blackhole` is off, so the controller refuses this. */
const REFUSED_THRESHOLD = {
  name: 'fragments',
  flow: 'attack_fragments',
  value: 1_000_000,
  release: 500_000,
  timeout: 5,
  labels: { severity: 'critical', acl_action: 'drop' },
}

export class Stack {
  readonly #processes = new Processes()
  readonly #folder = mkdtempSync(join(tmpdir(), 'sflow-stack-'))
  readonly #options: StackOptions

  constructor(options: StackOptions) {
    this.#options = options
  }

  async start(): Promise<StackAddresses> {
    const ports = { controller: await freePort(0), border: 0, fabric: 0 }
    const controller = `http://127.0.0.1:${ports.controller}`
    const aclAgents = {} as Record<AclAgentName, string>
    for (const name of ACL_AGENTS) {
      aclAgents[name] = await this.#serve(name, 'acl-agent', 0, ['--backend=dry-run'])
    }
    await this.#serve('controller', 'controller', ports.controller, [
      `--config.file=${this.#write('controller.yaml', this.#controller(aclAgents))}`,
    ])
    const { url, sflow } = await this.#startBridge(controller)
    const hosts = Object.values(aclAgents).map(one => new URL(one).host)
    const prometheus = await this.#startPrometheus({
      'sflow-bridge': [(await this.#options.scrapedAt?.(url)) ?? new URL(url).host],
      'sflow-controller': [new URL(controller).host],
      'sflow-acl-agent': hosts,
    })
    return { sflow, bridge: url, prometheus }
  }

  async end(): Promise<void> {
    await this.#processes.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #write(name: string, content: object): string {
    const path = join(this.#folder, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }

  #startOwn(name: string, command: string, port: number, words: readonly string[]) {
    const storage = join(this.#folder, name)
    mkdirSync(storage, { recursive: true })
    return this.#processes.startOwn(name, [
      command,
      `--web.listen-address=127.0.0.1:${port}`,
      `--storage.path=${storage}`,
      ...words,
    ])
  }

  async #serve(name: string, command: string, port: number, words: readonly string[]) {
    const started = this.#startOwn(name, command, port, words)
    return (JSON.parse(await started.line(/"msg":"serving"/)) as { url: string }).url
  }

  async #startBridge(controller: string) {
    const shipped = bridgeConfiguration({ controller, alertmanager: undefined }) as Section
    const file = this.#write('bridge.yaml', {
      ...shipped,
      limits: { flow_hold: this.#options.flowHold },
      thresholds: [...shipped.thresholds, REFUSED_THRESHOLD],
    })
    const started = this.#startOwn('bridge', 'serve', 0, [
      `--config.file=${file}`,
      '--sflow.listen-address=127.0.0.1:0',
    ])
    const receiving = JSON.parse(await started.line(/"msg":"receiving sflow"/)) as {
      listening: string
    }
    const { url } = JSON.parse(await started.line(/"msg":"serving"/)) as { url: string }
    return { url, sflow: receiving.listening }
  }

  /** ICMP waits for people; everything else is automatic, and ends soon. */
  #controller(aclAgents: Record<AclAgentName, string>): object {
    const { controller } = controllerConfiguration(aclAgents) as {
      controller: { policies: readonly { name: string }[]; agents: readonly object[] }
    }
    const waiting = {
      name: 'icmp',
      action: 'limit',
      mode: 'manual',
      match: ['ipprotocol="icmp"'],
      hold: '5s',
    }
    const policies = controller.policies.map(policy => ({ ...policy, hold: '5s' }))
    return {
      controller: {
        ...controller,
        // No rule changes simulated traffic: that it falls by itself is taken for the effect.
        agents: controller.agents.map(agent => ({ ...agent, sampler: 'behind' })),
        requests: { reconcile: '1s' },
        effect: { within: '30s' },
        policies: [waiting, ...policies],
      },
    }
  }

  async #startPrometheus(targets: Readonly<Record<string, readonly string[]>>): Promise<string> {
    const every = `${this.#options.everySeconds}s`
    const file = this.#write('prometheus.yml', {
      global: { scrape_interval: every, evaluation_interval: every },
      rule_files: [
        `${ROOT}/prometheus/rules/*.yml`,
        this.#write('links.json', linkRules(this.#options.fabric)),
      ],
      scrape_configs: Object.entries(targets).map(([job_name, list]) => ({
        job_name,
        static_configs: [{ targets: list }],
      })),
    })
    const port = this.#options.port ?? (await freePort(0))
    const url = `http://127.0.0.1:${port}`
    this.#processes.start('prometheus', part('prometheus'), [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(this.#folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ])
    for (let tries = 0; tries < 100; tries++) {
      const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
      if (ready?.ok) return url
      await after(100)
    }
    throw new Error('Prometheus does not start')
  }
}

/** The ends of links as the bridge tells them of its topology. */
function linkRules({ uplinks }: Fabric): object {
  const rules = uplinks.flat().flatMap(({ lower, upper }) => {
    const link = `${lower.device.name} ${lower.name} - ${upper.device.name} ${upper.name}`
    return [lower, upper].map((port, index) => ({
      record: 'sflow_link_end_info',
      expr: 'vector(1)',
      labels: {
        link,
        end: index === 0 ? 'a' : 'b',
        agent: port.device.agent,
        ifindex: String(port.ifIndex),
      },
    }))
  })
  return { groups: [{ name: 'sflow-links', rules }] }
}
