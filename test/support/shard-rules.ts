/** The shipped rules with the windows and waits of a short run, and their expressions by name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export function shortened(file: string, windowSeconds: number): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replaceAll('[5m]', `[${windowSeconds}s]`)
    .replaceAll('/ 300', `/ ${windowSeconds}`)
    .replaceAll('for: 1m', 'for: 2s')
}

/**
 * For a store that evaluates no rules: a rate over the fabric is one whole expression there, without
 * the series that Prometheus records on the way.
 */
export function expressions(windowSeconds: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const text = shortened('prometheus/optional/shards.yml', windowSeconds)
  for (const [, name = '', expression = ''] of text.matchAll(/record: (\S+)\n +expr: (\S.*)\n/g)) {
    found.set(name, expression)
  }
  const parts = found.get('shards:sflow_interface_receive_bytes:rate5m') ?? ''
  return found.set('fabric:sflow_interface_receive_bytes:rate5m', `sum(${parts})`)
}
