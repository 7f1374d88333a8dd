/**
 * Runs a program with fixed arguments: no shell, text on standard input, a time limit after which
 * its whole process group is killed, and an output that is cut off. Never rejects: not found, killed
 * and failed are answers.
 */
import { spawn } from 'node:child_process'

export interface ProgramResult {
  /** The exit status; undefined if it could not be started or was killed. */
  readonly status: number | undefined
  readonly timedOut: boolean
  readonly stdout: string
  /** What it said on standard error, or why it could not be started. */
  readonly stderr: string
}

export interface ProgramOptions {
  readonly stdin?: string
  readonly timeoutMs: number
  /** Called with the process id once it runs. */
  readonly started?: (pid: number) => void
}

export type RunProgram = (
  argv: readonly string[],
  options: ProgramOptions,
) => Promise<ProgramResult>

/** A full list of a device's rules with counters: 10,000 rules of 400 bytes are 4 MB. */
const STDOUT_MAX = 16_777_216
const STDERR_MAX = 8_192

export const runProgram: RunProgram = (argv, options) => {
  const [program = '', ...rest] = argv
  return new Promise(resolve => {
    const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child.pid)
    }, options.timeoutMs)
    const end = (status: number | undefined) => {
      clearTimeout(timer)
      // A grandchild may hold the pipes open beyond the group's end: what was said is enough.
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ status, timedOut, ...output })
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.stdout.length < STDOUT_MAX) output.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (output.stderr.length < STDERR_MAX) output.stderr += text.slice(0, STDERR_MAX)
    })
    child.stdin.on('error', () => {
      // It ended without reading: its status tells more.
    })
    child.on('error', error => {
      output.stderr = error.message
      end(undefined)
    })
    child.on('close', code => end(timedOut || code === null ? undefined : code))
    child.on('exit', code => {
      if (timedOut) end(undefined)
      else if (code === null) output.stderr ||= 'it was killed'
    })
    if (child.pid !== undefined) options.started?.(child.pid)
    child.stdin.end(options.stdin ?? '')
  })
}

export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** One line of what a program said, for people. */
export function failureText(program: string, result: ProgramResult): string {
  if (result.timedOut) return `${program} did not end in time and was killed`
  const said = (result.stderr.trim() || result.stdout.trim()).replace(/\s+/g, ' ').slice(0, 500)
  const how = result.status === undefined ? 'could not be run' : `exit status ${result.status}`
  return `${program}: ${how}${said === '' ? '' : `: ${said}`}`
}
