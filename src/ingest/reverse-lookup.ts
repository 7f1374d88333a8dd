/** Reverse look-ups over DNS (RFC 1035, section 3.5; RFC 3596, section 2.5), beside the way of datagrams. */
import { Resolver } from 'node:dns/promises'
import type { DnsSettings } from '../flows/settings.ts'
import type { NameLookup } from '../state/address-names.ts'

/** Longer names are no host names: RFC 1035, section 2.3.4. */
const NAME_MAX = 253

/** There is an answer, and it is that there is no name. */
const NAMELESS = new Set(['ENOTFOUND', 'ENODATA'])

export function reverseLookup({ servers, timeoutMs }: DnsSettings): NameLookup {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  if (servers.length > 0) resolver.setServers(servers)
  return async words => {
    try {
      const [name] = await resolver.resolvePtr(reverseName(words))
      return name === undefined || name === '' || name.length > NAME_MAX ? undefined : name
    } catch (error) {
      if (NAMELESS.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    }
  }
}

/** `4.3.2.1.in-addr.arpa`, or the nibbles of an IPv6 address under ip6.arpa. */
export function reverseName(words: Int32Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = words
  if (a === 0 && b === 0 && c === 0xffff) {
    return `${d & 255}.${(d >>> 8) & 255}.${(d >>> 16) & 255}.${d >>> 24}.in-addr.arpa`
  }
  const digits = [a, b, c, d].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
