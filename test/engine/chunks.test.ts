import test from 'ava'
import { CHUNK_BYTES, ChunkWriter } from '../../src/engine/chunks.ts'
import { Random } from '../../src/simulate/random.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const FAMILY = { name: 'a_total', type: 'counter', help: 'A.' } as const

function written(values: readonly number[], how: 'line' | 'parts'): string {
  const writer = new ChunkWriter()
  const before = encoder.encode('a_total{')
  const labels = encoder.encode('b="ü"')
  const after = encoder.encode('} ')
  let text = ''
  writer.begin(FAMILY)
  for (const value of values) {
    if (how === 'line') writer.line('a_total', 'b="ü"', value)
    else writer.parts(before, labels, after, value)
    for (let chunk = writer.take(); chunk; chunk = writer.take()) {
      text += decoder.decode(chunk.bytes)
    }
  }
  for (let chunk = writer.finish(); chunk; chunk = writer.take()) {
    text += decoder.decode(chunk.bytes)
  }
  return text
}

test('lines of encoded parts are those of text, whatever the number', t => {
  const random = new Random(5)
  const edges = [
    0,
    -0,
    9,
    10,
    1e9 - 1,
    1e9,
    2 ** 31,
    2 ** 32,
    1e18 - 1,
    2 ** 53 - 1,
    2 ** 53,
    1e300,
  ]
  const odd = [0.1, -1, -1e9, 1e-7, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const drawn = Array.from({ length: 20_000 }, () =>
    Math.floor(random.fraction() * 10 ** (random.fraction() * 17)),
  )
  const values = [...edges, ...odd, ...drawn]
  const parts = written(values, 'parts')
  t.is(parts, written(values, 'line'))
  const shown = parts.split('\n').slice(0, -1)
  t.is(shown.length, values.length)
  shown.forEach((line, index) => {
    const value = values[index] as number
    const text = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
    if (line !== `a_total{b="ü"} ${text}`) t.fail(`${line} is not ${text}`)
  })
})

test('memory is had for what is written, and no more', t => {
  const had: number[] = []
  const writer = new ChunkWriter(length => {
    had.push(length)
    return new Uint8Array(length)
  })
  writer.begin(FAMILY)
  t.is(writer.finish(), undefined)
  t.deepEqual(had, [])
  const labels = new Uint8Array(1_000)
  let chunks = 0
  for (let line = 0; line < 300; line++) {
    if (writer.parts(labels, labels, labels, line)) chunks += writer.take() ? 1 : 0
  }
  if (writer.finish()) chunks += 1
  t.deepEqual(had, Array(chunks).fill(CHUNK_BYTES))
})
