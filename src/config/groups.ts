/** Sections `groups` (named address ranges) and `maps` (named tables), which flow keys refer to. */
import { z } from 'zod'
import { cidr, identifier } from './kinds.ts'

const GROUPS_MAX = 1_000
const MAPS_MAX = 100
const ENTRIES_MAX = 100_000

export const groupsSchema = z
  .record(
    identifier,
    z
      .array(cidr)
      .min(1)
      .max(ENTRIES_MAX)
      .describe('Its address ranges. Of overlapping ones the longest prefix counts.'),
  )
  .refine(groups => Object.keys(groups).length <= GROUPS_MAX, `at most ${GROUPS_MAX} groups`)

export const mapsSchema = z
  .record(
    identifier,
    z
      .record(
        z.string().min(1).max(256),
        z.union([z.string().max(256), z.number()]).transform(String),
      )
      .refine(map => Object.keys(map).length <= ENTRIES_MAX, `at most ${ENTRIES_MAX} entries`),
  )
  .refine(maps => Object.keys(maps).length <= MAPS_MAX, `at most ${MAPS_MAX} maps`)
