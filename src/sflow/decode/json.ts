/** The object that is made of a datagram: texts, lists and objects, nothing else. */

export type Json = string | readonly Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

/** Puts values under keys, with a prefix before each. */
export class Fields {
  readonly object: JsonObject
  readonly prefix: string

  constructor(object: JsonObject, prefix = '') {
    this.object = object
    this.prefix = prefix
  }

  put(key: string, value: Json | number | bigint): void {
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
    this.object[this.prefix + key] = text
  }

  /** The same object with a longer prefix. */
  under(prefix: string): Fields {
    return prefix === '' ? this : new Fields(this.object, this.prefix + prefix)
  }
}
