/** Which of several workers receives a datagram, and that each is counted by one of them. */
import test from 'ava'
import type { Engine } from '../../src/engine/engine.ts'
import { NOBODY, type Owners, Router } from '../../src/engine/router.ts'
import { family, testEngine } from '../support/engine.ts'
import { udpFlow } from '../support/udp-flow.ts'

const AGENT = (subAgent: number) => `agent="10.0.0.1",sub_agent="${subAgent}"`

/** Two workers whose ways are an array: what was forwarded waits there until it is delivered. */
function twoWorkers(roomMax = Number.POSITIVE_INFINITY, ownersMax = Number.POSITIVE_INFINITY) {
  const owned = new Map<string, number>()
  const owners: Owners = {
    ownerOf: words => owned.get(words.join()) ?? NOBODY,
    claim(words, worker) {
      const known = owned.get(words.join())
      if (known === undefined && owned.size >= ownersMax) return NOBODY
      owned.set(words.join(), known ?? worker)
      return known ?? worker
    },
  }
  const waiting: { to: number; bytes: Uint8Array; sender: string }[] = []
  const engines = [0, 1].map(() => testEngine({ sequenceWindow: 256 }))
  const routers = engines.map(
    (engine, worker) =>
      new Router({
        engine,
        owners,
        worker,
        forward(to, view, offset, length, sender) {
          if (waiting.length >= roomMax) return false
          const start = view.byteOffset + offset
          waiting.push({ to, bytes: new Uint8Array(view.buffer, start, length).slice(), sender })
          return true
        },
      }),
  )
  const receive = (worker: number, bytes: Uint8Array, nowMs: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    routers[worker]?.receive(view, 0, bytes.byteLength, nowMs, `192.0.2.${worker}`)
  }
  const deliver = (nowMs: number) => {
    for (const { to, bytes, sender } of waiting.splice(0)) {
      routers[to]?.receiveForwarded(new DataView(bytes.buffer), 0, bytes.length, nowMs, sender)
    }
  }
  return { engines, owned, receive, deliver, waiting }
}

const sum = (engines: readonly Engine[], of: (engine: Engine) => number) =>
  engines.reduce((total, engine) => total + of(engine), 0)

test('an agent by two sockets, its halves out of step: nothing is lost, doubled or restarted', t => {
  const { engines, receive, deliver } = twoWorkers()
  const sent = 4_000
  for (let sequence = 1; sequence <= sent; sequence++) {
    const bytes = udpFlow({ agent: '10.0.0.1', sequence, uptimeMs: sequence })
    receive(sequence % 2, bytes, sequence)
    // The other thread is up to 200 numbers behind.
    if (sequence % 200 === 0) deliver(sequence)
  }
  deliver(sent)
  for (const engine of engines) engine.tick(sent + 10_000)
  const [owner] = engines.filter(engine => engine.registry.agents.size > 0) as [Engine]
  t.is(engines.filter(engine => engine.registry.agents.size > 0).length, 1)
  t.is(family(owner, 'sflow_agent_datagrams_total')[AGENT(0)], sent)
  t.is(family(owner, 'sflow_agent_datagrams_lost_total')[AGENT(0)], 0)
  t.is(family(owner, 'sflow_agent_datagrams_duplicated_total')[AGENT(0)], 0)
  t.is(family(owner, 'sflow_agent_restarts_total')[AGENT(0)], 0)
  t.true((family(owner, 'sflow_agent_datagrams_reordered_total')[AGENT(0)] as number) > 1_000)
  t.is(
    sum(engines, engine => engine.datagramsForwarded),
    sent / 2,
  )
})

test('what is really lost, doubled or restarted is told as with one socket', t => {
  const { engines, receive, deliver } = twoWorkers()
  let clock = 0
  const send = (sequence: number, uptimeMs: number) => {
    clock += 1
    receive(clock % 2, udpFlow({ agent: '10.0.0.1', sequence, uptimeMs }), clock)
    if (clock % 50 === 0) deliver(clock)
  }
  for (let sequence = 1; sequence <= 3_000; sequence++) {
    if (sequence % 1_000 < 10) continue
    send(sequence, sequence)
    if (sequence === 1_500) send(sequence, sequence)
  }
  deliver(clock)
  for (let sequence = 1; sequence <= 100; sequence++) send(sequence, sequence)
  deliver(clock)
  for (const engine of engines) engine.tick(clock + 10_000)
  const [owner] = engines.filter(engine => engine.registry.agents.size > 0) as [Engine]
  // 1 to 9 were before the first; 1000 to 1009, 2000 to 2009 and 3000 were missing between others.
  t.is(family(owner, 'sflow_agent_datagrams_lost_total')[AGENT(0)], 20)
  t.is(family(owner, 'sflow_agent_datagrams_duplicated_total')[AGENT(0)], 1)
  t.is(family(owner, 'sflow_agent_restarts_total')[AGENT(0)], 1)
})

