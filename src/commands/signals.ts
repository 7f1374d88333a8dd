/** Signals of long-running commands. */

/**
 * Waits for the one that ends it. Asked again it goes on ending: one Ctrl-C arrives twice where a
 * terminal and the program that started us both pass it on.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal))
  })
}

/**
 * Keeps SIGHUP from ending the process while there is nothing to reload yet. One that came meanwhile is
 * given to whoever listens first. The returned function gives SIGHUP its usual meaning back.
 */
export function holdHangup(): () => void {
  let held = false
  const hold = () => {
    held = true
  }
  const onListener = (name: string | symbol) => {
    if (name !== 'SIGHUP') return
    process.off('newListener', onListener)
    // Not before the other listens: without any listener the signal would end the process.
    setImmediate(() => {
      process.off('SIGHUP', hold)
      if (held) process.emit('SIGHUP', 'SIGHUP')
    })
  }
  process.on('SIGHUP', hold)
  process.on('newListener', onListener)
  return () => {
    process.off('newListener', onListener)
    process.off('SIGHUP', hold)
  }
}
