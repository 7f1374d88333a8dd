/** One agent is asked: Debian's snmpd by both versions, and devices that are dead, slow or talk nonsense. */
import test from 'ava'
import type { SnmpTarget, SnmpUser } from '../../src/names/settings.ts'
import { walk } from '../../src/names/walk.ts'
import { snmpTarget, snmpTestSettings } from './settings.ts'
import {
  COMMUNITY,
  freePort,
  machineInterfaces,
  SYSTEM_NAME,
  startNonsenseDevice,
  startSlowDevice,
  startSnmpd,
  USER,
} from './snmpd.ts'

const HERE = '127.0.0.1'
const AUTH = { protocol: 'sha256', password: USER.auth } as const
const PRIVACY = { protocol: 'aes', password: USER.privacy } as const
/** Patient: the machine of the tests may be busy. */
const PATIENT = { timeoutMs: 5_000 }
const SETTINGS = snmpTestSettings({ walkTimeoutMs: 30_000 })

function byUser(port: number, user: SnmpUser, part: Partial<SnmpTarget> = {}): SnmpTarget {
  const { community: _, ...target } = snmpTarget({ port, ...PATIENT, ...part })
  return { ...target, user }
}

for (const [version, targetOf] of [
  ['2c', (port: number) => snmpTarget({ port, community: COMMUNITY, ...PATIENT })],
  [
    '3, signed and encrypted',
    (port: number) => byUser(port, { name: USER.name, auth: AUTH, privacy: PRIVACY }),
  ],
] as const) {
  test(`version ${version} tells the names of the kernel`, async t => {
    const port = await startSnmpd(t, [HERE])
    const result = await walk(HERE, targetOf(port), SETTINGS)
    if (!('names' in result)) return t.fail(result.failure)
    t.is(result.names.systemName, SYSTEM_NAME)
    t.false(result.names.cut)
    const lo = machineInterfaces().find(({ name }) => name === 'lo')
    t.is(result.names.interfaces[String(lo?.ifIndex)]?.name, 'lo')
  })
}

test('no more interfaces are taken than the maximum, and that is told', async t => {
  const port = await startSnmpd(t, [HERE])
  const target = snmpTarget({ port, community: COMMUNITY, ...PATIENT })
  const result = await walk(HERE, target, { ...SETTINGS, interfacesMax: 1 })
  if (!('names' in result)) return t.fail(result.failure)
  t.true(machineInterfaces().length > 1)
  t.deepEqual(Object.keys(result.names.interfaces), ['1'])
  t.true(result.names.cut)
})

test('names are cut to their maximum of bytes', async t => {
  const port = await startSnmpd(t, [HERE])
  const target = snmpTarget({ port, community: COMMUNITY, ...PATIENT })
  const result = await walk(HERE, target, { ...SETTINGS, nameBytesMax: 4 })
  t.is('names' in result ? result.names.systemName : '', SYSTEM_NAME.slice(0, 4))
})

test('a wrong password and an unknown user are refused', async t => {
  const port = await startSnmpd(t, [HERE])
  const wrong = { protocol: 'sha256', password: 'not the password' } as const
  for (const user of [
    { name: USER.name, auth: wrong, privacy: PRIVACY },
    { name: 'stranger', auth: AUTH, privacy: PRIVACY },
    // The user may not ask without encryption.
    { name: USER.name, auth: AUTH },
  ]) {
    t.deepEqual(await walk(HERE, byUser(port, user), SETTINGS), { failure: 'refused' })
  }
})

test('a wrong community is a device that does not answer', async t => {
  const port = await startSnmpd(t, [HERE])
  const target = snmpTarget({ port, community: 'wrong' })
  t.deepEqual(await walk(HERE, target, SETTINGS), { failure: 'timeout' })
})

test('where nobody is, the wait ends after the retries', async t => {
  const target = snmpTarget({ port: await freePort(), retries: 2 })
  t.deepEqual(await walk(HERE, target, SETTINGS), { failure: 'timeout' })
})

test('a device that answers each question late is given up after the whole time', async t => {
  const behind = { address: HERE, port: await startSnmpd(t, [HERE]) }
  const port = await startSlowDevice(t, HERE, behind, 700)
  const target = snmpTarget({ port, community: COMMUNITY, ...PATIENT })
  const settings = { ...SETTINGS, walkTimeoutMs: 1_000 }
  t.deepEqual(await walk(HERE, target, settings), { failure: 'too_slow' })
})

for (const [what, answer] of [
  ['an empty datagram', () => Buffer.alloc(0)],
  ['noise', () => Buffer.alloc(1_400, 0x5a)],
  ['the question itself', (question: Buffer) => question],
  ['half the question', (question: Buffer) => question.subarray(0, question.length / 2)],
  ['a length beyond its end', () => Buffer.from('3084ffffffff0201', 'hex')],
] as const) {
  test(`${what} for an answer is a failure, and nothing more`, async t => {
    const port = await startNonsenseDevice(t, HERE, answer)
    for (const target of [
      snmpTarget({ port, community: COMMUNITY }),
      byUser(port, { name: USER.name, auth: AUTH, privacy: PRIVACY }, { timeoutMs: 100 }),
    ]) {
      const result = await walk(HERE, target, SETTINGS)
      t.regex('failure' in result ? result.failure : 'named', /^(malformed|timeout|refused)$/)
    }
  })
}
