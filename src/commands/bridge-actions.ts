/**
 * What the controllers do that are told of events, for the live page: asked when somebody looks, at most
 * every two seconds, whoever looks. A controller that does not answer costs its timeout and no more.
 */
import type { Transport } from '../acl/controller/transport.ts'
import type { Config } from '../config/schema.ts'
import { transportTo } from './controller-clients.ts'

const FRESH_MS = 2_000
const ACTIONS_MAX = 200

/** An action as the controller's API shows it: what the page needs of it. */
export interface ActionRow {
  readonly id: string
  readonly policy: string
  readonly action: string
  readonly match: Readonly<Record<string, unknown>>
  readonly where: string
  readonly phase: string
  readonly since: string
}

export interface Actions {
  readonly actions: readonly ActionRow[]
  /** Controllers that did not answer, or not with actions. */
  readonly failures: readonly string[]
}

export class ControllerActions {
  #controllers: readonly { readonly url: string; readonly transport: Transport }[] = []
  #text = ''
  readonly #now: () => number
  #asked: Promise<Actions> | undefined
  #askedMs = 0

  constructor(notify: Config['notify'], now: () => number) {
    this.#now = now
    this.configure(notify)
  }

  /** Other controllers are asked from the next question on. */
  configure({ controller }: Config['notify']): void {
    const text = JSON.stringify(controller)
    if (text === this.#text) return
    const before = this.#controllers
    this.#text = text
    this.#asked = undefined
    this.#controllers = controller.map(endpoint => {
      return { url: endpoint.url, transport: transportTo(endpoint, 1) }
    })
    for (const { transport } of before) void transport.close()
  }

  /** Never rejects. */
  list(): Promise<Actions> {
    const nowMs = this.#now()
    if (this.#asked === undefined || nowMs - this.#askedMs >= FRESH_MS) {
      this.#askedMs = nowMs
      this.#asked = this.#ask()
    }
    return this.#asked
  }

  async close(): Promise<void> {
    await Promise.all(this.#controllers.map(({ transport }) => transport.close()))
  }

  async #ask(): Promise<Actions> {
    const actions: ActionRow[] = []
    const failures: string[] = []
    for (const { url, transport } of this.#controllers) {
      const reply = await transport.request('GET', '/api/v1/actions')
      const rows = 'status' in reply && reply.status === 200 ? rowsOf(reply.json) : undefined
      if (rows !== undefined) actions.push(...rows)
      else failures.push(`${url}: ${'status' in reply ? reply.status : reply.unreachable}`)
    }
    return { actions: actions.slice(0, ACTIONS_MAX), failures }
  }
}

/** Undefined if it is not what a controller answers. */
function rowsOf(json: unknown): readonly ActionRow[] | undefined {
  const { actions } = (json ?? {}) as { readonly actions?: unknown }
  if (!Array.isArray(actions)) return undefined
  return actions.slice(0, ACTIONS_MAX).map(action => {
    // The form of docs/openapi/controller.yaml, narrowed to what is shown; texts are made of all else.
    const { id, policy, what, where, phase, times } = action as Readonly<Record<string, unknown>>
    const { action: intent, match } = (what ?? {}) as Readonly<Record<string, unknown>>
    return {
      id: String(id),
      policy: String(policy),
      action: String((intent as { readonly type?: unknown } | undefined)?.type),
      match: (match ?? {}) as Readonly<Record<string, unknown>>,
      where: String(where),
      phase: String(phase),
      since: String((times as { readonly decided?: unknown } | undefined)?.decided),
    }
  })
}
