/**
 * The demo's child processes. Each is known by its handle and ended by it; the last lines that it
 * wrote are kept, so that one that ends by itself can be told with its reason.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Guard } from './guard.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const MAIN = fileURLToPath(new URL(`../main.${EXTENSION}`, import.meta.url))
const LINES_MAX = 20
/** Prometheus closes its storage within a second or two. */
const END_MS = 4_000
/** A program that said nothing for so long will not start, however busy the machine is. */
const START_MS = 90_000

export interface Part {
  readonly name: string
  /** The first line that matches; rejects if the program ends before. */
  line(pattern: RegExp): Promise<string>
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** SIGTERM after so long. */
  readonly timeout?: number
}

export class Processes {
  /** Fulfilled with a sentence when one ends that was not asked to, and whose `line` nobody awaits. */
  readonly failed: Promise<string>
  readonly #children = new Map<ChildProcess, Promise<void>>()
  readonly #guard: Guard
  readonly #fail: (reason: string) => void
  #ending = false

  /** `folder` is what they write to, if anything: it is removed when all have ended, whatever ended us. */
  constructor(folder?: string) {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.failed = promise
    this.#fail = resolve
    this.#guard = new Guard(folder)
    this.#guard.gone.then(() => {
      if (!this.#ending) resolve('guard ended')
    })
  }

  /** One of our own subcommands, run by the same node as this one. */
  startOwn(name: string, words: readonly string[]): Part {
    return this.start(name, process.execPath, [...process.execArgv, MAIN, ...words])
  }

  /** Throws once `end` was called: whoever still starts things then leaves nothing behind either. */
  start(name: string, program: string, words: readonly string[]): Part {
    const child = this.#spawn(name, program, words)
    const lines: string[] = []
    const waiting = new Map<RegExp, (line: string) => void>()
    let awaited = 0
    const take = (line: string) => {
      lines.push(line)
      if (lines.length > LINES_MAX) lines.shift()
      for (const [pattern, resolve] of waiting) if (pattern.test(line)) resolve(line)
    }
    createInterface({ input: child.stdout }).on('line', take)
    createInterface({ input: child.stderr }).on('line', take)
    child.on('error', error => take(String(error)))
    const ended = this.#keep(child).then(() => {
      const said = lines.slice(-3).join('\n')
      if (!this.#ending && awaited === 0) this.#fail(`${name} ended:\n${said}`)
      throw new Error(`${name} ended:\n${said}`)
    })
    ended.catch(() => {})
    return {
      name,
      async line(pattern) {
        const past = lines.find(line => pattern.test(line))
        if (past !== undefined) return past
        awaited += 1
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => {
            reject(new Error(`${name} does not start:\n${lines.slice(-3).join('\n')}`))
          }, START_MS)
        })
        const future = new Promise<string>(resolve => waiting.set(pattern, resolve))
        try {
          return await Promise.race([future, ended, late])
        } finally {
          awaited -= 1
          clearTimeout(timer)
          waiting.delete(pattern)
        }
      },
    }
  }

  /** A program that does its work and ends: what it wrote. Rejects with its last word if that went wrong. */
  async run(program: string, words: readonly string[], options: RunOptions): Promise<string> {
    const child = this.#spawn(program, program, words, options)
    const written: string[] = []
    const complaints: string[] = []
    child.stdout.setEncoding('utf8').on('data', text => written.push(text))
    createInterface({ input: child.stderr }).on('line', line => complaints.push(line))
    child.on('error', error => complaints.push(error.message))
    await this.#keep(child)
    if (child.exitCode === 0) return written.join('')
    throw new Error(complaints.findLast(line => line !== '') ?? `${program} failed`)
  }

  #spawn(name: string, program: string, words: readonly string[], options: RunOptions = {}) {
    if (this.#ending) throw new Error(`${name} is not started any more`)
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) this.#guard.add(child.pid)
    return child
  }

  /** Known until it is gone; fulfilled then. */
  #keep(child: ChildProcess): Promise<void> {
    const { pid } = child
    const gone = new Promise<void>(resolve => {
      child.on('error', () => resolve())
      child.on('close', () => resolve())
    }).then(() => {
      this.#children.delete(child)
      if (pid !== undefined) this.#guard.remove(pid)
    })
    this.#children.set(child, gone)
    return gone
  }

  /** Asks all to end, insists after a while, and is fulfilled when none is left. */
  async end(): Promise<void> {
    this.#ending = true
    for (const child of this.#children.keys()) child.kill('SIGTERM')
    const insist = setTimeout(() => {
      for (const child of this.#children.keys()) child.kill('SIGKILL')
    }, END_MS)
    await Promise.all(this.#children.values())
    clearTimeout(insist)
    await this.#guard.end()
  }
}
