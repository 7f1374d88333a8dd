/**
 * `compileFlow`: a definition becomes a CompiledFlow. All words are looked up, all values parsed and
 * all layouts computed here, once; what is left for a sample is reading fields and comparing words.
 */
import { meets } from './candidates.ts'
import type { Compiled, CompiledFlow, FlowDefinition, Measure, Need } from './compiled.ts'
import { AttributeFault, readDefinition, within } from './definition.ts'
import { compileFilter, type Filter } from './filter/compile.ts'
import { type FilterNode, parseFilter } from './filter/parse.ts'
import { type FlowView, TRAIT } from './flow-view.ts'
import { compileNode } from './functions/compile.ts'
import type { FlowContext } from './functions/context.ts'
import { compileMeasure, metricWord } from './functions/measure.ts'
import type { Node } from './functions/parse.ts'
import type { Expression } from './keys/expression.ts'
import { FieldExpression } from './keys/field.ts'

/** Widest key, in words: sixteen IPv6 addresses would be 64, five of everything common is 20. */
export const KEY_WORDS_MAX = 64

/** Never throws: what is wrong with a definition comes back as a fault. */
export function compileFlow(given: unknown, context: FlowContext): Compiled {
  try {
    return { flow: compile(given, context) }
  } catch (error) {
    if (error instanceof AttributeFault) return { fault: error.fault }
    throw error
  }
}

function compile(given: unknown, context: FlowContext): CompiledFlow {
  const { definition, keys } = readDefinition(given)
  const expressions = keys.map(({ node, text }) =>
    within('keys', text, () => compileNode(node, context)),
  )
  const words = expressions.reduce((sum, { kind }) => sum + kind.width, 0)
  if (words > KEY_WORDS_MAX) {
    const text = definition.keys.join(',')
    throw new AttributeFault('keys', text, 0, 'the keys are too wide together')
  }
  const { filter } = definition
  const tree = filter === '' ? undefined : within('filter', filter, () => parseFilter(filter))
  const parts = {
    labels: labelsOf(definition),
    expressions,
    filter: tree && within('filter', filter, () => compileFilter(tree, context)),
    readsDirection: tree !== undefined && mentions(tree, 'direction'),
    value: within('value', definition.value, () => compileMeasure(definition.value, context)),
    values: definition.values.map(text =>
      within('values', text, () => compileMeasure(text, context)),
    ),
  }
  checkNames(definition, [parts.value, ...parts.values])
  return new Flow(definition, parts)
}

/** One name for each key: its label, or the key in the characters of a label. */
function labelsOf(definition: FlowDefinition): readonly string[] {
  const labels = definition.keys.map((key, index) => metricWord(definition.labels[index] || key))
  for (const [index, label] of labels.entries()) {
    const other = labels.indexOf(label)
    if (other === index && !RESERVED_LABELS.has(label)) continue
    const key = definition.keys[index] as string
    const reason = other === index ? 'is the name of a label of ours' : 'would name two labels'
    throw new AttributeFault('labels', key, 0, `${label} ${reason}; give it another with labels`)
  }
  return labels
}

/** Labels that `by` adds. Keys of these names are allowed where nothing adds them: they are renamed. */
const RESERVED_LABELS = new Set(['agent', 'ifindex', 'ifname', '__name__', 'le', 'quantile'])

/** Names that every flow has; two measures of one name would be one series. */
function checkNames(definition: FlowDefinition, measures: readonly Measure[]): void {
  const seen = new Set<string>()
  for (const { metricName, name } of measures) {
    if (seen.has(metricName)) {
      throw new AttributeFault('values', definition.values.join(','), 0, `${name} stands twice`)
    }
    seen.add(metricName)
  }
}

function mentions(node: FilterNode, name: string): boolean {
  if (node.kind === 'test') return keyMentions(node.key, name)
  return node.parts.some(part => mentions(part, name))
}

function keyMentions(node: Node, name: string): boolean {
  if (node.name === name) return true
  return node.args.some(({ text, nested }) => (nested ? keyMentions(nested, name) : text === name))
}

interface Parts {
  readonly labels: readonly string[]
  readonly expressions: readonly Expression[]
  readonly filter: Filter | undefined
  readonly readsDirection: boolean
  readonly value: Measure
  readonly values: readonly Measure[]
}

class Flow implements CompiledFlow {
  readonly definition: FlowDefinition
  readonly labels: readonly string[]
  readonly keyWords: number
  readonly value: Measure
  readonly values: readonly Measure[]
  readonly needs: readonly Need[]
  readonly localKey: boolean
  readonly keys: readonly Expression[]
  readonly passes: Filter['rest']
  readonly among: Filter['among']
  readonly #offsets: readonly number[]
  /** The same expressions where they are plain fields: then the call is always of one function. */
  readonly #fields: readonly (FieldExpression | undefined)[]

  constructor(definition: FlowDefinition, parts: Parts) {
    this.definition = definition
    this.labels = parts.labels
    this.value = parts.value
    this.values = parts.values
    this.keys = parts.expressions
    this.passes = parts.filter?.rest
    this.among = parts.filter?.among
    this.needs = needsOf(definition, parts)
    this.localKey = parts.expressions.some(({ kind }) => kind.local === true)
    this.#fields = parts.expressions.map(key => (key instanceof FieldExpression ? key : undefined))
    let words = 0
    this.#offsets = parts.expressions.map(({ kind }) => {
      words += kind.width
      return words - kind.width
    })
    this.keyWords = Math.max(1, words)
  }

  matches(view: FlowView): boolean {
    const layers = view.packet.layers()
    const traits = view.traits()
    for (const need of this.needs) if (!meets(need, layers, view.tags, traits)) return false
    if (Number.isNaN(this.value.read(view))) return false
    return this.passes === undefined || this.passes(view)
  }

  readKey(view: FlowView, into: Int32Array, at: number): boolean {
    const expressions = this.keys
    const fields = this.#fields
    if (expressions.length === 0) into[at] = 0
    for (let index = 0; index < expressions.length; index++) {
      const offset = at + (this.#offsets[index] as number)
      const field = fields[index]
      if (field !== undefined) {
        if (!field.read(view, into, offset)) return false
      } else if (!(expressions[index] as Expression).read(view, into, offset)) return false
    }
    return true
  }

  formatKey(words: Int32Array, at: number): string[] {
    return this.keys.map(({ kind }, index) =>
      kind.format(words, at + (this.#offsets[index] as number)),
    )
  }
}

/** Of the definition, its keys and its filter, each once. */
function needsOf(definition: FlowDefinition, parts: Parts): readonly Need[] {
  const { expressions, filter, readsDirection, value } = parts
  const all = [...expressions.map(({ need }) => need), ...(filter?.needs ?? [])]
  all.push(trait(definition.dropped ? TRAIT.dropped : TRAIT.sampled))
  if (!readsDirection) all.push(trait(TRAIT.firstSighting))
  if (definition.ports !== 'all') all.push(trait(TRAIT[definition.ports]))
  if (value.plain !== undefined) all.push(trait(TRAIT.packet))
  const seen = new Map<string, Need>()
  for (const need of all) if (need !== undefined) seen.set(Object.values(need).join(), need)
  return [...seen.values()]
}

function trait(traits: number): Need {
  return { layers: 0, tags: 0, traits }
}
