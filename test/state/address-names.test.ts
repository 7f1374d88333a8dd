/** Names of addresses: answered from memory, asked for beside it, bounded in every way. */
import test from 'ava'
import { type AddressNameLimits, AddressNames } from '../../src/state/address-names.ts'

const LIMITS: AddressNameLimits = { namesMax: 4, ageMs: 60_000, inFlightMax: 2, perSecondMax: 3 }

function address(last: number): Int32Array {
  return new Int32Array([0, 0, 0xffff, 0x0a000000 + last])
}

/** A resolver whose answers are given by hand. */
function byHand(limits: Partial<AddressNameLimits> = {}) {
  const asked: {
    readonly last: number
    answer(name?: string): Promise<void>
    fail(): Promise<void>
  }[] = []
  const names = new AddressNames(
    { ...LIMITS, ...limits },
    words =>
      new Promise((resolve, reject) => {
        asked.push({
          last: (words[3] as number) & 255,
          async answer(name) {
            resolve(name)
            await turn()
          },
          async fail() {
            reject(new Error('ETIMEOUT'))
            await turn()
          },
        })
      }),
    1,
  )
  return { names, asked }
}

/** Until everything that was resolved has been heard of. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

test('a name is there once it was answered, and not before', async t => {
  const { names, asked } = byHand()
  names.tick(1_000)
  t.is(names.nameOf(address(1)), undefined)
  t.is(asked.length, 0, 'nothing is asked while a sample is read')
  names.tick(2_000)
  t.is(names.nameOf(address(1)), undefined)
  await asked[0]?.answer('one.example')
  t.is(names.nameOf(address(1)), 'one.example')
  names.tick(3_000)
  t.is(asked.length, 1, 'it is asked for once')
})

test('an address without a name is not asked for again before its age', async t => {
  const { names, asked } = byHand()
  names.nameOf(address(1))
  names.tick(1_000)
  await asked[0]?.answer(undefined)
  names.tick(60_999)
  t.is(names.nameOf(address(1)), undefined)
  t.is(asked.length, 1)
  names.tick(61_000)
  names.nameOf(address(1))
  names.tick(62_000)
  t.is(asked.length, 2)
  t.is(names.nameless, 1)
})

test('a name holds until there is a newer one, also if nobody answers', async t => {
  const { names, asked } = byHand()
  names.nameOf(address(1))
  names.tick(1_000)
  await asked[0]?.answer('old.example')
  names.tick(70_000)
  t.is(names.nameOf(address(1)), 'old.example')
  names.tick(71_000)
  await asked[1]?.fail()
  t.is(names.nameOf(address(1)), 'old.example')
  t.is(names.failed, 1)
  names.tick(140_000)
  names.nameOf(address(1))
  names.tick(141_000)
  await asked[2]?.answer('new.example')
  t.is(names.nameOf(address(1)), 'new.example')
})

test('so many are asked at a time, and in a second', async t => {
  const { names, asked } = byHand({ perSecondMax: 3 })
  for (let last = 1; last <= 4; last++) names.nameOf(address(last))
  names.tick(1_000)
  t.deepEqual(
    asked.map(({ last }) => last),
    [1, 2],
  )
  await asked[0]?.answer('a')
  await asked[1]?.answer('b')
  t.is(asked.length, 3, 'one more in this second')
  await asked[2]?.answer('c')
  t.is(asked.length, 3)
  names.tick(2_000)
  t.is(asked.length, 4)
})

test('a full table refuses and counts; what was not wanted for its age gives way', async t => {
  const { names, asked } = byHand({ inFlightMax: 10, perSecondMax: 10 })
  for (let last = 1; last <= 6; last++) names.nameOf(address(last))
  t.is(names.refused, 2)
  names.tick(1_000)
  for (const { answer } of asked) await answer('x')
  names.tick(50_000)
  names.nameOf(address(1))
  names.tick(70_000)
  names.sweep()
  t.is(names.size, 1)
  names.nameOf(address(6))
  const { refused, created, evicted, series, seriesMax } = names.stats('dns_names')
  t.deepEqual(
    { refused, created, evicted, series, seriesMax },
    {
      refused: 2,
      created: 5,
      evicted: 3,
      series: 2,
      seriesMax: 4,
    },
  )
  names.tick(71_000)
  await asked.at(-1)?.answer('six.example')
  t.is(names.nameOf(address(6)), 'six.example')
})

test('an answer to a question that waits finds its address, whatever was swept meanwhile', async t => {
  const { names, asked } = byHand()
  names.nameOf(address(1))
  names.tick(1_000)
  names.tick(500_000)
  names.sweep()
  names.nameOf(address(2))
  await asked[0]?.answer('one.example')
  t.is(names.nameOf(address(1)), 'one.example')
  t.is(names.nameOf(address(2)), undefined)
})