test('all sub-agents of an address are with one worker', t => {
  const { engines, receive, deliver } = twoWorkers()
  for (let subAgent = 0; subAgent < 8; subAgent++) {
    const bytes = udpFlow({ agent: '10.0.0.1', subAgent, sequence: 1, uptimeMs: 1 })
    receive(subAgent % 2, bytes, 1)
  }
  deliver(1)
  t.deepEqual(engines.map(engine => engine.registry.agents.size).sort(), [0, 8])
  t.is(engines[0]?.registry.agents.values()[1]?.lastSource, '192.0.2.1', 'senders go along')
})

test('received is processed and refused, exactly, in every worker at any time', t => {
  const { engines, receive, deliver } = twoWorkers(10)
  const check = () => {
    for (const engine of engines) {
      const refused = engine.datagramsRefused.reduce((total, count) => total + count, 0)
      const processed = engine.registry.agents
        .values()
        .reduce((total, agent) => total + agent.datagrams, 0)
      t.is(engine.datagramsReceived, processed + refused)
    }
  }
  for (let sequence = 1; sequence <= 500; sequence++) {
    receive(sequence % 2, udpFlow({ agent: '10.0.0.1', sequence, uptimeMs: sequence }), sequence)
    if (sequence % 10 === 0) receive(0, new TextEncoder().encode('no sFlow'), sequence)
    if (sequence % 30 === 0) deliver(sequence)
    check()
  }
  deliver(500)
  check()
  t.is(
    sum(engines, engine => engine.datagramsReceived),
    550,
  )
  const reasons = engines.flatMap(engine =>
    Object.entries(family(engine, 'sflow_bridge_datagrams_refused_total')).filter(([, n]) => n > 0),
  )
  t.deepEqual(
    new Set(reasons.map(([labels]) => labels)),
    new Set(['reason="version"', 'reason="forward_limit"']),
  )
})

test('an address that finds no room is refused as an agent too many', t => {
  const { engines, receive } = twoWorkers(Number.POSITIVE_INFINITY, 1)
  receive(0, udpFlow({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1 }), 1)
  receive(0, udpFlow({ agent: '10.0.0.2', sequence: 1, uptimeMs: 1 }), 1)
  t.is(
    family(engines[0] as Engine, 'sflow_bridge_datagrams_refused_total')['reason="agents_limit"'],
    1,
  )
  t.is(engines[0]?.registry.agents.size, 1)
})

test('a datagram whose agent has another owner by now goes on to that one', t => {
  const { engines, owned, receive, deliver } = twoWorkers()
  receive(0, udpFlow({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1 }), 1)
  receive(1, udpFlow({ agent: '10.0.0.1', sequence: 2, uptimeMs: 2 }), 2)
  for (const key of owned.keys()) owned.set(key, 1)
  deliver(3)
  deliver(3)
  t.is(engines[1]?.registry.agents.values()[0]?.datagrams, 1)
})

test('addresses are told to come with their first sub-agent and to go with their last', t => {
  const told: string[] = []
  const engine = testEngine({
    limitsPart: { agentSilenceMs: 1_000 },
    addresses: {
      addressNew: words => told.push(`new ${words.subarray(0, 5).join()}`),
      addressGone: words => told.push(`gone ${words.subarray(0, 5).join()}`),
    },
  })
  for (const subAgent of [0, 1]) {
    const bytes = udpFlow({ agent: '10.0.0.1', subAgent, sequence: 1, uptimeMs: 1 })
    engine.receive(
      new DataView(bytes.buffer, bytes.byteOffset),
      0,
      bytes.byteLength,
      subAgent * 500,
    )
  }
  engine.tick(1_200)
  t.deepEqual(told, ['new 1,167772161,0,0,0'])
  engine.tick(3_000)
  t.deepEqual(told, ['new 1,167772161,0,0,0', 'gone 1,167772161,0,0,0'])
})
