/** Metrics that programs name themselves: shown, bounded, ended by silence. */
import test from 'ava'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import { family, feedCapture, pageLines, receive, testEngine } from '../support/engine.ts'

test("a real agent's own metrics are on the page under their own prefix, until they fall silent", async t => {
  const engine = testEngine()
  const endMs = await feedCapture(engine, 'hsflowd-host')
  const shown = pageLines(engine).filter(line => line.startsWith('sflow_rtmetric_'))
  t.log(shown)
  t.true(shown.length > 0)
  t.true(shown.every(line => line.includes('agent="10.77.0.1",datasource="')))
  engine.tick(endMs + 181_000)
  t.deepEqual(
    pageLines(engine).filter(line => line.startsWith('sflow_rtmetric_')),
    [],
  )
})

test('ten thousand invented names are refused beyond the limit, and counted', t => {
  const engine = testEngine({ limitsPart: { rtMetricsMax: 50 } })
  for (let sequence = 1; sequence <= 100; sequence++) {
    const words: number[] = []
    const text = (value: string) => {
      const bytes = Buffer.from(value)
      const padded = Buffer.alloc((bytes.length + 3) & ~3)
      bytes.copy(padded)
      words.push(bytes.length)
      for (let at = 0; at < padded.length; at += 4) words.push(padded.readUInt32BE(at))
    }
    text('app')
    words.push(100)
    for (let metric = 0; metric < 100; metric++) {
      text(`m${sequence}x${metric}`)
      words.push(3, metric)
    }
    const bytes = Buffer.alloc(words.length * 4)
    for (const [at, word] of words.entries()) bytes.writeUInt32BE(word, at * 4)
    const samples = [{ kind: 'raw', tag: 4300 * 4096 + 1002, bytes }] as const
    t.is(
      receive(
        engine,
        encodeDatagram({ agent: '10.0.0.1', sequence, uptimeMs: sequence, samples }),
        0,
      ),
      0,
    )
  }
  t.is(pageLines(engine).filter(line => line.startsWith('sflow_rtmetric_')).length, 50)
  t.is(family(engine, 'sflow_bridge_series_refused_total')['table="rtmetrics"'], 9_950)
})
