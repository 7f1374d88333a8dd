/** `sflow-bridge decode`: prints what the datagrams of a capture hold. Wiring only. */
import {
  type CapturedDatagram,
  type DatagramCounts,
  newDatagramCounts,
  readDatagrams,
  SFLOW_PORT,
} from '../pcap/datagrams.ts'
import { openCapture } from '../pcap/open.ts'
import { decodeDatagram } from '../sflow/decode/datagram.ts'
import { datagramText } from '../sflow/decode/text.ts'
import type { Command, CommandContext } from './command.ts'

export const command: Command = {
  name: 'decode',
  summary: 'print what the sFlow datagrams of a capture hold',
  positionals: { names: 'FILE|-', min: 1, max: 1 },
  flags: [
    {
      name: 'format',
      type: 'string',
      default: 'jsonl',
      choices: ['jsonl', 'text'],
      help: 'One JSON object a datagram with the keys of `sflowtool -j`, or lines for people.',
    },
    {
      name: 'port',
      type: 'number',
      whole: [0, 65_535],
      placeholder: 'PORT',
      default: '0',
      help: `Only datagrams to this UDP port; 0 takes all to ${SFLOW_PORT}, and all others that are sFlow.`,
    },
  ],
  examples: [
    'sflow-bridge decode capture.pcap | jq .agent',
    'tcpdump -w - udp port 6343 | sflow-bridge decode - --format=text',
  ],
  run,
}

/** Text is written in pieces of about this size. */
const PIECE_BYTES = 64 * 1024

async function run({ flags, positionals }: CommandContext): Promise<number> {
  const print = flags.string('format') === 'text' ? datagramText : jsonLine
  const capture = await openCapture(positionals[0] as string)
  const counts = newDatagramCounts()
  const port = flags.number('port') || undefined
  const output = new Output(process.stdout)
  let leftOut = 0
  for await (const datagram of readDatagrams(capture.chunks, {
    name: capture.name,
    port,
    counts,
  })) {
    if (datagram.cut || (port === undefined && !isSflow(datagram))) {
      leftOut += 1
      continue
    }
    await output.write(print(decodeDatagram(datagram.bytes, datagram)))
    if (output.closed) return 0
  }
  await output.flush()
  tellLeftOut(counts, leftOut - counts.cut)
  return 0
}

function jsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}

function isSflow({ bytes, destinationPort }: CapturedDatagram): boolean {
  if (destinationPort === SFLOW_PORT) return true
  return bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 5
}

/** On standard error: the output is for programs. */
function tellLeftOut(counts: DatagramCounts, notSflow: number): void {
  const others = Object.entries(counts.other).map(([what, count]) => [count, what] as const)
  const told = [
    ...others,
    [counts.cut, 'cut by the capture'] as const,
    [counts.otherPort, 'to another port'] as const,
    [notSflow, 'not sFlow'] as const,
    [counts.tailBytes, 'bytes of a last packet that is not whole'] as const,
  ].filter(([count]) => count > 0)
  if (told.length === 0) return
  const text = told.map(([count, what]) => `${count} ${what.replaceAll('_', ' ')}`).join(', ')
  process.stderr.write(`left out: ${text}\n`)
}

/** Standard output in pieces, waiting for whoever reads it, and silent once it is gone. */
class Output {
  closed = false
  readonly #stream: NodeJS.WriteStream
  #pending = ''
  #resume: (() => void) | undefined

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    stream.on('drain', () => this.#resume?.())
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      this.closed = true
      this.#resume?.()
    })
  }

  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= PIECE_BYTES) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    if (text === '' || this.closed || this.#stream.write(text)) return
    await new Promise<void>(resolve => {
      this.#resume = resolve
    })
  }
}
