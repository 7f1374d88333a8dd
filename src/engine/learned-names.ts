/**
 * What agents answered when they were asked for names by another protocol (SNMP), by agent address.
 * Bounded by whoever asks; agents that are gone are forgotten.
 */
import type { Agent } from '../state/agent.ts'
import type { Engine } from './engine.ts'

export interface LearnedAgent {
  readonly systemName: string
  /** By ifIndex. */
  readonly interfaces: Readonly<Record<string, { readonly name?: string; readonly alias?: string }>>
}

const NOTHING: LearnedAgent = { systemName: '', interfaces: {} }

export class LearnedNames {
  /** Agents with new interfaces since somebody last looked. */
  readonly wanted = new Set<string>()
  readonly #agents = new Map<string, LearnedAgent>()

  /** Undefined: it was asked in vain. What it said before still holds. */
  learn(agent: string, names: LearnedAgent | undefined): void {
    if (names !== undefined || !this.#agents.has(agent)) this.#agents.set(agent, names ?? NOTHING)
  }

  /** Was it asked, in vain or not? */
  knows(agent: string): boolean {
    return this.#agents.has(agent)
  }

  interface(agent: string, ifIndex: number): { name?: string; alias?: string } | undefined {
    return this.#agents.get(agent)?.interfaces[ifIndex]
  }

  systemName(agent: string): string {
    return this.#agents.get(agent)?.systemName ?? ''
  }

  /** Forgets all others. */
  keep(isKept: (agent: string) => boolean): void {
    for (const agent of this.#agents.keys()) if (!isKept(agent)) this.#agents.delete(agent)
  }
}

type Named = Pick<Engine, 'learned' | 'naming' | 'registry'>

/** Agents to ask for names: those with new interfaces, or all that have some. */
export function agentsToName({ learned, naming, registry }: Named, all: boolean): string[] {
  if (all) {
    learned.wanted.clear()
    const hasAsked = (agent: Agent) => agent.sources.values().some(one => naming.isAsked(one))
    for (const agent of registry.agents.values()) {
      if (hasAsked(agent)) learned.wanted.add(agent.address)
    }
    learned.keep(address => learned.wanted.has(address))
  }
  const wanted = Array.from(learned.wanted)
  learned.wanted.clear()
  return wanted
}

/** Takes what an agent answered; undefined: nothing. Labels that are given stay, info follows. */
export function learn(
  { learned, naming, registry }: Named,
  address: string,
  names: LearnedAgent | undefined,
): void {
  learned.learn(address, names)
  for (const agent of registry.agents.values()) {
    if (agent.address !== address) continue
    for (const source of agent.sources) naming.refresh(source)
  }
}
