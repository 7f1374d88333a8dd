/**
 * One commit: brings the wanted set onto the device, or as much of it as the device takes. If the
 * whole is refused, what was good before (less what shall go) is put back first; then the changes
 * are halved until those at fault stand alone, so that one bad rule never keeps out the others.
 * If even the good part cannot be put back, the device is `degraded` and the caller tries again.
 */
import type { ApplyResult, Backend, NamedRules } from '../backends/backend.ts'

export interface CommitPlan {
  /** What was good under names that are still wanted. */
  readonly base: readonly NamedRules[]
  /** What is new or different. */
  readonly changes: readonly NamedRules[]
}

export interface CommitOutcome {
  readonly state: 'clean' | 'degraded'
  /** What is on the device; meaningless if degraded. */
  readonly installed: readonly NamedRules[]
  /** Name to message, for the changes that the device does not take. */
  readonly failed: ReadonlyMap<string, string>
  readonly applies: number
  readonly rollbacks: number
  readonly message: string
}

type Failure = Extract<ApplyResult, { ok: false }>

export async function commit(
  backend: Pick<Backend, 'render' | 'apply'>,
  plan: CommitPlan,
): Promise<CommitOutcome> {
  return new Commit(backend).run(plan)
}

class Commit {
  readonly #backend: Pick<Backend, 'render' | 'apply'>
  readonly #failed = new Map<string, string>()
  #applies = 0
  #rollbacks = 0
  #installed: readonly NamedRules[] = []
  /** True after an apply that failed: nobody has shown since what is on the device. */
  #unsure = false

  constructor(backend: Pick<Backend, 'render' | 'apply'>) {
    this.#backend = backend
  }

  async run({ base, changes }: CommitPlan): Promise<CommitOutcome> {
    const target = merged(base, changes)
    const first = await this.#apply(target)
    if (first.ok) return this.#outcome('clean', '')
    const rollback = await this.#rollBack(base)
    if (!rollback.ok) return this.#outcome('degraded', rollback.message)
    if (changes.length === 0) return this.#outcome('clean', '')
    const again = first.kind === 'rejected' ? first : await this.#apply(target)
    if (!again.ok) await this.#isolate(changes, again)
    if (this.#unsure) {
      const last = await this.#rollBack(this.#installed)
      if (!last.ok) return this.#outcome('degraded', last.message)
    }
    return this.#outcome('clean', '')
  }

  /** `whole` is known to fail on top of what is installed, for the reason given. */
  async #isolate(whole: readonly NamedRules[], failure: Failure): Promise<void> {
    const only = whole[0]
    if (whole.length === 1 && only !== undefined) {
      this.#failed.set(only.name, failure.message)
      return
    }
    for (const part of parts(whole, failure.culprit)) {
      const result = await this.#apply(merged(this.#installed, part))
      if (!result.ok) await this.#isolate(part, result)
    }
  }

  async #apply(all: readonly NamedRules[]): Promise<ApplyResult> {
    this.#applies += 1
    const result = await this.#backend.apply(this.#backend.render(all))
    this.#unsure = !result.ok
    if (result.ok) this.#installed = all
    return result
  }

  #rollBack(all: readonly NamedRules[]): Promise<ApplyResult> {
    this.#rollbacks += 1
    return this.#apply(all)
  }

  #outcome(state: 'clean' | 'degraded', message: string): CommitOutcome {
    return {
      state,
      installed: this.#installed,
      failed: this.#failed,
      applies: this.#applies,
      rollbacks: this.#rollbacks,
      message,
    }
  }
}

/** A change takes the place of what is there under its name. */
function merged(
  base: readonly NamedRules[],
  changes: readonly NamedRules[],
): readonly NamedRules[] {
  return [...new Map([...base, ...changes].map(item => [item.name, item])).values()]
}

/** The one that the device named and the rest, or two halves. Each part is shorter than the whole. */
function parts(
  whole: readonly NamedRules[],
  culprit: string | undefined,
): readonly (readonly NamedRules[])[] {
  const named = whole.filter(item => item.name === culprit)
  if (named.length === 1) return [whole.filter(item => item.name !== culprit), named]
  const middle = whole.length >> 1
  return [whole.slice(0, middle), whole.slice(middle)]
}
