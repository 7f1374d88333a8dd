/**
 * Walks through one page as a newcomer would: a folder like a checkout, programs that stay running
 * in terminals of their own, and commands one after the other. Ports of the pages are replaced by
 * those that were free; a program that a command talks to is started if the page did not.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { type Running, start, temporaryFolder, until } from '../support/processes.ts'

const MAIN = join(ROOT, 'src/main.ts')
const CHECKOUT = ['bin', 'deploy', 'docs', 'grafana', 'package.json', 'prometheus', 'src', 'test']
const TRIES_MS = 45_000
/** Nothing listens there. */
const NOBODY = '127.0.0.1:9'

type Program = 'serve' | 'controller' | 'acl-agent'

/** The port that the pages write → whose it is. */
const PORTS: Readonly<Record<string, Program>> = {
  '16343': 'serve',
  '16344': 'controller',
  '8080': 'acl-agent',
}

interface Terminal {
  readonly running: Running
  readonly port: number
}

interface Outcome {
  readonly status: number
  readonly output: string
}

export class Walk {
  readonly #t: ExecutionContext
  readonly #folder: string
  readonly #files = new Map<string, string>()
  readonly #terminals = new Map<Program, Terminal>()
  #sflowPort = 9

  constructor(t: ExecutionContext) {
    this.#t = t
    this.#folder = temporaryFolder(t)
    for (const name of CHECKOUT) symlinkSync(join(ROOT, name), join(this.#folder, name))
    mkdirSync(join(this.#folder, 'secrets'))
    writeFileSync(join(this.#folder, 'secrets', 'leaf1.token'), 'a-token-of-the-test')
  }

  file(name: string, text: string): void {
    this.#files.set(name, text)
    this.#writeFiles()
  }

  /** Resolves when the command has done what it should; fails the test with its output if it does not. */
  async command(text: string, shows?: RegExp): Promise<void> {
    const plain = text.replace(/^npm ci && /, '').replace(/^npm start$/, 'sflow-bridge serve')
    const [, program, flags = ''] =
      /^(?:npx )?sflow-bridge (serve|controller|acl-agent)\b(.*)$/.exec(plain) ?? []
    if (program !== undefined) {
      await this.#open(program as Program, flags.trim().split(/\s+/).filter(Boolean))
      return
    }
    for (const [port, owner] of Object.entries(PORTS)) {
      if (plain.includes(`127.0.0.1:${port}`)) await this.#ensure(owner)
    }
    if (/sflow-bridge (replay|simulate)/.test(plain)) await this.#ensure('serve')
    await this.#run(this.#substituted(plain), shows)
  }

  async end(): Promise<void> {
    for (const { running } of this.#terminals.values()) this.#t.is(await running.end(), 0)
  }

  async #run(script: string, shows: RegExp | undefined): Promise<void> {
    const deadline = performance.now() + TRIES_MS
    const outcome = await until(async () => {
      const answer = await this.#shell(script)
      const good = answer.status === 0 && (shows === undefined || shows.test(answer.output))
      return good || performance.now() > deadline ? { ...answer, good } : undefined
    }, 250)
    this.#t.true(outcome.good, `${script}\nstatus ${outcome.status}\n${outcome.output}`)
  }

  #shell(script: string): Promise<Outcome> {
    const tool = (name: 'promtool' | 'amtool') =>
      script.includes(name) ? `${name}() { "${part(name)}" "$@"; }\n` : ''
    const prelude =
      `sflow-bridge() { "${process.execPath}" "${MAIN}" "$@"; }\n` +
      'npx() { "$@"; }\n' +
      'curl() { command curl -S --fail-with-body "$@"; }\n' +
      tool('promtool') +
      tool('amtool')
    return new Promise(resolve => {
      execFile(
        'bash',
        ['-euo', 'pipefail', '-c', prelude + script],
        { cwd: this.#folder, timeout: TRIES_MS },
        (error, stdout, stderr) => {
          resolve({ status: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
        },
      )
    })
  }

  async #ensure(program: Program): Promise<void> {
    if (!this.#terminals.has(program)) await this.#open(program, [])
  }

  async #open(program: Program, flags: readonly string[]): Promise<void> {
    await this.#terminals.get(program)?.running.end()
    this.#writeFiles()
    const words = [MAIN, program, ...flags, '--web.listen-address=127.0.0.1:0']
    if (program === 'serve') words.push('--sflow.listen-address=127.0.0.1:0')
    const running = start(this.#t, process.execPath, words, { cwd: this.#folder })
    const { url } = JSON.parse(await running.line(/"serving"/)) as { url: string }
    this.#terminals.set(program, { running, port: Number(new URL(url).port) })
    if (program === 'serve') {
      const receiving = JSON.parse(await running.line(/"receiving sflow"/)) as { listening: string }
      this.#sflowPort = Number(/:(\d+)$/.exec(receiving.listening)?.[1])
    }
  }

  #writeFiles(): void {
    for (const [name, text] of this.#files) {
      writeFileSync(join(this.#folder, name), this.#substituted(text))
    }
  }

  /** Everything that is otherwise than on the page. */
  #substituted(text: string): string {
    return text
      .replaceAll('leaf1.example.net', '127.0.0.1')
      .replaceAll('/etc/sflow-bridge/', `${this.#folder}/secrets/`)
      .replaceAll('127.0.0.1:9093', NOBODY)
      .replaceAll(/127\.0\.0\.1:(16343|16344|8080)\b/g, (_, port: string) => {
        const terminal = this.#terminals.get(PORTS[port] as Program)
        return terminal === undefined ? NOBODY : `127.0.0.1:${terminal.port}`
      })
      .replaceAll(
        /(sflow-bridge (?:replay|simulate) )(?!.*--(?:to|write)=)/g,
        `$1--to=127.0.0.1:${this.#sflowPort} `,
      )
      .replaceAll(/(sflow-bridge simulate )(?!.*--(?:speed|write)=)/g, '$1--speed=4 ')
  }
}
