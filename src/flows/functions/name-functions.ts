/** Functions that name an address by what is known of hosts: host, dns. */
import { MAC } from '../keys/kinds.ts'
import { addressKey, isAddress, lookUp } from './address-keys.ts'
import type { FunctionDeclaration } from './call.ts'
import { Fault } from './fault.ts'

/** What records of hosts, containers and virtual machines tell of them. */
export const HOST_ATTRIBUTES = [
  'host_name',
  'vir_host_name',
  'uuid',
  'os_name',
  'os_release',
  'machine_type',
] as const
export type HostAttribute = (typeof HOST_ATTRIBUTES)[number]

/** Addresses of either version as four words, IPv4 behind ::ffff:0:0/96. */
function widened(): (words: Int32Array) => Int32Array {
  const wide = new Int32Array([0, 0, 0xffff, 0])
  return words => {
    if (words.length !== 1) return words
    wide[3] = words[0] as number
    return wide
  }
}

const host: FunctionDeclaration = {
  name: 'host',
  usage: 'host:KEY:ATTRIBUTE',
  help:
    'An attribute of the host, container or virtual machine with a MAC address, or of the host whose agent has an IP ' +
    'address: host_name (the default), vir_host_name, uuid, os_name, os_release, machine_type.',
  compile: call => {
    call.arity(1, 2)
    const key = call.key(0)
    const attribute = call.choice(1, HOST_ATTRIBUTES, 'host_name')
    if (key.kind !== MAC && !isAddress(key.kind)) {
      throw new Fault(call.position(0), `${key.kind.name} is no MAC or IP address`)
    }
    const { texts, names } = call.context
    const wide = widened()
    const find =
      key.kind === MAC
        ? (words: Int32Array) =>
            names.hostOfMac?.(words[0] as number, words[1] as number, attribute)
        : (words: Int32Array) => names.hostOfAddress?.(wide(words), 0, attribute)
    return lookUp(call, key, words => {
      const name = find(words)
      return name === undefined ? -1 : texts.ofText(name)
    })
  },
}

const dns: FunctionDeclaration = {
  name: 'dns',
  usage: 'dns:KEY',
  help: 'Name of an address, once it is known: or:[dns:ipsource]:ipsource falls back to the address. Needs lookups.dns.',
  compile: call => {
    call.arity(1)
    const key = addressKey(call)
    const { texts, names } = call.context
    const wide = widened()
    return lookUp(call, key, words => {
      const name = names.dnsName?.(wide(words), 0)
      return name === undefined ? -1 : texts.ofText(name)
    })
  },
}

export const NAME_FUNCTIONS: readonly FunctionDeclaration[] = [host, dns]
