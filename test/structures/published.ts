/** The table of what is published, read from its file. */
import { readFileSync } from 'node:fs'
import type { Structure } from '../../src/structures/define.ts'
import { COUNTER_STRUCTURES, FLOW_STRUCTURES } from '../../src/structures/index.ts'

export interface Published {
  readonly of: 'counter' | 'flow'
  /** `enterprise:format`. */
  readonly label: string
  readonly name: string
  readonly url: string
  /** Kind and name of each field. */
  readonly fields: string[]
}

export function readPublished(): readonly Published[] {
  const text = readFileSync(new URL('published.txt', import.meta.url), 'utf8')
  const all: Published[] = []
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith(' ')) {
      all.at(-1)?.fields.push(line.trim())
      continue
    }
    const [of, label = '', name = '', url = ''] = line.split(' ')
    all.push({ of: of === 'flow' ? 'flow' : 'counter', label, name, url, fields: [] })
  }
  return all
}

/** All declared structures, both kinds. */
export const DECLARED: readonly Structure[] = [...COUNTER_STRUCTURES, ...FLOW_STRUCTURES]

/** Kind and name of each field of a declaration, as the table writes them. */
export function declaredFields(structure: Structure): string[] {
  const { fields, group } = structure
  const each = group?.countField === undefined ? '' : 'each '
  const list = group?.columnwise ? 'list' : ''
  return [
    ...fields.map(({ kind, name }) => `${kind} ${name}`),
    ...(group?.fields ?? []).map(({ kind, name }) => `${each}${kind}${list} ${name}`),
  ]
}
