import test from 'ava'
import {
  ProgressLine,
  parseSpeed,
  parseTarget,
  sendingSummary,
} from '../../src/commands/sending.ts'

function terminal(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

test('progress is one line that is written over, at most five times a second', t => {
  const output = terminal(true)
  let nowMs = 0
  const line = new ProgressLine(output, () => nowMs)
  line.show(() => 'first')
  nowMs = 199
  line.show(() => t.fail('too soon') as never)
  nowMs = 200
  line.show(() => 'second')
  line.clear()
  t.deepEqual(output.written, ['\r\u001b[Kfirst', '\r\u001b[Ksecond', '\r\u001b[K'])
})

test('without a terminal there is no progress, and no text is made for it', t => {
  const output = terminal(false)
  const line = new ProgressLine(output, () => 0)
  line.show(() => t.fail('made') as never)
  line.clear()
  t.deepEqual(output.written, [])
})

test('the last line tells what was sent and what was not', t => {
  const counts = { sent: 12_345, sentBytes: 1, failed: new Map([['ECONNREFUSED', 3]]) }
  t.is(
    sendingSummary('replayed', counts, 4.25),
    'replayed 12,345 datagrams (1 byte) in 4.3 s; 3 not taken (ECONNREFUSED: nobody listens there)',
  )
})

test('a target is a host and a port, a speed a factor or max', t => {
  t.deepEqual(parseTarget('to', '[::1]:6343'), { host: '::1', port: 6343 })
  t.throws(() => parseTarget('to', ':6343'), { message: /--to=:6343: a host is needed/ })
  t.is(parseSpeed('0.5'), 0.5)
  t.is(parseSpeed('max'), Number.POSITIVE_INFINITY)
  for (const text of ['0', '-1', 'fast', '']) t.throws(() => parseSpeed(text))
})
