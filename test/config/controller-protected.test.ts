/** What is protected without anybody writing it down. */
import test from 'ava'
import { formatPrefix } from '../../src/acl/rule/prefix.ts'
import { controllerSchema } from '../../src/config/controller.ts'
import { controllerSettings } from '../../src/config/controller-settings.ts'

const guards = [{ agent: '*' }]

function protectedBy(section: unknown, own: readonly string[] = []): string[] {
  return controllerSettings(controllerSchema.parse(section), own).protectedPrefixes.map(
    formatPrefix,
  )
}

test('addresses of the machine and of the servers that it talks to are protected', t => {
  const section = {
    agents: [
      { name: 'four', endpoint: 'http://192.0.2.6:8080', guards },
      { name: 'six', endpoint: 'https://[2001:db8::6]:8080/base', guards },
      { name: 'named', endpoint: 'https://leaf1.example.net', guards },
    ],
    alertmanager: 'http://192.0.2.9:9093',
    grafana: 'http://192.0.2.10:3000',
    protected: ['10.0.0.0/24'],
  }
  const found = protectedBy(section, ['198.51.100.7', '2001:db8::7'])
  const expected = ['192.0.2.6', '2001:db8::6', '192.0.2.9', '192.0.2.10', '10.0.0.0/24']
  for (const prefix of [...expected, '198.51.100.7', '2001:db8::7', '127.0.0.0/8', 'fe80::/10']) {
    t.true(found.includes(prefix), prefix)
  }
})
