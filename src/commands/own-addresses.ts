/** Addresses of this machine, which no rule may aim at: who cuts off the controller or the switch ends the loop. */
import { networkInterfaces } from 'node:os'

/** Loopback and link-local addresses are always protected, and are not needed here. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
}
