import test from 'ava'
import { connectTo, receivedUntilEnd, start } from './support.ts'

const ANSWERS: Readonly<Record<string, readonly [string, string]>> = {
  'what is no HTTP': ['\x16\x03\x01\r\n\r\n', '400 Bad Request'],
  'a method that nobody knows': ['BREW / HTTP/1.1\r\nHost: x\r\n\r\n', '400 Bad Request'],
  'two lengths of one body': [
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400 Bad Request',
  ],
  'no Host': ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request'],
  'two Hosts': [
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
    '400 Bad Request',
  ],
  'a Host that is none': [
    'GET / HTTP/1.1\r\nHost: a@b/c\r\nConnection: close\r\n\r\n',
    '400 Bad Request',
  ],
  'too many headers': [
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
  ],
  'an expectation': [
    'POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 0\r\n\r\n',
    '417 Expectation Failed',
  ],
}

for (const [what, [sent, status]] of Object.entries(ANSWERS)) {
  test(`${what} is answered as JSON, with the security headers, and the connection ends`, async t => {
    const { port } = await start(t, {})
    const socket = await connectTo(t, port)
    socket.write(sent)
    const received = await receivedUntilEnd(socket)
    const [head = '', body = ''] = received.split('\r\n\r\n')
    t.true(head.startsWith(`HTTP/1.1 ${status}\r\n`), received)
    t.regex(head, /\r\nX-Content-Type-Options: nosniff/)
    t.regex(head, /\r\nContent-Security-Policy: /)
    t.regex(body, /^\{"error":\{"code":"\w+","message":".+"\}\}\n$/)
  })
}

test('a request of HTTP/1.0 needs no Host', async t => {
  const { port } = await start(t, {})
  const socket = await connectTo(t, port)
  socket.write('GET /-/healthy HTTP/1.0\r\n\r\n')
  t.regex(await receivedUntilEnd(socket), /^HTTP\/1\.1 200 OK\r\n/)
})

test('a client that is too slow is told so', async t => {
  const { port } = await start(t, { limits: { headersTimeoutMs: 50, requestTimeoutMs: 50 } })
  const socket = await connectTo(t, port)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const received = await receivedUntilEnd(socket)
  t.regex(received, /^HTTP\/1\.1 408 Request Timeout\r\n/)
  t.regex(received, /"too_slow"/)
})
