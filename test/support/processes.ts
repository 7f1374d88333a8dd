/**
 * Real processes for tests: our own commands, Prometheus. Each is started with what it needs, known
 * by its child process, and ended by it; nothing is left behind, whatever the test did.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { part } from './parts.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Running {
  readonly child: ChildProcess
  /** JSON lines of its log, or plain lines. */
  readonly lines: string[]
  /** Resolves with the first line that matches, past or future; rejects if the process ends first. */
  line(pattern: RegExp): Promise<string>
  /** Sends a signal and resolves with the exit code once it is gone. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface StartOptions {
  /** Run inside a network namespace. */
  readonly namespace?: string
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

export function start(
  t: ExecutionContext,
  program: string,
  words: readonly string[],
  { namespace, env, cwd }: StartOptions = {},
): Running {
  const all =
    namespace === undefined
      ? [program, ...words]
      : [part('ip'), 'netns', 'exec', namespace, program, ...words]
  const [first = program, ...rest] = all
  const child = spawn(first, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env ? { env } : {}),
    ...(cwd ? { cwd } : {}),
  })
  const lines: string[] = []
  const waiting: { pattern: RegExp; resolve(line: string): void; reject(error: Error): void }[] = []
  const take = (line: string) => {
    lines.push(line)
    for (const one of waiting.filter(({ pattern }) => pattern.test(line))) {
      waiting.splice(waiting.indexOf(one), 1)
      one.resolve(line)
    }
  }
  createInterface({ input: child.stdout }).on('line', take)
  createInterface({ input: child.stderr }).on('line', take)
  let closed = false
  const endedBefore = (pattern: RegExp) =>
    new Error(`${program} ended before ${pattern}:\n${lines.slice(-20).join('\n')}`)
  const gone = new Promise<number | null>(resolve => {
    child.on('error', error => take(String(error)))
    child.on('close', code => {
      closed = true
      for (const { reject, pattern } of waiting.splice(0)) reject(endedBefore(pattern))
      resolve(code)
    })
  })
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return gone
  }
  t.teardown(() => (child.exitCode === null && child.signalCode === null ? end('SIGKILL') : gone))
  return {
    child,
    lines,
    end,
    line(pattern) {
      const past = lines.find(line => pattern.test(line))
      if (past !== undefined) return Promise.resolve(past)
      if (closed) return Promise.reject(endedBefore(pattern))
      return new Promise((resolve, reject) => waiting.push({ pattern, resolve, reject }))
    },
  }
}

export interface Bridge extends Running {
  readonly url: string
  readonly sflowPort: number
  /** The page, in text unless asked otherwise. */
  page(accept?: string): Promise<string>
  /** The readings of one family on the page, by label text. */
  family(name: string): Promise<Record<string, number>>
}

/** `sflow-bridge serve` on free ports of the loopback, with its data in a folder of the test. */
export async function startBridge(
  t: ExecutionContext,
  words: readonly string[] = [],
  options: StartOptions & {
    readonly storage?: string
    readonly listen?: string
    readonly web?: string
  } = {},
): Promise<Bridge> {
  const storage = options.storage ?? join(temporaryFolder(t), 'data')
  const flags = [
    `--sflow.listen-address=${options.listen ?? '127.0.0.1:0'}`,
    `--web.listen-address=${options.web ?? '127.0.0.1:0'}`,
    `--storage.path=${storage}`,
  ]
  const given = new Set(words.map(word => word.replace(/=.*/, '')))
  const all = [...flags.filter(flag => !given.has(flag.replace(/=.*/, ''))), ...words]
  const running = start(t, process.execPath, [MAIN, 'serve', ...all], options)
  const receiving = JSON.parse(await running.line(/"receiving sflow"/)) as { listening: string }
  const serving = JSON.parse(await running.line(/"serving"/)) as { url: string }
  const page = async (accept = 'text/plain') => {
    const response = await fetch(`${serving.url}/metrics`, { headers: { accept } })
    return response.text()
  }
  return {
    ...running,
    url: serving.url,
    sflowPort: Number(/:(\d+)$/.exec(receiving.listening)?.[1]),
    page,
    async family(name) {
      const found: Record<string, number> = {}
      for (const line of (await page()).split('\n')) {
        const [, series, labels = '', value] =
          /^([a-zA-Z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
        if (series === name) found[labels] = Number(value)
      }
      return found
    },
  }
}

export interface Prometheus extends Running {
  readonly url: string
  /** An instant query; its result vector. */
  query(expression: string, time?: number): Promise<readonly Reading[]>
  /** A range query: all points of all series. */
  range(
    expression: string,
    start: number,
    end: number,
    step: number,
  ): Promise<readonly RangeReading[]>
}

export interface Reading {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

export interface RangeReading {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

/** A real Prometheus with this configuration, on a free port of the loopback. */
export async function startPrometheus(
  t: ExecutionContext,
  configuration: string,
  words: readonly string[] = [],
  options: StartOptions = {},
): Promise<Prometheus> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, configuration)
  const running = start(
    t,
    part('prometheus'),
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--web.listen-address=127.0.0.1:0',
      '--log.format=json',
      ...words,
    ],
    options,
  )
  const listening = await running.line(/"Listening on"/)
  const { address } = JSON.parse(listening) as { address: string }
  const url = `http://${address}`
  await running.line(/Server is ready to receive web requests/)
  const ask = async <T>(path: string): Promise<readonly T[]> => {
    const response = await fetch(`${url}${path}`)
    const body = (await response.json()) as {
      status: string
      error?: string
      data: { result: readonly T[] }
    }
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`)
    return body.data.result
  }
  return {
    ...running,
    url,
    query: (expression, time) =>
      ask(`/api/v1/query?query=${encodeURIComponent(expression)}${time ? `&time=${time}` : ''}`),
    range: (expression, from, to, step) =>
      ask(
        `/api/v1/query_range?query=${encodeURIComponent(expression)}&start=${from}&end=${to}&step=${step}`,
      ),
  }
}

/** Asks again until the answer is there; the test's own timeout is the bound. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
  everyMs = 100,
): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
