/** The ways between workers: order, bounds, and a peer that is behind. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import test from 'ava'
import { Lanes } from '../../src/ingest/lanes.ts'

interface Got {
  readonly bytes: string
  readonly sender: string
}

function pair() {
  const { port1, port2 } = new MessageChannel()
  const got: Got[] = []
  const due: (() => void)[] = []
  const receive = (view: DataView, offset: number, length: number, sender: string) => {
    const bytes = Buffer.from(view.buffer as ArrayBuffer, view.byteOffset + offset, length)
    got.push({ bytes: bytes.toString('latin1'), sender })
  }
  const later = (flush: () => void) => due.push(flush)
  const here = new Lanes({ ports: new Map([[1, port1]]), receive: () => {}, later })
  const there = new Lanes({ ports: new Map([[0, port2]]), receive, later })
  const turn = () => {
    for (const flush of due.splice(0)) flush()
  }
  const close = () => {
    here.close()
    there.close()
  }
  return { here, there, got, turn, close, due }
}

function send(lanes: Lanes, text: string, sender = '192.0.2.1'): boolean {
  // Somewhere in a larger buffer, as datagrams of a socket are.
  const bytes = Buffer.from(`..${text}..`, 'latin1')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return lanes.send(1, view, 2, text.length, sender)
}

test('what is sent in one turn arrives in one batch, in its order, with its senders', t => {
  const { here, there, got, turn, close, due } = pair()
  t.true(send(here, 'one'))
  t.true(send(here, 'two', '2001:db8::1'))
  t.true(send(here, '', ''))
  t.is(due.length, 1)
  there.drain()
  t.deepEqual(got, [], 'nothing before the turn is over')
  turn()
  there.drain()
  t.deepEqual(got, [
    { bytes: 'one', sender: '192.0.2.1' },
    { bytes: 'two', sender: '2001:db8::1' },
    { bytes: '', sender: '' },
  ])
  close()
})

test('the largest datagram of UDP arrives', t => {
  const { here, there, got, turn, close } = pair()
  const large = 'x'.repeat(65_507)
  t.true(send(here, large))
  t.true(send(here, 'y'.repeat(65_507)))
  turn()
  there.drain()
  t.deepEqual(
    got.map(({ bytes }) => [bytes[0], bytes.length]),
    [
      ['x', 65_507],
      ['y', 65_507],
    ],
  )
  close()
})

test('for a worker that is behind more gathers in a batch, until 2 MiB wait; then it is refused', t => {
  const { here, there, got, turn, close } = pair()
  let sent = 0
  const text = (index: number) => `${index}`.padStart(1_000, '.')
  while (sent < 100_000 && send(here, text(sent))) {
    sent += 1
    turn()
  }
  t.true(sent > 1_800 && sent < 2_100, `${sent} datagrams of 1,000 bytes`)
  there.drain()
  here.drain()
  t.true(send(here, 'again'), 'what came back is used again')
  turn()
  there.drain()
  t.is(got.length, sent + 1)
  t.true(
    got.slice(0, -1).every(({ bytes }, index) => bytes === text(index)),
    'in order',
  )
  close()
})

test('nothing goes to a worker that is not there', t => {
  const { port1, port2 } = new MessageChannel()
  const lanes = new Lanes({ ports: new Map([[2, port1]]), receive: () => {}, later: () => {} })
  t.false(send(lanes, 'lost'))
  t.is(receiveMessageOnPort(port2), undefined)
  lanes.close()
})
