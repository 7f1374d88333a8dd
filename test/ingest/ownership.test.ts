/** Who owns an agent address: the first who asks, for all who ask, for as long as the agent is there. */
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { NOBODY } from '../../src/engine/router.ts'
import { Ownership } from '../../src/ingest/ownership.ts'

const words = (number: number) => new Int32Array([1, number, 0, 0, 0])

test('the first to claim an address owns it, and everybody sees the same', t => {
  const memory = Ownership.memory(100)
  const [one, other] = [new Ownership(memory, 7), new Ownership(memory, 7)]
  t.is(one.ownerOf(words(1)), NOBODY)
  t.is(one.claim(words(1), 0), 0)
  t.is(other.claim(words(1), 1), 0)
  t.is(other.ownerOf(words(1)), 0)
  t.is(other.claim(words(2), 1), 1)
  t.is(one.ownerOf(words(2)), 1)
})

test('an IPv6 address is told from an IPv4 address with the same first word', t => {
  const owners = new Ownership(Ownership.memory(100), 7)
  owners.claim(new Int32Array([1, 5, 0, 0, 0]), 0)
  owners.claim(new Int32Array([2, 5, 0, 0, 0]), 1)
  owners.claim(new Int32Array([2, 5, 0, 0, 9]), 2)
  t.is(owners.ownerOf(new Int32Array([1, 5, 0, 0, 0])), 0)
  t.is(owners.ownerOf(new Int32Array([2, 5, 0, 0, 0])), 1)
  t.is(owners.ownerOf(new Int32Array([2, 5, 0, 0, 9])), 2)
})

test('as many agents as may be find room, and no address is found under another', t => {
  const agents = 10_000
  const owners = new Ownership(Ownership.memory(agents), 7)
  for (let agent = 0; agent < agents; agent++) {
    t.is(owners.claim(words(agent), agent % 64), agent % 64)
    owners.keep(words(agent))
  }
  for (let agent = 0; agent < agents; agent++) t.is(owners.ownerOf(words(agent)), agent % 64)
  for (let agent = agents; agent < 2 * agents; agent++) t.is(owners.ownerOf(words(agent)), NOBODY)
})

test('live agents keep their places under a flood of addresses, which then finds no room', t => {
  const owners = new Ownership(Ownership.memory(4), 7)
  t.is(owners.claim(words(1), 3), 3)
  owners.keep(words(1))
  for (let address = 100; address < 10_000; address++) t.is(owners.claim(words(address), 1), 1)
  t.is(owners.ownerOf(words(1)), 3, 'addresses of no agent gave way to one another')
  let refused = 0
  for (let address = 100; address < 200; address++) {
    if (owners.claim(words(address), 1) === NOBODY) refused += 1
    owners.keep(words(address))
  }
  t.is(refused, 100 - 15, 'a bucket holds 16 live ones')
  t.is(owners.ownerOf(words(1)), 3)
})

test('an agent that comes back finds its former owner, unless its place was wanted', t => {
  const owners = new Ownership(Ownership.memory(4), 7)
  owners.claim(words(1), 3)
  owners.keep(words(1))
  owners.leave(words(1))
  t.is(owners.ownerOf(words(1)), 3)
  for (let address = 100; address < 116; address++) {
    owners.claim(words(address), 0)
    owners.keep(words(address))
  }
  t.is(owners.ownerOf(words(1)), NOBODY)
})

const CLAIM_ALL = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.module).then(({ Ownership }) => {
  const owners = new Ownership(workerData.memory, 7)
  const signal = new Int32Array(workerData.signal)
  Atomics.add(signal, 0, 1)
  while (Atomics.load(signal, 0) < 2);
  const seen = []
  for (let address = 0; address < 20000; address++) {
    seen.push(owners.claim(new Int32Array([1, address, 0, 0, 0]), workerData.id))
  }
  parentPort.postMessage(seen)
})`

test('threads that claim the same addresses at the same time agree on each', async t => {
  const memory = Ownership.memory(20_000)
  const signal = new SharedArrayBuffer(4)
  const module = new URL('../../src/ingest/ownership.ts', import.meta.url).href
  const claims = [0, 1].map(
    id =>
      new Promise<number[]>((resolve, reject) => {
        const worker = new Worker(CLAIM_ALL, {
          eval: true,
          workerData: { memory, signal, module, id },
        })
        worker.on('message', resolve)
        worker.on('error', reject)
      }),
  )
  const [one = [], other = []] = await Promise.all(claims)
  t.deepEqual(one, other)
  t.is(one.length, 20_000)
})
