/** Addresses of servers as people write them. */
import test from 'ava'
import { endpoint } from '../../src/config/endpoint.ts'

for (const [given, url] of [
  ['http://127.0.0.1:16344', 'http://127.0.0.1:16344'],
  ['http://127.0.0.1:16344/api/v1/alerts', 'http://127.0.0.1:16344'],
  ['https://am.example/alertmanager/api/v2/alerts/', 'https://am.example/alertmanager'],
  ['http://192.0.2.6:8080/acl/', 'http://192.0.2.6:8080'],
  ['http://192.0.2.6:8080/api/v1/rules', 'http://192.0.2.6:8080'],
  ['http://192.0.2.6:8080/switch/acls', 'http://192.0.2.6:8080/switch/acls'],
] as const) {
  test(`${given} is the server at ${url}`, t => {
    t.is(endpoint.parse(given).url, url)
    t.is(endpoint.parse({ url: given }).url, url)
  })
}
