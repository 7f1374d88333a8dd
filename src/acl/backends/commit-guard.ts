/**
 * An agent that is killed leaves its commit tool running, and that one may end after the next
 * agent's first commit, with older rules. So the id of the tool is noted while it runs, with its
 * start time (ids are used again), and the next agent ends it before anything else.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import {
  killGroup,
  type ProgramOptions,
  type ProgramResult,
  type RunProgram,
} from './run-program.ts'

export interface CommitGuard {
  started(pid: number): void
  ended(): void
  /** Fulfilled once no tool of an earlier agent runs any more. */
  recover(): Promise<void>
}

const POLL_MS = 20

/** Runs the tool that commits, noted while it runs. */
export async function runGuarded(
  run: RunProgram,
  guard: CommitGuard,
  argv: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const result = await run(argv, { ...options, started: pid => guard.started(pid) })
  guard.ended()
  return result
}

/** Notes nothing: for devices that no tool is run for, and for tests of one commit. */
export const noGuard: CommitGuard = {
  started: () => {},
  ended: () => {},
  recover: async () => {},
}

export function commitGuard(path: string): CommitGuard {
  const ended = () => rmSync(path, { force: true })
  return {
    started: pid => {
      try {
        writeFileSync(path, `${pid} ${startTimeOf(pid) ?? ''}`)
      } catch {
        // A full disk: the look for drift is what is left then.
      }
    },
    ended,
    async recover() {
      const [pid, startTime] = read(path).split(' ')
      if (pid !== undefined && startTime !== undefined && startTime !== '') {
        while (startTimeOf(Number(pid)) === startTime) {
          killGroup(Number(pid))
          await delay(POLL_MS)
        }
      }
      ended()
    },
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined for a process that is gone or a zombie. */
function startTimeOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? undefined : fields[18]
}
