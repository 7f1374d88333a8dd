/** What the control loop does, as lines for people: an action is told whenever its phase changes. */

interface Action {
  readonly id: string
  readonly where?: string
  readonly phase: string
  readonly what: { readonly action: { readonly type: string }; readonly match: object }
}

const PHASES: Readonly<Record<string, string>> = {
  pending: 'waits for an approval',
  active: 'in force (dry run)',
  ended: 'taken back',
}

/** Actions are kept for as long as the controller tells them: `told` holds no more than it does. */
export class News {
  #told = new Map<string, string>()

  /** Lines for what is new in this answer of the controller's `/api/v1/actions`. */
  take(body: unknown): string[] {
    const actions = (body as { actions?: readonly Action[] }).actions ?? []
    const lines = actions
      .filter(({ id, phase }) => this.#told.get(id) !== phase && phase in PHASES)
      .map(lineOf)
    this.#told = new Map(actions.map(({ id, phase }) => [id, phase]))
    return lines
  }
}

/** From where, to where, then what. */
const ORDER = ['source', 'destination', 'protocol', 'sourcePort', 'destinationPort']

function lineOf({ what, where, phase }: Action): string {
  const rank = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length)
  const match = Object.entries(what.match)
    .filter(([key]) => key !== 'family')
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([key, value]) => `${key} ${String(value)}`)
  return `${what.action.type.padEnd(5)} ${match.join(', ')}${where ? ` on ${where}` : ''}: ${PHASES[phase]}`
}
