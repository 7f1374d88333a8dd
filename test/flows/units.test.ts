/** Agents and ports come and go, and their numbers are used again: never for two at a time. */
import test from 'ava'
import { NO_UNIT, Units } from '../../src/flows/units.ts'
import { HandView, seeded } from './table-kit.ts'

const IDLE_MS = 5_000
const LIMITS = { max: 40, perAgentMax: 40, idleMs: IDLE_MS }

test('a port is one of its own agent, however numbers are used again', t => {
  const gone: number[] = []
  const agents = new Units('agents', false, LIMITS, 1, unit => gone.push(unit))
  const ports = new Units('ports', true, { ...LIMITS, max: 120, perAgentMax: 6 }, 1, () => {})
  const random = seeded(12)
  const view = new HandView()
  let refused = 0
  for (let nowMs = 0; nowMs < 300_000; nowMs += 50) {
    // As the engine does: ports first.
    if (nowMs % 1_000 === 0) {
      ports.tick(nowMs)
      agents.tick(nowMs)
    }
    // Some come again at once, most belong to a time of their own.
    const agent = Math.floor(nowMs / 10_000) * 20 + Math.floor(random() * 50)
    const ifIndex = 1 + Math.floor(random() * 8)
    for (let sample = 0; sample < 3; sample++) {
      view.take({ agent, ifIndex, key: 0, nowMs })
      const unit = agents.resolve(view, NO_UNIT)
      const port = ports.resolve(view, unit)
      if (unit === NO_UNIT) t.is(port, NO_UNIT)
      if (port === NO_UNIT) {
        refused += 1
        continue
      }
      const address = `10.0.${agent >> 8}.${agent & 255}`
      t.is(agents.agents[unit], address)
      t.deepEqual([ports.agents[port], ports.ifIndexes[port]], [address, ifIndex])
    }
  }
  t.true(gone.length > 100 && new Set(gone).size <= LIMITS.max)
  t.true(refused > 100)
  t.true(ports.table.size <= 120 && agents.table.size <= LIMITS.max)
})

test('a reload makes room for more units, and none for more than are there', t => {
  const agents = new Units('agents', false, { ...LIMITS, max: 2, perAgentMax: 2 }, 1, () => {})
  const ports = new Units('ports', true, { ...LIMITS, max: 1, perAgentMax: 1 }, 1, () => {})
  const view = new HandView()
  const resolve = (agent: number, ifIndex: number) => {
    view.take({ agent, ifIndex, key: 0, nowMs: 0 })
    const unit = agents.resolve(view, NO_UNIT)
    return [unit, ports.resolve(view, unit)]
  }
  t.deepEqual(
    [resolve(1, 1), resolve(2, 1), resolve(3, 1)],
    [
      [1, 1],
      [2, NO_UNIT],
      [0, 0],
    ],
  )
  agents.relimit({ ...LIMITS, max: 4, perAgentMax: 4 })
  ports.relimit({ ...LIMITS, max: 4, perAgentMax: 2 })
  t.deepEqual(
    [resolve(1, 1), resolve(2, 1), resolve(3, 1)],
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  )
  agents.relimit({ ...LIMITS, max: 1, perAgentMax: 1 })
  t.deepEqual(
    [resolve(3, 1), resolve(4, 1)],
    [
      [3, 3],
      [NO_UNIT, NO_UNIT],
    ],
  )
})
