/**
 * Every `sh` command of the pages is run as it stands there, against programs on loopback, or stands
 * below with the reason why not. `walk.ts` tells what is replaced: ports, and the pace of `simulate`.
 */
import test from 'ava'
import { PAGES, stepsOf } from './pages.ts'
import { Walk } from './walk.ts'

/** Commands that no test runs. */
const EXCEPTIONS: readonly (readonly [command: RegExp, why: string])[] = [
  [/^npm ci && npm test$/, 'it is what runs this'],
  [/^npm ci && npm run demo$/, 'a long run; test/commands/demo.test.ts ends it'],
  [/^node test\/benchmark\//, 'a long run'],
  [/^prometheus --config/, 'a long run; its configuration is judged by promtool'],
  [/^tcpdump /, 'needs a network that carries sFlow'],
  [/^sysctl -w /, 'changes the machine'],
  [/^systemctl /, 'needs systemd'],
  [/^apt-get /, 'needs a package of hsflowd'],
  [/^npm (install -g|run package)/, 'test/deploy/package.test.ts does the same'],
  [/^(install -m|systemd-|journalctl )/, 'test/deploy/systemd.test.ts judges what it installs'],
  [/^tar /, 'needs an installation'],
  [/^docker /, 'needs Docker'],
  [/^kubectl /, 'needs a cluster'],
  [/^ovs-vsctl /, 'needs a bridge; test/end-to-end/openvswitch.test.ts does the same'],
  [/^nv /, 'a Cumulus Linux switch'],
  [/^config sflow /, 'a SONiC switch'],
  [/^sflow (sample|polling-interval|destination|source-interface|run)\b/, 'an Arista switch'],
]

/** What a command must show, beyond ending well. */
const SHOWS: readonly (readonly [page: string, command: RegExp, shows: RegExp])[] = [
  ['README.md', /container_memory/, /container="web".* 2072576/],
  ['docs/first-five-minutes.md', /api\/v1\/agents/, /"agent":"10\.77\.0\.1"/],
  ['docs/first-five-minutes.md', /attack_reflection/, /"victim"/],
  ['docs/first-five-minutes.md', /api\/v1\/events/, /"thresholdID":"hot_target"/],
  ['docs/scale.md', /large\.yaml/, /at most 163,840 entries of flow tables/],
  ['docs/topology.md', /sflow_link_end_info/, /link="leaf1-spine1",end="a",agent="10\.77\.0\.1"/],
  ['docs/containers.md', /sflow_vm_state/, /state="running"/],
  ['docs/mark-elephants.md', /api\/v1\/actions/, /"device":"committed"/],
  ['docs/mark-elephants.md', /:8080\/acl\//, /sfbmark/],
  ['docs/drop-attacks.md', /^curl -s \S+approvals$/, /"phase":"pending"/],
  ['docs/drop-attacks.md', /^NAME=/, /"decision":"approve"/],
  ['docs/drop-attacks.md', /"engaged": true/, /withdraw/],
]

const exceptionOf = (text: string) => EXCEPTIONS.find(([command]) => command.test(text))

const commands = PAGES.flatMap(page =>
  stepsOf(page).flatMap(step => (step.kind === 'command' ? [{ page, text: step.text }] : [])),
)

for (const page of PAGES) {
  const steps = stepsOf(page).filter(
    step => step.kind === 'file' || exceptionOf(step.text) === undefined,
  )
  if (!steps.some(({ kind }) => kind === 'command')) continue
  test.serial(`the commands of ${page} do what it says`, async t => {
    const walk = new Walk(t)
    for (const step of steps) {
      if (step.kind === 'file') walk.file(step.name, step.text)
      else {
        const expected = SHOWS.find(([on, command]) => on === page && command.test(step.text))
        await walk.command(step.text, expected?.[2])
      }
    }
    await walk.end()
  })
}

test('each exception, and each thing to be shown, is still on a page', t => {
  for (const [command, why] of EXCEPTIONS) {
    t.true(
      commands.some(({ text }) => command.test(text)),
      why,
    )
  }
  for (const [on, command] of SHOWS) {
    t.true(
      commands.some(({ page, text }) => page === on && command.test(text)),
      `${on} ${command}`,
    )
  }
})
