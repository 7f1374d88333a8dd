/** Rates of interface counters: what thresholds on metrics and the live page see. */
import test from 'ava'
import type { Engine } from '../../src/engine/engine.ts'
import { MetricReadings } from '../../src/engine/metric-readings.ts'
import { portDatagram } from '../support/datagrams.ts'
import { receive, testEngine } from '../support/engine.ts'

const NOT_AVAILABLE = 0xffffffff

function discardRate(engine: Engine): number | undefined {
  const values: number[] = []
  new MetricReadings(engine).readings('ifindiscards', ({ value }) => values.push(value))
  return values[0]
}

for (const [title, discards, expected] of [
  ['one sample has no rate', [5], undefined],
  ['two samples have what lies between them, per second', [5, 25], 2],
  ['only the last two samples count', [5, 25, 30], 0.5],
  ['a counter that wrapped has a rate', [2 ** 32 - 10, 10], 2],
  ['a counter that fell has no rate', [3_000_000_000, 10], undefined],
  ['a counter that is not available has no rate', [5, NOT_AVAILABLE], undefined],
  ['nor has one that has just come back', [5, NOT_AVAILABLE, 1_000], undefined],
  ['the sample after that has one', [5, NOT_AVAILABLE, 1_000, 1_010], 1],
] as const) {
  test(title, t => {
    const engine = testEngine()
    discards.forEach((ifInDiscards, index) => {
      const nowMs = (index + 1) * 10_000
      const sent = { sequence: index + 1, uptimeMs: nowMs }
      receive(engine, portDatagram(sent, { ifInDiscards }), nowMs)
    })
    t.is(discardRate(engine), expected)
  })
}
