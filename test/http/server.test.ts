import { once } from 'node:events'
import { createServer } from 'node:net'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { request } from 'undici'
import { readJson } from '../../src/http/body.ts'
import { HttpError } from '../../src/http/errors.ts'
import { UsageError } from '../../src/usage-error.ts'
import { connectTo, pageOf, start } from './support.ts'

test('health is always good, readiness is what the program says', async t => {
  let ready = false
  const { url } = await start(t, { ready: () => ready })
  t.is((await fetch(`${url}/-/healthy`)).status, 200)
  t.is((await fetch(`${url}/-/ready`)).status, 503)
  ready = true
  t.is((await fetch(`${url}/-/ready`)).status, 200)
})

test('reload is asked for by POST or PUT, and its failure is told', async t => {
  let fails = false
  let reloads = 0
  const { url } = await start(t, {
    reload: async () => {
      reloads += 1
      if (fails) throw new Error('bridge.yaml:3:1: unknown key')
    },
  })
  t.is((await fetch(`${url}/-/reload`, { method: 'POST' })).status, 200)
  t.is((await fetch(`${url}/-/reload`, { method: 'PUT' })).status, 200)
  fails = true
  const failed = await fetch(`${url}/-/reload`, { method: 'POST' })
  t.is(failed.status, 500)
  t.deepEqual(await failed.json(), {
    error: { code: 'reload_failed', message: 'bridge.yaml:3:1: unknown key' },
  })
  const got = await fetch(`${url}/-/reload`)
  t.is(got.status, 405)
  t.is(got.headers.get('allow'), 'POST, PUT')
  t.is(reloads, 3)
})

test('a server without a reload function has no reload path', async t => {
  const { url } = await start(t)
  t.is((await fetch(`${url}/-/reload`, { method: 'POST' })).status, 404)
})

test('errors are JSON: what a route refuses in its words, what broke without them', async t => {
  const server = await start(t, {}, router => {
    router.get('/refuses', () => {
      throw new HttpError(409, 'conflict', 'a rule of that name exists', { name: 'r1' })
    })
    router.get('/breaks', () => {
      throw new Error('the password is hunter2')
    })
  })
  const refused = await fetch(`${server.url}/refuses`)
  t.is(refused.status, 409)
  t.deepEqual(await refused.json(), {
    error: { code: 'conflict', message: 'a rule of that name exists', name: 'r1' },
  })
  const broken = await fetch(`${server.url}/breaks`)
  t.is(broken.status, 500)
  t.false((await broken.text()).includes('hunter2'))
  const missing = await fetch(`${server.url}/nothing`)
  t.is(missing.status, 404)
  t.is(((await missing.json()) as { error: { code: string } }).error.code, 'not_found')
  t.is(server.logged.filter(line => line.msg === 'request failed').length, 1)
})

