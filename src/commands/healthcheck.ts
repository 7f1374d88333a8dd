/** `healthcheck`: asks a URL once, for images without a shell. Exit status 0 if it answers 2xx. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { UsageError } from '../usage-error.ts'
import type { Command } from './command.ts'

const ANSWER_BYTES_MAX = 65_536

export const command: Command = {
  name: 'healthcheck',
  summary: 'ask a URL once: exit status 0 if it answers well, 1 if not',
  flags: [
    {
      name: 'url',
      type: 'string',
      placeholder: 'URL',
      default: 'http://127.0.0.1:16343/-/ready',
      help: 'what to ask',
    },
    { name: 'timeout', type: 'duration', default: '3s', help: 'how long it may take' },
    { name: 'ca.file', type: 'string', placeholder: 'FILE', help: 'authority to believe, PEM' },
    { name: 'cert.file', type: 'string', placeholder: 'FILE', help: 'our certificate, PEM' },
    { name: 'key.file', type: 'string', placeholder: 'FILE', help: 'the key of our certificate' },
    {
      name: 'insecure',
      type: 'boolean',
      default: 'false',
      help: 'believe any certificate: it is our own server that is asked',
    },
  ],
  examples: ['sflow-bridge healthcheck --url=http://127.0.0.1:16344/-/ready'],
  async run({ flags }) {
    const url = flags.string('url')
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new UsageError(`--url=${url}: an http or https URL is needed`)
    }
    const file = (name: string) => readOptional(name, flags.optional(name))
    const agent = new Agent({
      connect: {
        rejectUnauthorized: !flags.boolean('insecure'),
        ...file('ca.file'),
        ...file('cert.file'),
        ...file('key.file'),
      },
    })
    try {
      return await ask(url, flags.durationMs('timeout'), agent)
    } finally {
      await agent.destroy()
    }
  },
}

async function ask(url: string, timeoutMs: number, dispatcher: Agent): Promise<number> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const { statusCode, body } = await request(url, { dispatcher, signal })
    await body.dump({ limit: ANSWER_BYTES_MAX, signal })
    if (statusCode >= 200 && statusCode < 300) return 0
    process.stderr.write(`${url}: status ${statusCode}\n`)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    process.stderr.write(`${url}: ${message || code}\n`)
  }
  return 1
}

const TLS_KEYS: Readonly<Record<string, string>> = {
  'ca.file': 'ca',
  'cert.file': 'cert',
  'key.file': 'key',
}

function readOptional(flag: string, file: string | undefined): Readonly<Record<string, string>> {
  if (file === undefined) return {}
  try {
    return { [TLS_KEYS[flag] as string]: readFileSync(file, 'utf8') }
  } catch (error) {
    throw new UsageError(
      `--${flag}=${file}: cannot read it (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}
