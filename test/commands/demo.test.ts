/** `sflow-bridge demo` as a newcomer runs it: something to see on the page, and nothing left behind. */
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { freePort, onFreePort } from '../../src/demo/ports.ts'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { start, temporaryFolder, until } from '../support/processes.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Without what may have to be unpacked. */
const ALONE = ['--prometheus=none', '--alertmanager=none']

const isPrometheus = (line: string) => /^ {2}Prometheus .*http/.test(line)

/** A demo with its files in a folder of the test, and the machine's programs. */
async function demo(t: ExecutionContext, words: readonly string[] = []) {
  const folder = temporaryFolder(t)
  const running = start(t, process.execPath, [MAIN, 'demo', ...words], {
    env: { TMPDIR: folder, PATH: '/usr/bin:/bin' },
  })
  const address = async (name: string) => {
    const line = await running.line(new RegExp(`^  ${name} .*http`))
    return new URL(/http\S+/.exec(line)?.[0] ?? '').origin
  }
  return { folder, running, address }
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

/** Processes whose parent this is, as the kernel tells. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(one => {
      try {
        return readFileSync(`/proc/${one}/status`, 'utf8').includes(`\nPPid:\t${pid}\n`)
      } catch {
        return false
      }
    })
}

test.serial(
  'traffic, flows, an event and a rule are there soon; nothing is left afterwards',
  async t => {
    const { folder, running, address } = await demo(t, [
      '--scenario=elephant',
      `--prometheus=${part('prometheus')}`,
      `--alertmanager=${part('alertmanager')}`,
    ])
    const [bridge, controller, prometheus] = await Promise.all([
      address('live page'),
      address('controller'),
      address('Prometheus'),
    ])
    t.regex(await (await fetch(bridge)).text(), /sflow-bridge/)
    await until(async () => (await json<unknown[]>(`${bridge}/api/v1/interfaces`)).length > 10)
    await until(async () => {
      return (await json<unknown[]>(`${bridge}/api/v1/activeflows/talkers`)).length > 0
    })
    const events = await json<{ thresholdID: string }[]>(`${bridge}/api/v1/events?timeout=55`)
    t.is(events[0]?.thresholdID, 'elephant')
    await running.line(/mark .* in force \(dry run\)/)
    const { actions } = await json<{ actions: { device: string }[] }>(
      `${controller}/api/v1/actions`,
    )
    t.true(actions.length > 0)
    await until(async () => {
      const targets = await json<{ data: { activeTargets: { health: string; labels: object }[] } }>(
        `${prometheus}/api/v1/targets`,
      )
      const own = targets.data.activeTargets.filter(({ labels }) =>
        /sflow-(b|c|acl)/.test(JSON.stringify(labels)),
      )
      return own.length === 4 && own.every(({ health }) => health === 'up')
    })
    const children = childrenOf(running.child.pid ?? 0)
    t.is(
      children.length,
      8,
      'simulator, bridge, controller, two ACL agents, Prometheus, Alertmanager, and the guard',
    )
    t.is(await running.end('SIGINT'), 0)
    t.deepEqual(children.filter(isAlive), [])
    t.deepEqual(readdirSync(folder), [])
    t.regex(running.lines.at(-1) ?? '', /nothing is left/)
  },
)

test.serial('where Prometheus and Alertmanager are not found, they are unpacked', async t => {
  const { folder, running, address } = await demo(t)
  const bridge = await address('live page')
  t.regex(running.lines.join('\n'), /^ {2}(Prometheus|Alertmanager) +(http|being unpacked)/m)
  const [prometheus, alertmanager] = await Promise.all([
    address('Prometheus'),
    address('Alertmanager'),
  ])
  t.true((await fetch(running.lines.find(isPrometheus)?.trim().split(/ +/)[1] ?? '')).ok)
  t.is((await fetch(`${alertmanager}/-/ready`)).status, 200)
  await until(async () => {
    const { data } = await json<{ data: { activeAlertmanagers: { url: string }[] } }>(
      `${prometheus}/api/v1/alertmanagers`,
    )
    return data.activeAlertmanagers.some(({ url }) => url.startsWith(alertmanager))
  })
  t.is((await fetch(`${bridge}/-/ready`)).status, 200)
  t.is(await running.end('SIGINT'), 0)
  t.deepEqual(readdirSync(folder), [])
})

test.serial('Ctrl-C as early as can be leaves nothing either', async t => {
  const { folder, running } = await demo(t)
  await running.line(/^sflow-bridge demo: starting/)
  t.is(await running.end('SIGINT'), 0)
  t.deepEqual(childrenOf(running.child.pid ?? 0), [])
  t.deepEqual(readdirSync(folder), [])
  t.regex(running.lines.at(-1) ?? '', /nothing is left/)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test.serial(`npm run demo ends with npm when that alone gets ${signal}`, async t => {
    const folder = temporaryFolder(t)
    const running = start(t, 'npm', ['run', 'demo', '--', ...ALONE], {
      cwd: ROOT,
      env: { TMPDIR: folder, HOME: folder, PATH: process.env.PATH },
    })
    await running.line(/^ {2}live page/)
    const status = await running.end(signal)
    t.is(status, signal === 'SIGKILL' ? null : 0)
    await until(
      async () => !readdirSync(folder).some(name => name.startsWith('sflow-bridge-demo-')),
    )
  })
}

test.serial('a port that is taken is left alone', async t => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const found = await freePort(port)
  t.true(found > 0 && found !== port)
})

test('a program whose port was taken at the last moment is started on another', async t => {
  const tried: number[] = []
  const port = await onFreePort(0, async free => {
    tried.push(free)
    if (tried.length < 3) throw new Error(`cannot listen on 127.0.0.1:${free}: the port is in use`)
    return free
  })
  t.deepEqual([tried.length, port], [3, tried[2] ?? 0])
  await t.throwsAsync(
    onFreePort(0, async () => {
      throw new Error('no such file')
    }),
    { message: 'no such file' },
  )
})

test.serial('a program that ends by itself ends all of it', async t => {
  const { folder, running, address } = await demo(t, ALONE)
  const bridge = await address('live page')
  t.is((await fetch(`${bridge}/-/ready`)).status, 200)
  const children = childrenOf(running.child.pid ?? 0)
  t.is(children.length, 6)
  process.kill(children.find(isController) ?? 0, 'SIGKILL')
  await running.line(/^sflow-bridge demo: .* ended/)
  await until(async () => running.child.exitCode !== null)
  t.is(running.child.exitCode, 1)
  t.deepEqual(children.filter(isAlive), [])
  t.deepEqual(readdirSync(folder), [])
})

test.serial('killed without a chance to clean up, it leaves nothing all the same', async t => {
  const { folder, running, address } = await demo(t, [
    `--prometheus=${part('prometheus')}`,
    '--alertmanager=none',
  ])
  await address('Prometheus')
  const children = childrenOf(running.child.pid ?? 0)
  t.is(children.length, 7)
  running.child.kill('SIGKILL')
  await until(async () => !children.some(isAlive))
  t.deepEqual(readdirSync(folder), [])
})

test.serial('a program that is not there is told before anything starts', async t => {
  const { running } = await demo(t, ['--prometheus=/nowhere/prometheus'])
  t.regex(await running.line(/no such program/), /--prometheus=\/nowhere\/prometheus/)
  await until(async () => running.child.exitCode !== null)
  t.is(running.child.exitCode, 2)
})

function isController(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('controller')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
