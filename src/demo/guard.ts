/**
 * Whatever ends a program, even SIGKILL, its children end after it: a guard, in a session of its own so
 * that Ctrl-C does not reach it, holds the other end of a pipe. When the pipe closes, it ends the
 * processes that it was told of, and removes a folder. Run by itself this file is the guard.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Prometheus closes its storage within a second or two. */
const END_MS = 4_000
const LOOK_MS = 50

export class Guard {
  /** Fulfilled when the guard is gone, by itself or ended. */
  readonly gone: Promise<void>
  readonly #child: ChildProcess

  /** `folder` is removed at the end, when nobody writes to it any more. */
  constructor(folder = '') {
    const words = [fileURLToPath(import.meta.url), folder]
    this.#child = spawn(process.execPath, words, {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    // A guard that is gone is told by `gone`, not by each word that no longer reaches it.
    this.#child.stdin?.on('error', () => {})
    this.gone = new Promise(resolve => {
      this.#child.on('error', () => resolve())
      this.#child.on('close', () => resolve())
    })
  }

  /** From now on this process ends with us; a negative number means a process group, as in kill(2). */
  add(pid: number): void {
    this.#child.stdin?.write(`+${pid}\n`)
  }

  /** It has ended: its number may soon be somebody else's. */
  remove(pid: number): void {
    this.#child.stdin?.write(`-${pid}\n`)
  }

  /** Ends what is left; fulfilled when nothing is. */
  async end(): Promise<void> {
    this.#child.stdin?.end()
    await this.gone
  }
}

async function guard(folder: string): Promise<void> {
  const pids = new Set<number>()
  for await (const line of createInterface({ input: process.stdin })) {
    const pid = Number(line.slice(1))
    if (line.startsWith('+')) pids.add(pid)
    else pids.delete(pid)
  }
  const left = () => [...pids].filter(pid => send(pid, 0))
  for (const pid of left()) send(pid, 'SIGTERM')
  const deadline = performance.now() + END_MS
  while (left().length > 0 && performance.now() < deadline) await delay(LOOK_MS)
  for (const pid of left()) send(pid, 'SIGKILL')
  if (folder !== '') await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** False if there is no such process. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

if (import.meta.main) await guard(process.argv[2] ?? '')
