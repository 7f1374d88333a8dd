/** Settings for tests of names by SNMP. */
import type { SnmpSettings, SnmpTarget } from '../../src/names/settings.ts'

export function snmpTarget(part: Partial<SnmpTarget> = {}): SnmpTarget {
  const agents = ['10.0.0.0/8']
  return {
    agents,
    community: 'public',
    context: '',
    port: 161,
    timeoutMs: 100,
    retries: 0,
    ...part,
  }
}

export function snmpTestSettings(part: Partial<SnmpSettings> = {}): SnmpSettings {
  return {
    targets: [snmpTarget()],
    refreshMs: 3_600_000,
    concurrency: 2,
    agentsMax: 3,
    interfacesMax: 100,
    walkTimeoutMs: 1_000,
    nameBytesMax: 64,
    ...part,
  }
}
