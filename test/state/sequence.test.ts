/** Sequence numbers: what is lost, late, doubled, restarted. Table-driven. */
import test from 'ava'
import { DatagramSequence, DUPLICATE, FRESH, LATE, RESTARTED } from '../../src/state/sequence.ts'

/** [sequence, uptime in ms] */
type Sent = readonly [number, number]

interface Expected {
  readonly lost?: number
  readonly duplicated?: number
  readonly reordered?: number
  readonly restarts?: number
  readonly last: number
}

const CASES: readonly {
  readonly rule: string
  readonly sent: readonly Sent[]
  readonly expected: Expected
}[] = [
  { rule: 'the first number starts the state', sent: [[900, 5]], expected: { last: FRESH } },
  {
    rule: 'consecutive numbers lose nothing',
    sent: [
      [1, 0],
      [2, 9],
      [3, 20],
    ],
    expected: { last: FRESH },
  },
  {
    rule: 'a gap is lost',
    sent: [
      [1, 0],
      [5, 9],
    ],
    expected: { lost: 3, last: FRESH },
  },
  {
    rule: 'a gap of a whole window is lost',
    sent: [
      [1, 0],
      [65, 9],
    ],
    expected: { lost: 63, last: FRESH },
  },
  {
    rule: 'a gap of more than a window is lost',
    sent: [
      [1, 0],
      [201, 9],
    ],
    expected: { lost: 199, last: FRESH },
  },
  {
    rule: 'a gap of thousands is lost once the stream goes on from there',
    sent: [
      [1, 0],
      [5_001, 900],
      [5_002, 901],
    ],
    expected: { lost: 4_999, last: FRESH },
  },
  {
    rule: 'a late datagram is reordered, not lost',
    sent: [
      [1, 0],
      [3, 20],
      [2, 10],
      [4, 30],
    ],
    expected: { reordered: 1, last: FRESH },
  },
  {
    rule: 'the late one itself is late',
    sent: [
      [1, 0],
      [3, 20],
      [2, 10],
    ],
    expected: { reordered: 1, last: LATE },
  },
  {
    rule: 'the same datagram twice is a duplicate',
    sent: [
      [1, 0],
      [2, 10],
      [2, 10],
    ],
    expected: { duplicated: 1, last: DUPLICATE },
  },
  {
    rule: 'a late datagram twice is a duplicate',
    sent: [
      [1, 0],
      [4, 30],
      [2, 10],
      [2, 10],
    ],
    expected: { lost: 1, reordered: 1, duplicated: 1, last: DUPLICATE },
  },
  {
    rule: 'a fallen number with a fallen uptime is a restart',
    sent: [
      [500, 900_000],
      [1, 100],
    ],
    expected: { restarts: 1, last: RESTARTED },
  },
  {
    rule: 'a restart soon after a start is no duplicate',
    sent: [
      [1, 100],
      [2, 900],
      [1, 90],
    ],
    expected: { restarts: 1, last: RESTARTED },
  },
  {
    rule: 'numbers and uptime wrap at 2^32 without loss',
    sent: [
      [0xfffffffe, 0xffffff00],
      [0xffffffff, 0xffffffff],
      [0, 100],
      [2, 200],
    ],
    expected: { lost: 1, last: FRESH },
  },
  {
    rule: 'a step that no exporter can make is a new sequence, not a loss',
    sent: [
      [1, 0],
      [2_000_000_000, 10],
    ],
    expected: { restarts: 1, last: RESTARTED },
  },
]

for (const { rule, sent, expected } of CASES) {
  test(rule, t => {
    const sequence = new DatagramSequence()
    let last = -1
    for (const [number, uptimeMs] of sent) last = sequence.observe(number, uptimeMs, 0)
    sequence.settleNow()
    const { lost, duplicated, reordered, restarts } = sequence
    const found = { lost, duplicated, reordered, restarts, last }
    t.deepEqual(found, { lost: 0, duplicated: 0, reordered: 0, restarts: 0, ...expected })
  })
}

test('whatever is lost, sent = received + lost, when order is kept', t => {
  // A small generator of our own: the same run each time.
  let state = 12_345
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
  const sequence = new DatagramSequence()
  let received = 0
  const sent = 20_000
  for (let number = 1; number <= sent; number++) {
    const keep = number === 1 || number === sent || random() > 0.3
    const outage = number > 5_000 && number < 9_000
    if (!keep || outage) continue
    sequence.observe(number, number, number)
    received += 1
  }
  sequence.settleNow()
  t.is(received + sequence.lost, sent)
  t.is(sequence.restarts, 0)
})

test('a gap that stays open is settled by time', t => {
  const sequence = new DatagramSequence()
  sequence.observe(1, 0, 0)
  sequence.observe(3, 20, 20)
  sequence.settle(1_000)
  t.is(sequence.lost, 0)
  sequence.settle(4_000)
  t.is(sequence.lost, 1)
  t.is(sequence.observe(2, 10, 4_100), LATE)
  t.is(sequence.lost, 1, 'a counter takes nothing back')
})
