/**
 * Section `lookups`: files and servers that flow keys look things up in. Files are read here, once,
 * into memory that threads share, and opened to see that they are good: what is checked is what is used.
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import {
  LOOKUP_KINDS,
  type LookupFile,
  type LookupFiles,
  type LookupKind,
  Lookups,
} from '../flows/functions/lookups.ts'
import { count, duration, fileName } from './kinds.ts'
import type { Fault, Source } from './source.ts'

/** GeoIP2-Enterprise has some 600 MB. */
const FILE_BYTES_MAX = 1_073_741_824

const server = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:]{2,45}\](:\d{1,5})?|[0-9a-fA-F:]{2,45}|\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?)$/,
    'expected a name server such as 192.0.2.53, 127.0.0.1:5353 or [2001:db8::53]:53',
  )

const dns = z.strictObject({
  servers: z
    .array(server)
    .max(8)
    .default([])
    .describe('Name servers, with a port if it is not 53. Empty: those of the system.'),
  names: count({
    default: 10_000,
    max: 1_000_000,
    unit: 'addresses',
    what: 'Addresses whose names are remembered, in each ingest worker.',
    reason: 'those that talk much; further ones have no name until others have been quiet.',
  }),
  age: duration({
    default: '1h',
    min: '10s',
    max: '7d',
    what: 'How long a name holds before it is asked for again; a quiet address is forgotten after as long.',
    reason: 'hosts seldom change their names within an hour.',
  }),
  in_flight: count({
    default: 32,
    max: 1_024,
    unit: 'questions',
    what: 'Questions that wait for an answer at a time.',
    reason: 'a slow server must not be flooded.',
  }),
  per_second: count({
    default: 50,
    max: 10_000,
    unit: 'questions a second',
    what: 'Questions that are asked.',
    reason: 'spoofed addresses must not become a flood of questions.',
  }),
  timeout: duration({
    default: '2s',
    min: '100ms',
    max: '30s',
    what: 'How long an answer is waited for.',
    reason: 'a name that takes longer is asked for again later.',
  }),
})

export const lookupsSchema = z.strictObject({
  country: fileName
    .optional()
    .describe('Database of countries in the MaxMind format (.mmdb), for country:KEY.'),
  asn: fileName
    .optional()
    .describe('Database of autonomous systems in the MaxMind format (.mmdb), for asn:KEY.'),
  oui: fileName
    .optional()
    .describe(
      "Makers of network cards for oui:KEY:name: the IEEE's oui.txt or oui.csv, manuf, nmap-mac-prefixes.",
    ),
  dns: dns.optional().describe('Reverse look-ups for dns:KEY; without it none are made.'),
})

export type LookupsSection = z.output<typeof lookupsSchema>

/** Opens every file; one that cannot be read or is no such file is a fault of the line that names it. */
export function loadLookups(
  section: LookupsSection,
  source: Source,
): { readonly files: LookupFiles; readonly faults: readonly Fault[] } {
  const files: Partial<Record<LookupKind, LookupFile>> = {}
  const faults: Fault[] = []
  for (const kind of LOOKUP_KINDS) {
    const name = section[kind]
    if (name === undefined) continue
    try {
      const file = readShared(resolve(dirname(source.file), name))
      new Lookups().take({ [kind]: file })
      files[kind] = file
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const rule = code === undefined ? `${name}: ${message}` : `cannot read ${name} (${code})`
      faults.push(source.fault(['lookups', kind], rule))
    }
  }
  return { files, faults }
}

function readShared(file: string): LookupFile {
  const { size } = statSync(file)
  if (size > FILE_BYTES_MAX) throw new RangeError(`more than ${FILE_BYTES_MAX} bytes`)
  const read = readFileSync(file)
  const bytes = new SharedArrayBuffer(read.length)
  new Uint8Array(bytes).set(read)
  return { revision: createHash('sha256').update(read).digest('hex'), bytes }
}
