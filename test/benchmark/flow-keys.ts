/**
 * Cost of what compiled flows do per sample, without the tables behind them: finding layers, then
 * filter, key and value of each definition. Traffic: 4,096 flows (their bytes stay in the
 * cache, as a datagram that just arrived does); 90 % IPv4, TCP and UDP, some tagged, headers of 128
 * bytes, an extended switch record each. Median and least of CPU times, interleaved.
 *
 *     node test/benchmark/flow-keys.ts
 */
import { Candidates } from '../../src/flows/candidates.ts'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { CompiledFlow } from '../../src/flows/compiled.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { DatagramHeader, SAMPLE_FLOW, Sample } from '../../src/sflow/samples.ts'

const FLOWS = 4_096
/** Short rounds and many: others work on the machine too, and the least is a moment without them. */
const SAMPLES = 20_480
const ROUNDS = 60
const HEADER_BYTES = 128
const RECORD_BYTES = 16 + HEADER_BYTES
const SWITCH_BYTES = 16
const STRIDE = RECORD_BYTES + SWITCH_BYTES

let state = 7
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

/** Ethernet, perhaps a tag, IPv4 or IPv6, TCP or UDP. */
function writeFlow(view: DataView, at: number): void {
  const tagged = random() < 0.2
  const version6 = random() < 0.1
  const tcp = random() < 0.8
  view.setUint32(at, 1)
  view.setUint32(at + 4, random() < 0.5 ? 1518 : 64 + Math.floor(random() * 1400))
  view.setUint32(at + 8, 4)
  view.setUint32(at + 12, HEADER_BYTES)
  let to = at + 16
  for (let byte = 0; byte < 12; byte++) view.setUint8(to + byte, Math.floor(random() * 256) & 0xfe)
  to += 12
  if (tagged) {
    view.setUint32(to, (0x8100 << 16) | Math.floor(random() * 4000))
    to += 4
  }
  view.setUint16(to, version6 ? 0x86dd : 0x0800)
  to += 2
  if (version6) {
    view.setUint32(to, 0x60000000)
    view.setUint16(to + 4, 1000)
    view.setUint8(to + 6, tcp ? 6 : 17)
    view.setUint32(to + 8, 0x20010db8)
    view.setUint32(to + 20, Math.floor(random() * 2 ** 32))
    view.setUint32(to + 24, 0x20010db8)
    view.setUint32(to + 36, Math.floor(random() * 2 ** 32))
    to += 40
  } else {
    view.setUint8(to, 0x45)
    view.setUint16(to + 2, 1000)
    view.setUint8(to + 9, tcp ? 6 : 17)
    view.setUint32(to + 12, Math.floor(random() * 2 ** 32))
    view.setUint32(to + 16, Math.floor(random() * 2 ** 32))
    to += 20
  }
  view.setUint16(to, 32_768 + Math.floor(random() * 28_000))
  view.setUint16(to + 2, [443, 80, 53, 22, 8080, 123][Math.floor(random() * 6)] as number)
  if (tcp) view.setUint16(to + 12, 0x5010)
  view.setUint32(at + RECORD_BYTES, 10)
  view.setUint32(at + RECORD_BYTES + 8, 20)
}

const bytes = new DataView(new ArrayBuffer(FLOWS * STRIDE))
for (let flow = 0; flow < FLOWS; flow++) writeFlow(bytes, flow * STRIDE)
const header = new DatagramHeader()
header.addressType = 1
const sample = new Sample()
sample.view = bytes
sample.kind = SAMPLE_FLOW
sample.samplingRate = 1000
sample.sourceIndex = 3
sample.inputValue = 3
sample.outputValue = 4
sample.recordCount = 2
sample.recordTags[0] = 1
sample.recordTags[1] = 1001
const view = new FlowView()
const key = new Int32Array(64)

/** Keeps what was read from being optimised away. */
let sink = 0

function round(flows: readonly CompiledFlow[], layers: boolean): number {
  const candidates = new Candidates(flows, flow => flow)
  const start = process.cpuUsage()
  for (let index = 0; index < SAMPLES; index++) {
    const at = (index % FLOWS) * STRIDE
    sample.recordStarts[0] = at
    sample.recordEnds[0] = at + RECORD_BYTES
    sample.recordStarts[1] = at + RECORD_BYTES
    sample.recordEnds[1] = at + STRIDE
    view.load(header, sample, 1_000_000)
    if (layers) sink ^= view.packet.layers()
    if (flows.length === 0) continue
    const able = candidates.of(view)
    for (let at = 0; at < able.length; at++) {
      const flow = able[at] as CompiledFlow
      if (!flow.matches(view) || !flow.readKey(view, key, 0)) continue
      sink ^= (key[0] as number) ^ flow.value.read(view)
    }
  }
  const used = process.cpuUsage(start)
  return ((used.user + used.system) * 1000) / SAMPLES
}

function compile(definition: unknown): CompiledFlow {
  const { flow, fault } = compileFlow(definition, new FlowContext())
  if (flow === undefined) throw new Error(JSON.stringify(fault))
  return flow
}

const context = new FlowContext()
const shipped = SHIPPED_FLOWS.map(definition => {
  const { flow } = compileFlow(definition, context)
  return flow as CompiledFlow
})
const pair = [compile({ name: 'pair', keys: 'ipsource,ipdestination' })]
const cases: [string, readonly CompiledFlow[], boolean][] = [
  ['the view of a sample, ports and frame', [], false],
  ['and its layers', [], true],
  ['one definition: ipsource,ipdestination', pair, true],
  [`the ${shipped.length} shipped definitions`, shipped, true],
  ...shipped.map((flow): [string, readonly CompiledFlow[], boolean] => [
    `  ${flow.definition.name}`,
    [flow],
    true,
  ]),
]
const times = cases.map((): number[] => [])
for (let turn = 0; turn < ROUNDS; turn++) {
  for (const [index, [, flows, layers]] of cases.entries()) times[index]?.push(round(flows, layers))
}
for (const [index, [name]] of cases.entries()) {
  const sorted = (times[index] as number[]).sort((a, b) => a - b)
  const median = sorted[ROUNDS >> 1] as number
  const least = sorted[0] as number
  const shown = `${median.toFixed(0).padStart(5)} (least ${least.toFixed(0)})`
  console.log(`${name.padEnd(48)} ${shown} ns per sample`)
}
console.log(`checksum ${sink}`)
