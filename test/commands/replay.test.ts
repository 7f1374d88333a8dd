import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { CaptureError } from '../../src/pcap/capture.ts'
import { newDatagramCounts, readDatagrams, SFLOW_PORT } from '../../src/pcap/datagrams.ts'
import { type OpenCapture, openCapture } from '../../src/pcap/open.ts'
import { replay } from '../../src/pcap/replay.ts'
import { pcapFileHeader, pcapRecord, udpFrame } from '../../src/pcap/writer.ts'
import { runCommand } from './run-command.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CAPTURES = fileURLToPath(new URL('../captures', import.meta.url))

/** A socket that remembers what comes. */
async function collector(t: { teardown: (end: () => void) => void }, address = '127.0.0.1') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const received: Buffer[] = []
  socket.on('message', bytes => received.push(bytes))
  socket.bind(0, address)
  await once(socket, 'listening')
  socket.setRecvBufferSize(1 << 20)
  t.teardown(() => socket.close())
  const to = `${address.includes(':') ? `[${address}]` : address}:${(socket.address() as AddressInfo).port}`
  return { to, received, socket }
}

function command(words: readonly string[]) {
  return runCommand(['replay', ...words])
}

async function datagramsOf(name: string): Promise<Buffer[]> {
  const { chunks } = await openCapture(`${CAPTURES}/${name}.pcap`)
  const all: Buffer[] = []
  const options = { name, port: SFLOW_PORT, counts: newDatagramCounts() }
  for await (const { bytes } of readDatagrams(chunks, options)) all.push(Buffer.from(bytes))
  return all
}

for (const address of ['127.0.0.1', '::1']) {
  test(`every datagram arrives as it was taken, at ${address}`, async t => {
    const { to, received } = await collector(t, address)
    const words = [`${CAPTURES}/ovs.pcap`, `--to=${to}`, '--speed=max']
    const { status, stdout, stderr } = await command(words)
    t.is(status, 0)
    t.regex(stdout, /^replayed 28 datagrams \(24,204 bytes\) in \d+\.\d s\n$/)
    t.is(stderr, '', 'no progress without a terminal')
    const wanted = await datagramsOf('ovs')
    t.deepEqual(received, wanted)
  })
}

test('a pipe is read like a file', async t => {
  const { to, received } = await collector(t)
  const ends = [
    { address: '192.0.2.1', port: 1 },
    { address: '192.0.2.2', port: 7_000 },
  ] as const
  const frame = udpFrame(...ends, Uint8Array.of(1, 2, 3))
  const capture = Buffer.concat([pcapFileHeader(), pcapRecord(1, frame)])
  const child = spawn(process.execPath, [MAIN, 'replay', '-', `--to=${to}`, '--port=7000'])
  child.stdin.end(capture)
  t.deepEqual(await once(child, 'close'), [0, null])
  t.deepEqual(received, [Buffer.of(1, 2, 3)])
})

test('what was left out is told, and nothing to send is a failure', async t => {
  const { to } = await collector(t)
  const { status, stdout } = await command([`${CAPTURES}/pmacct.pcap`, `--to=${to}`, '--port=9'])
  t.is(status, 1)
  t.regex(stdout, /^replayed 0 datagrams .*; left out: 12 to another port\n$/)
})

const refused: readonly [title: string, words: readonly string[], message: RegExp][] = [
  ['no file', [], /^sflow-bridge: replay needs FILE\n$/],
  [
    'a missing file',
    [`${CAPTURES}/missing`],
    /^sflow-bridge: cannot read \S+missing: there is no such file\n$/,
  ],
  ['a text', [MAIN], /main\.ts is not a capture \(pcap or pcapng\)\n$/],
  ['a speed of 0', ['x', '--speed=0'], /--speed=0: a factor above 0, or max, is needed\n$/],
  ['a target without a host', ['x', '--to=:1'], /--to=:1: a host is needed to send to\n$/],
  ['port 0', [`${CAPTURES}/ovs.pcap`, '--to=127.0.0.1:0'], /a port from 1 to 65535 is needed/],
  ['a pipe in a loop', ['-', '--loop'], /--loop needs a file/],
]

