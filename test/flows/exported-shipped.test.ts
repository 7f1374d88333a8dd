/** The shipped definitions under a spoofed flood seen by 100 agents: series and new series, bounded. */
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { SHIPPED_FLOWS, SHIPPED_SERIES_MAX } from '../../src/flows/shipped.ts'
import { DatagramHeader, SAMPLE_FLOW, Sample } from '../../src/sflow/samples.ts'
import { handEngine, seeded } from './table-kit.ts'

const AGENTS = 100
const SECONDS = 7_200
const SAMPLES_PER_SECOND = 30
const HEADER_BYTES = 54

/** UDP, TCP and ICMP from anywhere to a few victims, with random ports and flags. */
class Flood {
  readonly header = new DatagramHeader()
  readonly sample = new Sample()
  readonly #random = seeded(77)
  readonly #bytes = new DataView(new ArrayBuffer(16 + HEADER_BYTES))

  constructor() {
    this.header.addressType = 1
    this.sample.view = this.#bytes
    this.sample.kind = SAMPLE_FLOW
    this.sample.recordCount = 1
    this.sample.recordTags[0] = 1
    this.sample.recordEnds[0] = this.#bytes.byteLength
    this.sample.samplingRate = 1_000
    this.#bytes.setUint32(0, 1)
    this.#bytes.setUint32(12, HEADER_BYTES)
    this.#bytes.setUint16(16 + 12, 0x0800)
    this.#bytes.setUint8(16 + 14, 0x45)
  }

  next(): Sample {
    const word = () => Math.floor(this.#random() * 2 ** 32)
    const bytes = this.#bytes
    this.header.address[0] = 0x0a000000 + (word() % AGENTS)
    this.sample.inputValue = this.sample.sourceIndex = 1 + (word() % 48)
    this.sample.outputValue = 49
    bytes.setUint32(4, 64 + (word() % 1_455))
    bytes.setUint8(16 + 15, word() & 0xfc)
    bytes.setUint8(16 + 23, [17, 17, 6, 1][word() % 4] as number)
    bytes.setUint32(16 + 26, word())
    bytes.setUint32(16 + 30, 0xc0a80000 + (word() % 50))
    bytes.setUint16(16 + 34, [53, 123, 389, 1_900, word() & 0xffff][word() % 5] as number)
    bytes.setUint16(16 + 36, word() & 0xffff)
    bytes.setUint8(16 + 46, 0x50)
    bytes.setUint8(16 + 47, 0x02)
    return this.sample
  }
}

test('two hours of it leave every definition within its max, its budget and a half', t => {
  t.timeout(600_000)
  const context = new FlowContext()
  const flows = SHIPPED_FLOWS.map(given => {
    const { flow, fault } = compileFlow(given, context)
    if (flow === undefined) throw new Error(`${given.name}: ${fault.message}`)
    return flow
  })
  const { engine } = handEngine(flows)
  const flood = new Flood()
  const view = new FlowView()
  let liveMax = 0
  for (let second = 0; second < SECONDS; second++) {
    for (let count = 0; count < SAMPLES_PER_SECOND; count++) {
      const sample = flood.next()
      view.load(flood.header, sample, second * 1_000)
      engine.sample(view)
    }
    engine.tick(second * 1_000)
    const live = flowStats().reduce((sum, { series }) => sum + series, 0)
    liveMax = Math.max(liveMax, live)
  }
  const created = flowStats().reduce((sum, stats) => sum + stats.created, 0)
  const other = engine
    .snapshot(SECONDS * 1_000)
    .filter(({ name }) => name.endsWith('_other_bytes_total'))
    .reduce((sum, { labels }) => sum + labels.length, 0)
  t.log(
    `${liveMax} flows live at most, ${created} created in two hours, ${other} series of other bytes`,
  )
  t.true(liveMax <= SHIPPED_SERIES_MAX)
  for (const { table, series, seriesMax, created: made } of flowStats()) {
    const { budget } = flows.find(({ definition }) => `flow_${definition.name}` === table)
      ?.definition ?? { budget: 0 }
    t.true(series <= seriesMax, `${table}: ${series}`)
    t.true(made <= 1.5 * budget, `${table}: ${made} created, budget ${budget}`)
  }

  function flowStats() {
    return engine.stats().filter(({ table }) => table.startsWith('flow_'))
  }
})
