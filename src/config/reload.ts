/**
 * Reload: SIGHUP and `/-/reload` ask for the same function. The file is read and judged whole, then
 * applied; a bad one leaves everything as it is. Reloads run one after the other, and those asked for
 * while one waits are one.
 */
import type { Log } from '../log.ts'
import type { LoadResult } from './load.ts'
import type { Config } from './schema.ts'
import { formatFault } from './source.ts'
import { differing } from './start-only.ts'

export interface ReloadOptions {
  readonly load: () => LoadResult
  /** Puts the configuration into force. If it throws, what was in force must still be. */
  readonly apply: (config: Config) => void | Promise<void>
  /** What was in force at the start, and which of its keys take a restart to change. */
  readonly start?: { readonly config: Config; readonly keys: readonly string[] }
  /** Told after each try: sflow_bridge_config_last_reload_successful and its time. */
  readonly onResult: (successful: boolean) => void
  readonly log: Log
}

/** The returned function rejects with every fault in its message. */
export function createReload(options: ReloadOptions): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  return () => {
    waiting ??= running
      .catch(() => {})
      .then(() => {
        waiting = undefined
        running = reloadOnce(options)
        return running
      })
    return waiting
  }
}

async function reloadOnce({ load, apply, start, onResult, log }: ReloadOptions): Promise<void> {
  let kept: string[] = []
  try {
    const result = load()
    if ('faults' in result) throw new Error(result.faults.map(formatFault).join('\n'))
    await apply(result.config)
    if (start !== undefined) kept = differing(start.keys, start.config, result.config)
  } catch (error) {
    onResult(false)
    log.error(
      { reason: (error as Error).message },
      'reload failed: the running configuration stays',
    )
    throw error
  }
  onResult(true)
  log.info('configuration reloaded')
  if (kept.length > 0) log.warn({ keys: kept }, 'read at the start only: they take a restart')
}

/** Reloads on SIGHUP; the returned function ends that. */
export function reloadOnHangup(reload: () => Promise<void>): () => void {
  // The failure is logged and counted already.
  const onHangup = () => void reload().catch(() => {})
  process.on('SIGHUP', onHangup)
  return () => process.off('SIGHUP', onHangup)
}
