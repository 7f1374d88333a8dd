/** Address ranges in CIDR form as one question: is this address in one of them? */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** The ranges were checked by the configuration; an address that is none is in no range. */
export function inRanges(cidrs: readonly string[]): (address: string) => boolean {
  if (cidrs.length === 0) return () => false
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [network = '', length] = cidr.split('/')
    const six = isIPv6(network)
    list.addSubnet(network, Number(length ?? (six ? 128 : 32)), six ? 'ipv6' : 'ipv4')
  }
  return address => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
