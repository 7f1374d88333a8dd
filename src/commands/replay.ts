/** `sflow-bridge replay`: sends the sFlow of a capture to a collector. Wiring only. */
import { openUdpSender } from '../ingest/sender.ts'
import { type DatagramCounts, SFLOW_PORT } from '../pcap/datagrams.ts'
import { openCapture } from '../pcap/open.ts'
import { type ReplayProgress, replay } from '../pcap/replay.ts'
import type { OtherPacket } from '../pcap/udp.ts'
import { UsageError } from '../usage-error.ts'
import type { Command, CommandContext } from './command.ts'
import {
  amount,
  ProgressLine,
  parseSpeed,
  parseTarget,
  REAL_CLOCK,
  sendingSummary,
  stopSignal,
} from './sending.ts'

export const command: Command = {
  name: 'replay',
  summary: 'send the sFlow datagrams of a capture to a collector',
  positionals: { names: 'FILE', min: 1, max: 1 },
  flags: [
    {
      name: 'to',
      type: 'string',
      placeholder: 'HOST:PORT',
      default: `127.0.0.1:${SFLOW_PORT}`,
      help: 'Where to send; IPv6 addresses in brackets.',
    },
    {
      name: 'speed',
      type: 'string',
      placeholder: 'FACTOR',
      default: '1',
      help: 'How many times faster than it was taken, or max: as fast as the socket takes it.',
    },
    { name: 'loop', type: 'boolean', help: 'Begin again at the end, until interrupted.' },
    {
      name: 'port',
      type: 'number',
      whole: [0, 65_535],
      placeholder: 'PORT',
      default: String(SFLOW_PORT),
      help: 'Only datagrams that were sent to this UDP port; 0 takes all.',
    },
  ],
  examples: [
    'sflow-bridge replay capture.pcap --speed=10',
    'tcpdump -w - udp port 6343 | sflow-bridge replay - --to=collector.example:6343',
  ],
  run,
}

async function run({ flags, positionals }: CommandContext): Promise<number> {
  const path = positionals[0] as string
  const loop = flags.boolean('loop')
  if (loop && path === '-') throw new UsageError('--loop needs a file: a pipe is read only once')
  const speed = parseSpeed(flags.string('speed'))
  const port = flags.number('port') || undefined
  const target = parseTarget('to', flags.string('to'))
  const sender = await openUdpSender(target.host, target.port)
  const stop = stopSignal()
  const progress = new ProgressLine(process.stderr)
  const startedMs = performance.now()
  try {
    const { datagrams, counts } = await replay({
      open: () => openCapture(path),
      port,
      speed,
      loop,
      clock: REAL_CLOCK,
      signal: stop.signal,
      send: bytes => sender.send(bytes),
      onProgress: progressOf => progress.show(() => progressText(progressOf, loop)),
    })
    await sender.flush()
    progress.clear()
    const seconds = (performance.now() - startedMs) / 1_000
    process.stdout.write(
      `${sendingSummary('replayed', sender.counts, seconds)}${leftOut(counts)}\n`,
    )
    return datagrams > 0 || stop.signal.aborted ? 0 : 1
  } finally {
    stop.release()
    await sender.close()
  }
}

function progressText({ rounds, datagrams, readRatio }: ReplayProgress, loop: boolean): string {
  const done = readRatio === undefined ? '' : `, ${(100 * readRatio).toFixed(0)} %`
  return `${loop ? `round ${rounds + 1}, ` : ''}${amount(datagrams, 'datagram')}${done}`
}

/** What the capture held beside the datagrams that were sent: `; left out: 3 to another port`. */
function leftOut({ otherPort, other, cut, tailBytes }: DatagramCounts): string {
  const parts = Object.entries(other).map(
    ([reason, count]) => [count, OTHER_WORDS[reason]] as const,
  )
  const shown = [[otherPort, 'to another port'] as const, ...parts]
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
  const damage = [
    cut ? `; ${cut} cut by the capture` : '',
    tailBytes ? `; the file ends within a packet (${amount(tailBytes, 'byte')})` : '',
  ]
  return (shown.length ? `; left out: ${shown.join(', ')}` : '') + damage.join('')
}

const OTHER_WORDS: Readonly<Record<string, string>> = {
  not_ip: 'not IP',
  not_udp: 'not UDP',
  fragment: 'fragments',
  malformed: 'malformed',
  link_type: 'of an unknown link type',
} satisfies Record<OtherPacket, string>
