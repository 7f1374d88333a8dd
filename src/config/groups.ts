/** Sections `groups` (named address ranges) and `maps` (named tables), which flow keys refer to. */
import { z } from 'zod'
import { PREFIXES_MAX } from '../flows/functions/groups.ts'
import { cidr, identifier } from './kinds.ts'

export const GROUPS_MAX = 1_000
export const MAPS_MAX = 100
const MAP_ENTRIES_MAX = 100_000
const MAP_TEXT_MAX = 256

const ranges = z.array(cidr).min(1).max(PREFIXES_MAX)

const groupSchema = z
  .union([ranges, z.record(identifier, ranges)])
  .describe(
    'Its address ranges, or, as in sFlow-RT, names with address ranges each. Of overlapping ranges the longest prefix counts.',
  )

export const groupsSchema = z
  .record(identifier, groupSchema)
  .refine(groups => Object.keys(groups).length <= GROUPS_MAX, `at most ${GROUPS_MAX} groups`)

const mapText = z.string().max(MAP_TEXT_MAX)

const mapSchema = z
  .record(mapText.min(1), z.union([mapText, z.number()]).transform(String))
  .refine(map => Object.keys(map).length <= MAP_ENTRIES_MAX, `at most ${MAP_ENTRIES_MAX} entries`)
  .describe('Its entries: what a key’s value is looked up as, and what it becomes.')

export const mapsSchema = z
  .record(identifier, mapSchema)
  .refine(maps => Object.keys(maps).length <= MAPS_MAX, `at most ${MAPS_MAX} maps`)

/** What `PUT /api/v1/groups/NAME` brings. */
export function parseGroup(
  name: string,
  body: unknown,
): { readonly group: z.output<typeof groupSchema> } | { readonly fault: string } {
  const parsed = z.record(identifier, groupSchema).safeParse({ [name]: body })
  if (!parsed.success) return { fault: firstFault(parsed.error) }
  return { group: parsed.data[name] as z.output<typeof groupSchema> }
}

/** What `PUT /api/v1/maps/NAME` brings. */
export function parseMap(
  name: string,
  body: unknown,
): { readonly map: z.output<typeof mapSchema> } | { readonly fault: string } {
  const parsed = z.record(identifier, mapSchema).safeParse({ [name]: body })
  if (!parsed.success) return { fault: firstFault(parsed.error) }
  return { map: parsed.data[name] as z.output<typeof mapSchema> }
}

function firstFault({ issues: [issue] }: z.ZodError): string {
  return issue === undefined ? 'is wrong' : `${issue.path.join('.')}: ${issue.message}`
}