for (const [title, words, message] of refused) {
  test(`${title} is refused in one line, with status 2`, async t => {
    const { status, stderr, stdout } = await command(words)
    t.is(status, 2)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.is(stderr.split('\n').length, 2)
  })
}

test('a loop ends at SIGTERM with its last line and status 0', async t => {
  const { to, socket } = await collector(t)
  const child = spawn(process.execPath, [
    MAIN,
    'replay',
    `${CAPTURES}/hsflowd-kvm.pcap`,
    `--to=${to}`,
    '--speed=max',
    '--loop',
  ])
  let count = 0
  await new Promise<void>(resolve => {
    socket.on('message', () => {
      count += 1
      if (count === 10) resolve()
    })
  })
  child.kill('SIGTERM')
  const [[text], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'close')])
  t.regex(String(text), /^replayed [\d,]+ datagrams/)
  t.is(status, 0)
})

/** Packets at the given times, and what a replay of them waits for. */
async function replayTimes(timesMs: readonly number[], speed: number) {
  const ends = [
    { address: '192.0.2.1', port: 1 },
    { address: '192.0.2.2', port: SFLOW_PORT },
  ] as const
  const records = timesMs.map((timeMs, index) => {
    return pcapRecord(timeMs, udpFrame(...ends, Uint8Array.of(index)))
  })
  const bytes = Buffer.concat([pcapFileHeader(), ...records])
  const sent: [index: number, atMs: number][] = []
  let nowMs = 50
  const result = await replay({
    open: async () => captureOf(bytes),
    port: SFLOW_PORT,
    speed,
    loop: false,
    clock: {
      now: () => nowMs,
      sleep: async durationMs => {
        nowMs += durationMs
      },
    },
    signal: new AbortController().signal,
    send: datagram => {
      sent.push([datagram[0] as number, nowMs - 50])
      return undefined
    },
    onProgress: () => undefined,
  })
  return { sent, result }
}

function captureOf(bytes: Uint8Array): OpenCapture {
  async function* chunks() {
    yield bytes
  }
  return { name: 'x', chunks: chunks(), sizeBytes: bytes.length, readBytes: () => bytes.length }
}

test('the distance in time is kept, divided by the speed', async t => {
  const times = [10_000, 10_500, 12_000]
  t.deepEqual((await replayTimes(times, 1)).sent, [
    [0, 0],
    [1, 500],
    [2, 2_000],
  ])
  t.deepEqual((await replayTimes(times, 10)).sent, [
    [0, 0],
    [1, 50],
    [2, 200],
  ])
  t.deepEqual((await replayTimes(times, Number.POSITIVE_INFINITY)).sent, [
    [0, 0],
    [1, 0],
    [2, 0],
  ])
})

test('a packet older than the one before it is sent at once', async t => {
  const { sent, result } = await replayTimes([10_000, 11_000, 9_000, 12_000], 1)
  t.deepEqual(sent, [
    [0, 0],
    [1, 1_000],
    [2, 1_000],
    [3, 2_000],
  ])
  t.is(result.datagrams, 4)
})

test('a capture that is damaged in the middle is told after what stood before it was sent', async t => {
  const sent: number[] = []
  const good = pcapRecord(
    1,
    udpFrame(
      { address: '192.0.2.1', port: 1 },
      { address: '192.0.2.2', port: 6343 },
      Uint8Array.of(7),
    ),
  )
  const bytes = Buffer.concat([pcapFileHeader(), good, Buffer.alloc(16, 0xff)])
  const options = {
    open: async () => captureOf(bytes),
    port: SFLOW_PORT,
    speed: Number.POSITIVE_INFINITY,
    loop: false,
    clock: { now: () => 0, sleep: async () => undefined },
    signal: new AbortController().signal,
    send: (datagram: Uint8Array) => {
      sent.push(datagram[0] as number)
      return undefined
    },
    onProgress: () => undefined,
  }
  await t.throwsAsync(replay(options), { instanceOf: CaptureError, message: /damaged at byte \d+/ })
  t.deepEqual(sent, [7])
})
