import test from 'ava'
import { runCommand } from './run-command.ts'

const capacity = (...words: string[]) => runCommand(['capacity', ...words])

async function numbers(...words: string[]): Promise<Record<string, number>> {
  const { status, stdout } = await capacity('--format=json', ...words)
  if (status !== 0) throw new Error(stdout)
  return JSON.parse(stdout) as Record<string, number>
}

test('a network is reckoned, with what to set', async t => {
  const { status, stdout } = await capacity('--agents=64', '--ports=48', '--speed=25G')
  t.is(status, 0)
  for (const name of ['datagrams', 'series', 'page', 'memory', 'processor', 'bridges', 'sampled']) {
    t.regex(stdout, new RegExp(`^${name} +\\S`, 'm'))
  }
  t.regex(stdout, /^# sysctl -w net.core.rmem_max=\d+$/m)
  t.regex(stdout, /^ {2}workers: \d+$/m)
})

test('without flags it reckons something', async t => {
  t.is((await capacity()).status, 0)
})

test('twice the agents are twice the datagrams; a tenth of the sampling is a tenth', async t => {
  const one = await numbers('--agents=50', '--sampling=1000')
  const two = await numbers('--agents=100', '--sampling=1000')
  const tenth = await numbers('--agents=50', '--sampling=10000')
  const ratio = (a: number | undefined, b: number | undefined) => (a ?? 0) / (b ?? 0)
  t.is(ratio(two.datagramsPerSecond, one.datagramsPerSecond), 2)
  const samples = ratio(one.flowSamplesPerSecond, tenth.flowSamplesPerSecond)
  t.true(Math.abs(samples - 10) < 1e-9)
})

test('the definitions and limits of a configuration count', async t => {
  const file = '--config.file=deploy/examples/large.yaml'
  const without = await capacity('--agents=3000', '--sampling=100000', '--hosts=30000')
  const given = await capacity('--agents=3000', '--sampling=100000', '--hosts=30000', file)
  t.regex(without.stdout, /^ {2}agents: \d+$/m)
  t.notRegex(given.stdout, /^ {2}agents: \d+$/m)
})

for (const [words, says] of [
  [['--agents=x'], /--agents=x: a number is needed/],
  [['--agents=-1'], /--agents=-1: a number is needed/],
  [['--ports=1.5'], /--ports=1.5: a whole number from 0 to 4096 is needed/],
  [['--speed=fast'], /--speed=fast: a speed such as 10G is needed/],
  [['--utilization=2'], /--utilization=2: a number from /],
  [['--polling=1ms'], /--polling=1ms: at least 1s is needed/],
  [['--agent=3'], /unknown flag --agent, did you mean --agents\?/],
  [['--config.file=none.yaml'], /none\.yaml/],
] as const) {
  test(`${words.join(' ')} is refused with one line`, async t => {
    const { status, stderr } = await capacity(...words)
    t.is(status, 2)
    t.regex(stderr, says)
    t.is(stderr.trim().split('\n').length, 1)
  })
}
