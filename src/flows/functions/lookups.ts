/**
 * What functions look up in files: address databases and makers of network cards. Compiled flows hold
 * on to this one object, so that new files take effect at once and definitions go on counting. Files
 * come as bytes that threads share; each is opened when its revision is another.
 */
import { AddressDatabase } from './mmdb.ts'
import { parseOui } from './oui.ts'

/** A file as it was read, once, by whoever checked it. */
export interface LookupFile {
  /** Another text for other bytes. */
  readonly revision: string
  readonly bytes: SharedArrayBuffer
}

export const LOOKUP_KINDS = ['country', 'asn', 'oui'] as const
export type LookupKind = (typeof LOOKUP_KINDS)[number]
export type LookupFiles = Readonly<Partial<Record<LookupKind, LookupFile>>>

export interface LookupTables {
  /** GeoLite2-Country or -City, GeoLite2-ASN, or another database of that form. */
  readonly country?: AddressDatabase | undefined
  readonly asn?: AddressDatabase | undefined
  /** Six upper-case digits of a MAC address → who makes it. */
  readonly oui?: ReadonlyMap<string, string> | undefined
}

export class Lookups {
  country: AddressDatabase | undefined
  asn: AddressDatabase | undefined
  oui: ReadonlyMap<string, string> | undefined
  /** Changes when a file does: whoever remembers an answer compares it. */
  revision = 0
  readonly #revisions = new Map<LookupKind, string | undefined>()

  constructor(tables: LookupTables = {}) {
    this.country = tables.country
    this.asn = tables.asn
    this.oui = tables.oui
  }

  /** Opens what is new and lets go of what is no longer there. Throws a RangeError for a bad file. */
  take(files: LookupFiles): void {
    for (const kind of LOOKUP_KINDS) {
      const file = files[kind]
      if (this.#revisions.get(kind) === file?.revision) continue
      const bytes = file && Buffer.from(file.bytes)
      if (kind === 'oui') this.oui = bytes && parseOui(bytes.toString('utf8'))
      else this[kind] = bytes && new AddressDatabase(bytes)
      this.#revisions.set(kind, file?.revision)
      this.revision += 1
    }
  }
}
