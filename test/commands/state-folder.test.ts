/** Where state goes: several servers on one machine that are told no folder do not meet in one. */
import test from 'ava'
import { command as aclAgent } from '../../src/commands/acl-agent.ts'
import { parseFlags } from '../../src/commands/command.ts'
import { command as controller } from '../../src/commands/controller.ts'
import { stateFolder } from '../../src/commands/server-flags.ts'

const CASES = [
  ['', 'data/acl-agent'],
  ['--web.listen-address=127.0.0.1:8080', 'data/acl-agent'],
  ['--web.listen-address=:8080', 'data/acl-agent'],
  ['--web.listen-address=[::1]:8080', 'data/acl-agent'],
  ['--web.listen-address=127.0.0.1:8081', 'data/acl-agent-8081'],
  ['--web.listen-address=127.0.0.2:8080', 'data/acl-agent-127.0.0.2'],
  ['--web.listen-address=[2001:db8::1]:8081', 'data/acl-agent-2001_db8__1-8081'],
  ['--storage.path=/var/lib/x --web.listen-address=127.0.0.1:8081', '/var/lib/x/acl-agent'],
  ['--storage.path=./data --web.listen-address=127.0.0.1:8081', 'data/acl-agent'],
] as const

for (const [words, folder] of CASES) {
  test(`acl-agent ${words}: ${folder}`, t => {
    const given = words.split(' ').filter(word => word !== '')
    t.is(stateFolder(aclAgent, parseFlags(aclAgent, given).flags), folder)
  })
}

test('the controller has a folder of its own, too', t => {
  const { flags } = parseFlags(controller, ['--web.listen-address', '127.0.0.1:16345'])
  t.is(stateFolder(controller, flags), 'data/controller-16345')
})
