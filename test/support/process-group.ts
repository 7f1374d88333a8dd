/** The living processes of a process group, as Linux tells; nobody elsewhere. */
import { readdirSync, readFileSync } from 'node:fs'

/** Number and command line of each. A zombie is nobody: it waits for its parent alone. */
export function processesOfGroup(group: number): string[] {
  return pids().flatMap(pid => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (Number(pgrp) !== group || state === 'Z') return []
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
      return [`${pid} ${words.join(' ')}`.slice(0, 200)]
    } catch {
      return []
    }
  })
}

function pids(): string[] {
  try {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name))
  } catch {
    return []
  }
}
