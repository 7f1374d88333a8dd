import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { openUdpSender } from '../../src/ingest/sender.ts'
import { UsageError } from '../../src/usage-error.ts'

async function collector(address: string) {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

for (const address of ['127.0.0.1', '::1', 'localhost']) {
  test(`datagrams arrive at ${address}, though the sender re-uses its bytes`, async t => {
    const socket = await collector(address === 'localhost' ? '127.0.0.1' : address)
    t.teardown(() => socket.close())
    const sender = await openUdpSender(address, socket.address().port)
    const received: number[][] = []
    const all = new Promise<void>(resolve => {
      socket.on('message', bytes => {
        received.push([...bytes])
        if (received.length === 200) resolve()
      })
    })
    const bytes = new Uint8Array(2)
    for (let count = 0; count < 200; count++) {
      bytes.set([count, 255 - count])
      const room = sender.send(bytes)
      if (room) await room
    }
    bytes.fill(0)
    await all
    await sender.close()
    t.deepEqual(
      received,
      Array.from({ length: 200 }, (_, count) => [count, 255 - count]),
    )
    t.deepEqual([sender.counts.sent, sender.counts.sentBytes], [200, 400])
  })
}

test('a datagram larger than the first buffers is sent whole', async t => {
  const socket = await collector('127.0.0.1')
  t.teardown(() => socket.close())
  const sender = await openUdpSender('127.0.0.1', socket.address().port)
  const bytes = Uint8Array.from({ length: 9_000 }, (_, index) => index)
  const message = once(socket, 'message')
  sender.send(bytes)
  const [received] = await message
  t.deepEqual(new Uint8Array(received), bytes)
  await sender.close()
})

test('what nobody takes is counted by its reason, and ends nothing', async t => {
  const socket = await collector('127.0.0.1')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  const sender = await openUdpSender('127.0.0.1', port)
  for (let count = 0; count < 20; count++) {
    sender.send(Uint8Array.of(1))
    await sender.flush()
  }
  t.true((sender.counts.failed.get('ECONNREFUSED') ?? 0) > 0)
  await sender.close()
})

test('a datagram that is too large for UDP is counted', async t => {
  const socket = await collector('127.0.0.1')
  t.teardown(() => socket.close())
  const sender = await openUdpSender('127.0.0.1', socket.address().port)
  sender.send(new Uint8Array(70_000))
  await sender.close()
  t.deepEqual([...sender.counts.failed], [['EMSGSIZE', 1]])
  t.is(sender.counts.sent, 0)
})

test('a host without address and port 0 are mistakes of the user', async t => {
  await t.throwsAsync(openUdpSender('no-such-host.invalid', 1), {
    instanceOf: UsageError,
    message: 'no-such-host.invalid has no address',
  })
  await t.throwsAsync(openUdpSender('127.0.0.1', 0), { instanceOf: UsageError, message: /port/ })
})
