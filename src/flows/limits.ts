/** What an engine of flows remembers at the most, and for how long. */
export interface FlowLimits {
  readonly agents: number
  readonly interfaces: number
  readonly interfacesPerAgent: number
  readonly definitions: number
  readonly thresholds: number
  /** Entries of a heavy-hitter table. */
  readonly entries: number
  readonly holdMs: number
  readonly lingerMs: number
  /** How long the total of a flow that left is remembered. */
  readonly rememberMs: number
  /** Crossings of one threshold that may be active at a time. */
  readonly activeMax: number
}

export const FLOW_LIMITS: FlowLimits = {
  agents: 10_000,
  interfaces: 50_000,
  interfacesPerAgent: 4_096,
  definitions: 64,
  thresholds: 256,
  // Recall of the top 100 under 90 % spoofed noise: test/flows/tables.test.ts. More cost reads of memory.
  entries: 8_192,
  holdMs: 35_000,
  lingerMs: 600_000,
  rememberMs: 24 * 3_600_000,
  activeMax: 1_000,
}
