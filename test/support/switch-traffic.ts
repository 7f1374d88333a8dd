/**
 * Traffic over a switch of switch-net.ts: transfers of iperf3, and UDP flows that are known to the
 * frame. And the way to know that the bridge has seen all of it.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { part } from './parts.ts'
import { type Bridge, start, until } from './processes.ts'
import type { HostSettings } from './switch-host.ts'
import type { SwitchHost, SwitchNet } from './switch-net.ts'

const HOST_PROGRAM = fileURLToPath(new URL('switch-host.ts', import.meta.url))

/** In each round of the switch: two ports, its own port and its datapath. */
const COUNTER_SAMPLES = 4

export interface Iperf {
  /** Resolves at the end of the transfer with iperf3's own report. */
  readonly report: Promise<IperfReport>
  /** Ends client and server at once. */
  end(): Promise<void>
}

/** The parts of iperf3's JSON that tests read. */
export interface IperfReport {
  readonly end: {
    readonly sum: { readonly bytes: number; readonly packets: number; readonly seconds: number }
  }
}

/** An iperf3 transfer from one host to the other; `words` are the client's: rate, time, protocol. */
export async function startIperf(
  t: ExecutionContext,
  from: SwitchHost,
  to: SwitchHost,
  { port, words }: { readonly port: number; readonly words: readonly string[] },
): Promise<Iperf> {
  const common = ['--port', String(port), '--forceflush']
  const server = start(t, part('iperf3'), ['--server', '--one-off', ...common], to)
  await server.line(/Server listening/)
  const client = start(
    t,
    part('iperf3'),
    ['--client', to.address, '--json', ...common, ...words],
    from,
  )
  const report = once(client.child, 'close').then(([code]) => {
    const text = client.lines.join('\n')
    if (code !== 0) throw new Error(`iperf3: ${text}`)
    // A warning may stand before it.
    return JSON.parse(text.slice(text.indexOf('{'))) as IperfReport
  })
  // Whoever ends it early does not ask for the report.
  report.catch(() => {})
  return {
    report,
    async end() {
      await client.end('SIGKILL')
      await server.end('SIGKILL')
    },
  }
}

/** UDP flows between the hosts, the same number of frames of each in both directions. */
export async function startUdpFlows(
  t: ExecutionContext,
  { left, right }: SwitchNet,
  flows: { readonly [Side in 'left' | 'right']: HostSettings['flows'] },
  frames: number,
): Promise<{ burst(): Promise<void> }> {
  const begin = async (host: SwitchHost, peer: SwitchHost, begins: boolean) => {
    const settings: HostSettings = {
      address: host.address,
      peer: peer.address,
      flows: flows[begins ? 'left' : 'right'],
      frames,
      begins,
    }
    const running = start(t, process.execPath, [HOST_PROGRAM, JSON.stringify(settings)], host)
    await running.line(/^ready/)
    return running
  }
  const second = await begin(right, left, false)
  const first = await begin(left, right, true)
  let bursts = 0
  return {
    async burst() {
      bursts += 1
      const complete = new RegExp(`^burst ${bursts} `)
      first.child.kill('SIGUSR2')
      await Promise.all([first.line(complete), second.line(complete)])
    },
  }
}

/**
 * Resolves when the bridge has all that the switch saw until now. The switch polls all its ports
 * and sends the samples it holds back once a second, together; this waits for two such rounds.
 */
export async function laterRounds(bridge: Bridge, { agent }: SwitchNet): Promise<void> {
  const labels = `agent="${agent}",sub_agent="0",kind="counters"`
  const samples = async () => (await bridge.family('sflow_agent_samples_total'))[labels] ?? 0
  const before = await samples()
  await until(async () => (await samples()) >= before + 2 * COUNTER_SAMPLES)
}
