import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { capturePath } from '../support/engine.ts'
import { runCommand } from './run-command.ts'

const CAPTURE = capturePath('hsflowd-kvm')
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

test('one JSON object a datagram, one line each', async t => {
  const { status, stdout, stderr } = await runCommand(['decode', CAPTURE])
  t.is(status, 0)
  t.is(stderr, '')
  const lines = stdout.trimEnd().split('\n')
  t.is(lines.length, 3)
  for (const line of lines) t.is(JSON.parse(line).agent, '10.77.0.1')
})

test('standard input gives what the file gives', async t => {
  const child = spawn(process.execPath, [MAIN, 'decode', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  createReadStream(CAPTURE).pipe(child.stdin)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  const [status] = await once(child, 'close')
  t.is(status, 0)
  t.is(text, (await runCommand(['decode', CAPTURE])).stdout)
})

test('the text form names samples, records and fields', async t => {
  const { status, stdout } = await runCommand(['decode', CAPTURE, '--format=text'])
  t.is(status, 0)
  t.regex(stdout, /agent 10\.77\.0\.1, sub-agent \d+, sequence \d+/)
  t.regex(stdout, /^ {2}sample 0:4 COUNTERSSAMPLE, source 2:1, sequence 1$/m)
  t.regex(stdout, /^ {4}record 0:2003 host_cpu$/m)
  t.regex(stdout, /^ {6}cpu_load_one +\d/m)
})

test('a reader that goes away ends it quietly', async t => {
  const child = spawn(process.execPath, [MAIN, 'decode', capturePath('hsflowd-docker')])
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', chunk => {
    complaint += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const [status] = await once(child, 'close')
  t.is(status, 0)
  t.is(complaint, '')
})

test('what is no capture, not there, or not a format is one line and status 2', async t => {
  for (const words of [[MAIN], ['/nowhere.pcap'], [CAPTURE, '--format=xml'], []]) {
    const { status, stdout, stderr } = await runCommand(['decode', ...words])
    t.is(status, 2)
    t.is(stdout, '')
    t.is(stderr.trimEnd().split('\n').length, 1, stderr)
  }
})

test('a packet that is not sFlow is left out, and told on standard error', async t => {
  const bytes = readFileSync(CAPTURE)
  // The first datagram: another port, another version.
  bytes.writeUInt16BE(53, 24 + 16 + 36)
  bytes.writeUInt32BE(0x01020304, 24 + 16 + 42)
  const child = spawn(process.execPath, [MAIN, 'decode', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(bytes)
  let text = ''
  let told = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    told += chunk
  })
  await once(child, 'close')
  t.is(text.trimEnd().split('\n').length, 2)
  t.is(told, 'left out: 1 not sFlow\n')
})
