import test from 'ava'
import { formatAddress, isLoopback, parseListenAddress } from '../src/listen-address.ts'
import { UsageError } from '../src/usage-error.ts'

const GOOD = {
  ':6343': [undefined, 6343],
  '[]:6343': [undefined, 6343],
  '0.0.0.0:0': ['0.0.0.0', 0],
  '127.0.0.1:16343': ['127.0.0.1', 16343],
  '[::1]:6343': ['::1', 6343],
  '[::]:6343': ['::', 6343],
  '[fe80::1%eth0]:6343': ['fe80::1%eth0', 6343],
  'localhost:8080': ['localhost', 8080],
  'switch_1.example.:80': ['switch_1.example.', 80],
} as const

for (const [text, [host, port]] of Object.entries(GOOD)) {
  test(`${text} is an address to listen on`, t => {
    t.deepEqual(parseListenAddress(text), { host, port })
  })
}

const BAD = {
  '': /is no \[ADDR\]:port/,
  '6343': /is no \[ADDR\]:port/,
  '127.0.0.1': /is no \[ADDR\]:port/,
  '127.0.0.1:': /is no \[ADDR\]:port/,
  ':65536': /at most 65535/,
  ':-1': /is no \[ADDR\]:port/,
  '::1:6343': /goes in brackets/,
  '::1': /goes in brackets/,
  '[host]:1': /no address/,
  '300.1.1.1:1': /neither an address nor a host name/,
  'a b:1': /neither an address nor a host name/,
  'http://x:1': /is no \[ADDR\]:port/,
} as const

for (const [text, message] of Object.entries(BAD)) {
  test(`"${text}" is no address to listen on`, t => {
    t.throws(() => parseListenAddress(text), { instanceOf: UsageError, message })
  })
}

test('an address is written as it is read', t => {
  t.is(formatAddress('::1', 80), '[::1]:80')
  t.is(formatAddress('192.0.2.1', 80), '192.0.2.1:80')
})

test('loopback is the machine itself and nothing else', t => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'localhost']) {
    t.true(isLoopback(host), host)
  }
  for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example', 'localhost.example']) {
    t.false(isLoopback(host), host)
  }
})
