/**
 * Prometheus as shipped, but for what a site sets: its configuration and rules are copied, and changed only
 * where a test says so. Every change must find what it replaces.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { part } from './parts.ts'
import { type Running, start, temporaryFolder } from './processes.ts'

const SHIPPED = fileURLToPath(new URL('../../prometheus/', import.meta.url))

export type Changes = Readonly<Record<string, readonly (readonly [RegExp, string])[]>>

/** Scrapes and evaluates each second. */
export const EACH_SECOND: Changes[string] = [
  [/scrape_interval: 15s/, 'scrape_interval: 1s'],
  [/evaluation_interval: 15s/, 'evaluation_interval: 1s'],
]

/** Inside a network namespace, on its usual port; ready for requests. */
export async function startShippedPrometheus(
  t: ExecutionContext,
  namespace: string,
  changes: Changes,
): Promise<Running> {
  const folder = temporaryFolder(t)
  cpSync(join(SHIPPED, 'prometheus.yml'), join(folder, 'prometheus.yml'))
  for (const name of readdirSync(join(SHIPPED, 'rules'))) {
    if (name.endsWith('.yml')) cpSync(join(SHIPPED, 'rules', name), join(folder, 'rules', name))
  }
  for (const [file, list] of Object.entries(changes)) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    for (const [pattern] of list) t.regex(text, pattern, `${file} no longer holds it`)
    writeFileSync(
      path,
      list.reduce((so, [from, to]) => so.replace(from, to), text),
    )
  }
  const words = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
  ]
  const running = start(t, part('prometheus'), words, { namespace })
  await running.line(/Server is ready to receive web requests/)
  return running
}
