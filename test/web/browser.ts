/**
 * A real chromium without a window, spoken to by its DevTools protocol: opens a page, runs
 * expressions in it, types, takes pictures, and tells what it asked for and what it complained of.
 */
import { writeFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { part } from '../support/parts.ts'
import { start, temporaryFolder } from '../support/processes.ts'

export interface Browser {
  /** Everything on the console but plain logs, and every exception, refusal and failed request. */
  readonly complaints: readonly string[]
  /** Addresses that the page asked for. */
  readonly requests: readonly string[]
  /** Bytes of answers so far, as they came over the wire. */
  readonly received: () => number
  /** How long the page's thread has worked so far, in ms. */
  workMs(): Promise<number>
  open(url: string): Promise<void>
  /** The value of an expression in the page; promises are awaited. */
  run<T>(expression: string): Promise<T>
  /** Asks again until the expression is truthy; after a minute it throws and names it. */
  until(expression: string): Promise<void>
  press(key: string, code?: string): Promise<void>
  type(text: string): Promise<void>
  media(scheme: 'light' | 'dark'): Promise<void>
  picture(file: string): Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

const UNTIL_MS = 60_000
const SIZE = { width: 1_400, height: 1_500 }

export async function startBrowser(t: ExecutionContext): Promise<Browser> {
  const words = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--remote-debugging-port=0',
    '--remote-allow-origins=*',
    `--user-data-dir=${temporaryFolder(t)}`,
    'about:blank',
  ]
  const running = start(t, part('chromium'), words)
  const [, port = ''] = /ws:\/\/[^:]+:(\d+)\//.exec(await running.line(/DevTools listening/)) ?? []
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as readonly {
    readonly type: string
    readonly webSocketDebuggerUrl: string
  }[]
  const target = targets.find(({ type }) => type === 'page')
  if (target === undefined) throw new Error('chromium opened no page')
  const protocol = await connect(target.webSocketDebuggerUrl)
  t.teardown(() => protocol.close())
  for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'Performance'])
    await protocol.send(`${domain}.enable`)
  await protocol.send('Emulation.setDeviceMetricsOverride', {
    ...SIZE,
    deviceScaleFactor: 1,
    mobile: false,
  })
  return browserOver(protocol)
}

interface Protocol {
  readonly complaints: string[]
  readonly requests: string[]
  readonly counted: { bytes: number }
  send(method: string, params?: object): Promise<Readonly<Record<string, unknown>>>
  close(): void
}

async function connect(url: string): Promise<Protocol> {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no DevTools at ${url}`)))
  })
  const waiting = new Map<number, (message: Message) => void>()
  const complaints: string[] = []
  const requests: string[] = []
  const counted = { bytes: 0 }
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    waiting.delete(message.id ?? 0)
    const complaint = complaintOf(message)
    if (complaint !== undefined) complaints.push(complaint)
    if (message.method === 'Network.requestWillBeSent') {
      const { request } = message.params as { readonly request: { readonly url: string } }
      requests.push(request.url)
    } else if (message.method === 'Network.loadingFinished') {
      counted.bytes += Number(message.params?.encodedDataLength)
    }
  })
  let ids = 0
  const send = async (method: string, params: object = {}) => {
    const id = ++ids
    const answer = new Promise<Message>(resolve => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, error } = await answer
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result ?? {}
  }
  return { complaints, requests, counted, send, close: () => socket.close() }
}

function complaintOf({ method, params }: Message): string | undefined {
  switch (method) {
    case 'Runtime.exceptionThrown':
    case 'Network.loadingFailed':
      return `${method} ${JSON.stringify(params)}`
    case 'Log.entryAdded':
      return `log ${JSON.stringify(params?.entry)}`
    case 'Runtime.consoleAPICalled':
      return params?.type === 'log' ? undefined : `console ${JSON.stringify(params)}`
    default:
      return undefined
  }
}

function browserOver(protocol: Protocol): Browser {
  const { send } = protocol
  const until = async (expression: string) => {
    const endMs = performance.now() + UNTIL_MS
    while (!(await run<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > endMs) throw new Error(`never true in the page: ${expression}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  const run = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = (await send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: T }; exceptionDetails?: object }
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
    return result.value
  }
  return {
    complaints: protocol.complaints,
    requests: protocol.requests,
    received: () => protocol.counted.bytes,
    run,
    until,
    async workMs() {
      const { metrics } = (await send('Performance.getMetrics')) as {
        readonly metrics: readonly { readonly name: string; readonly value: number }[]
      }
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000
    },
    async open(url) {
      await send('Page.navigate', { url })
      await until(`location.href === '${url}' && document.readyState === 'complete'`)
    },
    async press(key, code = key) {
      const event = { key, code, windowsVirtualKeyCode: KEY_CODES[key] ?? 0 }
      const text = key.length === 1 || key === 'Enter' ? { text: key === 'Enter' ? '\r' : key } : {}
      await send('Input.dispatchKeyEvent', {
        type: 'text' in text ? 'keyDown' : 'rawKeyDown',
        ...event,
        ...text,
      })
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    async type(text) {
      await send('Input.insertText', { text })
    },
    async media(scheme) {
      const features = [{ name: 'prefers-color-scheme', value: scheme }]
      await send('Emulation.setEmulatedMedia', { features })
    },
    async picture(file) {
      const { data } = await send('Page.captureScreenshot', { format: 'png' })
      writeFileSync(file, Buffer.from(String(data), 'base64'))
    },
  }
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  End: 35,
  Home: 36,
  PageDown: 34,
  Tab: 9,
}
