import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { newDatagramCounts, readDatagrams, SFLOW_PORT } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'
import { readDatagram } from '../simulate/read-datagram.ts'
import { runCommand } from './run-command.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SMALL = ['--leaves=1', '--spines=1', '--hosts=2', '--guests=2', '--sampling=5000']

function command(...words: readonly string[]) {
  return runCommand(['simulate', ...words])
}

async function folder(t: { teardown: (end: () => Promise<void>) => void }) {
  const path = await mkdtemp(join(tmpdir(), 'simulate-'))
  t.teardown(() => rm(path, { recursive: true }))
  return path
}

test('a capture is written, the same for the same seed, and reads back', async t => {
  const path = await folder(t)
  const words = (name: string) => [
    ...SMALL,
    '--duration=30s',
    '--seed=9',
    `--write=${path}/${name}`,
  ]
  const first = await command(...words('a.pcap'))
  const second = await command(...words('b.pcap'))
  t.is(first.status, 0)
  t.is(first.stderr, '')
  t.regex(first.stdout, /^wrote [\d,]+ datagrams to .*a\.pcap\n$/)
  t.is(second.status, 0)
  const bytes = await readFile(`${path}/a.pcap`)
  t.true(bytes.equals(await readFile(`${path}/b.pcap`)))
  const counts = newDatagramCounts()
  const { chunks } = await openCapture(`${path}/a.pcap`)
  let lastMs = 0
  for await (const one of readDatagrams(chunks, { name: 'a', port: SFLOW_PORT, counts })) {
    t.is(readDatagram(one.bytes).agent, one.sourceAddress)
    if (one.timeMs < lastMs) t.fail('time goes back')
    lastMs = one.timeMs
  }
  t.regex(first.stdout, new RegExp(`^wrote ${counts.datagrams.toLocaleString('en-US')} datagrams`))
})

test('datagrams are sent until the duration is over, faster than real time when asked for', async t => {
  const socket = createSocket('udp6')
  socket.bind(0, '::1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const agents = new Set<string>()
  socket.on('message', bytes => agents.add(readDatagram(bytes).agent))
  const { port } = socket.address() as AddressInfo
  const words = [...SMALL, '--duration=25s', '--speed=50', `--to=[::1]:${port}`]
  const { status, stdout, stderr } = await command(...words)
  t.is(status, 0)
  t.regex(stdout, /^simulated [\d,]+ datagrams \([\d,]+ bytes\) in \d+\.\d s\n$/)
  t.is(stderr, '', 'no progress without a terminal')
  t.deepEqual([...agents].sort(), ['10.1.0.1', '10.1.0.2', '10.255.0.1', '10.255.1.1'])
})

test('SIGINT ends it with its last line and status 0', async t => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const { port } = socket.address()
  const child = spawn(process.execPath, [MAIN, 'simulate', ...SMALL, `--to=127.0.0.1:${port}`])
  await once(socket, 'message')
  child.kill('SIGINT')
  const [[text], [status]] = await Promise.all([once(child.stdout, 'data'), once(child, 'close')])
  t.regex(String(text), /^simulated /)
  t.is(status, 0)
})

const refused: readonly [title: string, words: readonly string[], message: RegExp][] = [
  [
    'an unknown scenario',
    ['--scenario=x'],
    /one of fabric, elephant, ddos, demo, everything is needed/,
  ],
  ['a file without end', ['--write=x'], /--write needs --duration/],
  ['a file in no folder', [`--write=${MAIN}/x`, '--duration=1s'], /cannot write .*ENOTDIR/],
  ['no leaves', ['--leaves=0'], /--leaves=0: a whole number from 1 to 120 is needed/],
  ['half a spine', ['--spines=1.5'], /--spines=1\.5: a whole number/],
  ['too short a day', ['--day=1s'], /--day: at least 60s is needed/],
  ['no speed', ['--speed=fast'], /--speed=fast: a factor above 0, or max, is needed/],
]

for (const [title, words, message] of refused) {
  test(`${title} is refused in one line, with status 2`, async t => {
    const { status, stdout, stderr } = await command(...words)
    t.is(status, 2)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.is(stderr.split('\n').length, 2)
  })
}
