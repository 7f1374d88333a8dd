/** A name server on the loopback that answers questions for PTR records from a table. RFC 1035, section 4. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'

const PTR = 12
const NO_SUCH_NAME = 3
const HEADER_BYTES = 12

export interface NameServer {
  readonly port: number
  /** Reverse name → name; may be changed while it runs. */
  readonly names: Map<string, string>
  /** What was asked for, in order. */
  readonly asked: string[]
}

export async function startNameServer(t: ExecutionContext): Promise<NameServer> {
  const socket = createSocket('udp4')
  const names = new Map<string, string>()
  const asked: string[] = []
  socket.on('message', (question, { address, port }) => {
    const { name, end } = readName(question)
    asked.push(name)
    socket.send(answer(question.subarray(0, end + 4), names.get(name)), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return { port: socket.address().port, names, asked }
}

function readName(question: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), end: at + 1 }
}

function answer(question: Buffer, name: string | undefined): Buffer {
  const header = Buffer.from(question.subarray(0, HEADER_BYTES))
  // A response with recursion available; one question, one answer or none.
  header.writeUInt16BE(0x8180 | (name === undefined ? NO_SUCH_NAME : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(name === undefined ? 0 : 1, 6)
  header.writeUInt32BE(0, 8)
  const asked = question.subarray(HEADER_BYTES)
  if (name === undefined) return Buffer.concat([header, asked])
  const text = Buffer.concat([
    ...name.split('.').map(label => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ])
  const record = Buffer.alloc(12)
  // The name of the question (a pointer), PTR, IN, a minute, the length.
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
  record.writeUInt16BE(PTR, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(60, 6)
  record.writeUInt16BE(text.length, 10)
  return Buffer.concat([header, asked, record, text])
}