test('a page is compressed only for those who take gzip, HEAD gets its headers alone', async t => {
  const text = 'sflow_bridge_up 1\n'.repeat(500)
  const { url } = await start(t, {
    renderMetrics: async () => ({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: pageOf([text.slice(0, 4_000), text.slice(4_000)]),
    }),
  })
  const get = (method: 'GET' | 'HEAD', encoding: string) =>
    request(`${url}/metrics`, { method, headers: { 'accept-encoding': encoding } })
  const packed = await get('GET', 'br, gzip;q=0.5')
  t.is(packed.headers['content-encoding'], 'gzip')
  t.is(packed.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.is(packed.headers.vary, 'Accept, Accept-Encoding')
  t.is(gunzipSync(Buffer.from(await packed.body.arrayBuffer())).toString(), text)
  for (const encoding of ['gzip;q=0', 'identity', 'br']) {
    const plain = await get('GET', encoding)
    t.is(plain.headers['content-encoding'], undefined)
    t.is(await plain.body.text(), text)
  }
  const head = await get('HEAD', 'gzip')
  t.is(head.statusCode, 200)
  t.is(head.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.is(await head.body.text(), '')
})

for (const encoding of ['gzip', 'identity']) {
  test(`a client that goes away ends the render (${encoding})`, async t => {
    const ended = Promise.withResolvers<void>()
    async function* endless() {
      try {
        while (true) {
          yield 'x'.repeat(65_536)
          await new Promise(resolve => setImmediate(resolve))
        }
      } finally {
        ended.resolve()
      }
    }
    const server = await start(t, {
      renderMetrics: async () => ({ contentType: 'text/plain', body: pageOf(endless()) }),
    })
    const socket = await connectTo(t, server.port)
    socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${encoding}\r\n\r\n`)
    await once(socket, 'data')
    socket.destroy()
    await ended.promise
    t.deepEqual(server.logged, [])
  })
}

test('HEAD ends the render at once', async t => {
  const body = pageOf(['up 1\n'])
  const { url } = await start(t, {
    renderMetrics: async () => ({ contentType: 'text/plain', body }),
  })
  await fetch(`${url}/metrics`, { method: 'HEAD' })
  await t.notThrowsAsync(body.cancelled)
})

test('a render that breaks midway breaks the answer, so that half a page is never whole', async t => {
  async function* breaks() {
    yield 'up 1\n'.repeat(20_000)
    throw new Error('broken row')
  }
  const server = await start(t, {
    renderMetrics: async () => ({ contentType: 'text/plain', body: pageOf(breaks()) }),
  })
  const answer = await fetch(`${server.url}/metrics`, {
    headers: { 'accept-encoding': 'identity' },
  })
  await t.throwsAsync(answer.text())
  t.is(server.logged[0]?.msg, 'an answer broke off')
})

test('a body is taken whole or refused with its reason', async t => {
  const { url } = await start(t, { bodyBytesMax: 1_000 }, router => {
    router.put('/json', async ctx => {
      ctx.body = { got: await readJson(ctx) }
    })
  })
  const put = async (body: BodyInit, type = 'application/json', more = {}) => {
    const headers = { 'content-type': type, ...more }
    const answer = await fetch(`${url}/json`, { method: 'PUT', body, headers })
    const { error } = (await answer.json()) as { error?: { code: string } }
    return `${answer.status} ${error?.code ?? ''}`.trim()
  }
  t.is(await put('{"a": [1, "[[["]}'), '200')
  t.is(await put('{"a": 1}', 'application/vnd.x+json; charset=utf-8'), '200')
  t.is(await put('{"a": 1}', 'text/plain'), '415 unsupported_media_type')
  t.is(await put('{"a": ', 'application/json'), '400 bad_json')
  t.is(await put(Uint8Array.of(0x22, 0xff, 0x22)), '400 bad_utf8')
  t.is(await put(`"${'x'.repeat(998)}"`), '200')
  t.is(await put(`"${'x'.repeat(999)}"`), '413 body_too_large')
  t.is(await put('['.repeat(65) + ']'.repeat(65)), '400 bad_json')
  t.is(
    await put('[1]', 'application/json', { 'content-encoding': 'gzip' }),
    '415 unsupported_encoding',
  )
})

test('a body that outgrows its limit without telling a length is refused', async t => {
  const { port } = await start(t, { bodyBytesMax: 1_000 }, router => {
    router.put('/json', async ctx => {
      ctx.body = { got: await readJson(ctx) }
    })
  })
  const socket = await connectTo(t, port)
  socket.write('PUT /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write(`7d0\r\n${'['.repeat(2_000)}\r\n`)
  const [answer] = await once(socket, 'data')
  t.regex(String(answer), /^HTTP\/1\.1 413 /)
})

test('more header bytes than allowed are refused', async t => {
  const { url } = await start(t, { limits: { headerBytesMax: 4_096 } })
  const answer = await fetch(url, { headers: { 'x-long': 'x'.repeat(5_000) } })
  t.is(answer.status, 431)
})

test('every answer carries the security headers', async t => {
  const { url } = await start(t)
  for (const path of ['/metrics', '/nothing']) {
    const { headers } = await fetch(url + path)
    t.is(headers.get('x-content-type-options'), 'nosniff')
    t.is(headers.get('x-frame-options'), 'DENY')
    t.is(headers.get('cache-control'), 'no-store')
    t.regex(headers.get('content-security-policy') ?? '', /default-src 'none'/)
  }
})

test('a port in use, a foreign address and a bad one are one clear line each', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const cases = [
    [`127.0.0.1:${port}`, `cannot listen on 127.0.0.1:${port}: the port is in use`],
    ['192.0.2.1:0', 'cannot listen on 192.0.2.1:0: this machine does not have that address'],
    ['::1:80', '"::1:80": an IPv6 address goes in brackets, such as [::1]:6343'],
  ]
  for (const [listenAddress, message] of cases) {
    const error = await t.throwsAsync(start(t, { listenAddress: listenAddress as string }))
    t.true(error instanceof UsageError)
    t.is(error?.message, message as string)
  }
})

test('the metrics page may have another path', async t => {
  const { url } = await start(t, { telemetryPath: '/bridge/metrics' })
  t.is(await (await fetch(`${url}/bridge/metrics`)).text(), 'up 1\n')
  t.is((await fetch(`${url}/metrics`)).status, 404)
  await t.throwsAsync(start(t, { telemetryPath: 'metrics' }), { instanceOf: UsageError })
})

test('close lets a request in work end', async t => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const server = await start(t, {}, router => {
    router.get('/slow', async ctx => {
      asked.resolve()
      await goOn.promise
      ctx.body = 'done\n'
    })
  })
  const answer = fetch(`${server.url}/slow`)
  await asked.promise
  const closed = server.close()
  goOn.resolve()
  t.is(await (await answer).text(), 'done\n')
  await closed
  await t.throwsAsync(fetch(server.url))
})
