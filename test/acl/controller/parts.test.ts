/** The small parts: clock, back-off, effect, estimates. */
import test from 'ava'
import type { Alert, AlertNumbers } from '../../../src/acl/controller/alert.ts'
import { BackOff } from '../../../src/acl/controller/back-off.ts'
import { SteadyClock } from '../../../src/acl/controller/clock.ts'
import { HitWatch } from '../../../src/acl/controller/effect.ts'
import { admits, stillAsks } from '../../../src/acl/controller/estimate.ts'
import { controllerSchema } from '../../../src/config/controller.ts'
import { controllerSettings } from '../../../src/config/controller-settings.ts'

test('the clock follows slewing, ignores a jump until it is taken, and never goes back', t => {
  let wall = 1_000_000
  let monotonic = 0
  const clock = new SteadyClock(
    () => wall,
    () => monotonic,
  )
  t.is(clock.now(), 1_000_000)
  wall += 1_100
  monotonic += 1_000
  t.is(clock.now(), 1_001_100, 'a tenth of a second of slewing')
  t.is(clock.takeJump(), 0)
  wall += 1_000 - 86_400_000
  monotonic += 1_000
  t.is(clock.now(), 1_002_100, 'a day back changes nothing yet')
  t.is(clock.takeJump(), -86_400_000)
  t.is(clock.now(), 1_002_100 - 86_400_000)
  wall -= 500
  t.is(clock.now(), 1_002_100 - 86_400_000, 'half a second back: it stands')
})

test('back-off doubles up to its cap, with jitter between half and whole, and ends with success', t => {
  const limits = { firstMs: 100, maxMs: 1_000, openAfter: 3 }
  for (const [chance, expected] of [
    [0, [50, 100, 200, 400, 500, 500]],
    [1, [100, 200, 400, 800, 1_000, 1_000]],
  ] as const) {
    const backOff = new BackOff(limits, () => chance)
    const waits = expected.map(() => {
      backOff.failed(0)
      return backOff.delayMs(0)
    })
    t.deepEqual(waits, [...expected])
    t.true(backOff.isOpen)
    backOff.succeeded()
    t.deepEqual([backOff.delayMs(0), backOff.isOpen], [0, false])
  }
})

test('hit counters: a rate needs two readings, a reset starts anew, silence is no rate', t => {
  const watch = new HitWatch()
  watch.read('r', { packets: 10, bytes: 1_000 }, 0)
  t.is(watch.bytesPerSecond('r', 0), undefined)
  watch.read('r', { packets: 20, bytes: 5_000 }, 2_000)
  t.is(watch.bytesPerSecond('r', 2_000), 2_000)
  watch.read('r', { packets: 20, bytes: 5_000 }, 2_100)
  t.is(watch.bytesPerSecond('r', 2_100), 2_000, 'too close to tell')
  t.is(watch.bytesPerSecond('r', 70_000), undefined, 'too old')
  watch.read('r', { packets: 1, bytes: 100 }, 4_000)
  t.is(watch.bytesPerSecond('r', 4_000), undefined, 'a counter that fell')
  watch.keepOnly(new Set())
  t.is(watch.hits('r'), undefined)
})

function policy(more: object) {
  return controllerSettings(controllerSchema.parse({ policies: [{ name: 'p', ...more }] }))
    .policies[0]!
}

const TIMES = {
  startsAtMs: 1,
  key: '',
  fingerprint: '',
  origin: 'bridge',
  status: 'firing',
  labels: {},
} as const
const alert = (numbers: AlertNumbers): Alert => ({ ...TIMES, numbers })
const T = { threshold: 10 }

const ESTIMATES: readonly [policy: object, numbers: AlertNumbers, reason: string | undefined][] = [
  [{ action: 'drop' }, {}, undefined],
  [{ action: 'drop' }, { value: 11, lower: 10, ...T }, undefined],
  [{ action: 'drop' }, { value: 11, lower: 9.9, ...T }, 'below_threshold'],
  [{ action: 'drop' }, { value: 9, ...T }, 'below_threshold'],
  [{ action: 'limit' }, { value: 11, lower: 9, ...T }, 'below_threshold'],
  [{ action: 'mark' }, { value: 11, lower: 1, ...T }, undefined],
  [{ action: 'mark' }, { value: 9, ...T }, 'below_threshold'],
  [{ action: 'drop', threshold: 5 }, { value: 9, lower: 4 }, 'below_threshold'],
  [{ action: 'drop', threshold: 5 }, { value: 9, lower: 6, threshold: 20 }, 'below_threshold'],
  [{ action: 'drop', estimate: 'required' }, {}, 'no_estimate'],
  [{ action: 'drop', estimate: 'required' }, { value: 20, ...T }, 'no_estimate'],
  [{ action: 'drop', estimate: 'required' }, { lower: 20 }, 'no_estimate'],
  [{ action: 'drop', estimate: 'required' }, { lower: 20, ...T }, undefined],
  [{ action: 'drop', samples_min: 10 }, { samples: 9 }, 'too_few_samples'],
  [{ action: 'drop', samples_min: 10 }, {}, undefined],
  [{ action: 'drop', sources_min: 10 }, { sources: 9 }, 'too_few_sources'],
  [{ action: 'drop', sources_min: 10 }, {}, 'too_few_sources'],
  [{ action: 'drop', sources_min: 10 }, { sources: 10 }, undefined],
]

for (const [more, numbers, reason] of ESTIMATES) {
  test(`${JSON.stringify(more)} with ${JSON.stringify(numbers)}: ${reason ?? 'yes'}`, t => {
    t.is(admits(alert(numbers), policy(more)), reason as never)
  })
}

test('release: by the alert’s own number, else by the share of the threshold, by the upper bound', t => {
  const drop = policy({ action: 'drop', release: 0.5 })
  const asks = (numbers: AlertNumbers) => stillAsks(alert(numbers), drop)
  t.true(asks({}))
  t.true(asks({ value: 5, ...T }))
  t.false(asks({ value: 4.9, ...T }))
  t.true(asks({ value: 4, upper: 5, ...T }))
  t.false(asks({ value: 8, release: 9, ...T }))
})
