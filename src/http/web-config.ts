/**
 * The web configuration file of Prometheus' exporter-toolkit: TLS, client certificates, basic auth,
 * headers, a rate limit. Same keys, same defaults, so that `promtool check web-config` judges our
 * file too. File names are relative to the file's folder. The file and what it names are read again
 * when one of them changes: certificates rotate with no restart. A bad change leaves the last good
 * configuration in force and is logged once.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import type { Log } from '../log.ts'
import { parseDurationMs } from '../text.ts'
import { UsageError } from '../usage-error.ts'
import { type TlsSettings, tlsSettings } from './tls.ts'

export interface WebConfig {
  readonly tls: TlsSettings | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Name to bcrypt hash. Empty: no basic auth. */
  readonly users: ReadonlyMap<string, string>
  readonly rateLimit: { readonly intervalMs: number; readonly burst: number } | undefined
}

export const NO_WEB_CONFIG: WebConfig = {
  tls: undefined,
  headers: {},
  users: new Map(),
  rateLimit: undefined,
}

const versions = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13'])
const text = z.string().min(1)
/** A line break in it would fail every answer. */
const headerText = z.string().regex(/^[\t\x20-\x7e]*$/, 'printable ASCII on one line is needed')

const tlsSchema = z.strictObject({
  cert: text.optional(),
  cert_file: text.optional(),
  key: text.optional(),
  key_file: text.optional(),
  client_ca: text.optional(),
  client_ca_file: text.optional(),
  client_auth_type: z
    .enum([
      '',
      'NoClientCert',
      'RequestClientCert',
      'RequireAnyClientCert',
      'RequireClientCert',
      'VerifyClientCertIfGiven',
      'RequireAndVerifyClientCert',
    ])
    .default('NoClientCert')
    // Two that the exporter-toolkit takes as well: nothing, and a name of its first versions.
    .transform(type => {
      if (type === '') return 'NoClientCert'
      return type === 'RequireClientCert' ? 'RequireAnyClientCert' : type
    }),
  client_allowed_sans: z.array(text).max(1_000).default([]),
  min_version: versions.default('TLS12'),
  max_version: versions.default('TLS13'),
  cipher_suites: z.array(text).max(100).default([]),
  prefer_server_cipher_suites: z.boolean().default(true),
  curve_preferences: z
    .array(z.enum(['CurveP256', 'CurveP384', 'CurveP521', 'X25519']))
    .max(10)
    .default([]),
})

export type TlsConfig = z.infer<typeof tlsSchema>

const fileSchema = z.strictObject({
  tls_server_config: tlsSchema.optional(),
  http_server_config: z
    .strictObject({
      /** Taken and not used: HTTP/1.1 only. Prometheus and Alertmanager fall back by themselves. */
      http2: z.boolean().default(true),
      headers: z
        .strictObject({
          'Content-Security-Policy': headerText.optional(),
          'X-Frame-Options': z.enum(['', 'deny', 'sameorigin']).optional(),
          'X-Content-Type-Options': z.enum(['', 'nosniff']).optional(),
          'X-XSS-Protection': headerText.optional(),
          'Strict-Transport-Security': headerText.optional(),
        })
        .default({}),
    })
    .optional(),
  basic_auth_users: z
    .record(
      z.string().regex(/^[^:]{1,128}$/, 'a user name has 1 to 128 characters and no colon'),
      z.string().regex(/^\$2[aby]\$(0[4-9]|1[0-9])\$[./A-Za-z0-9]{53}$/, 'a bcrypt hash is needed'),
    )
    .default({}),
  rate_limit: z
    .strictObject({
      interval: z
        .string()
        .refine(value => parseDurationMs(value) !== undefined, 'a duration such as 1s is needed'),
      burst: z.int().min(1).max(1_000_000),
    })
    .optional(),
})

/** Reads and checks the file and all it names. Throws UsageError: the file, the key, the rule. */
export function readWebConfig(file: string): WebConfig {
  return load(file).config
}

interface Loaded {
  readonly config: WebConfig
  /** Every file that was read: a change of one of them is a reason to read all again. */
  readonly files: readonly string[]
}

function load(file: string): Loaded {
  const files = [resolve(file)]
  const readRelated = (name: string): string => {
    const path = resolve(dirname(file), name)
    files.push(path)
    return readOr(path, `${file} names ${name}`)
  }
  const parsed = fileSchema.safeParse(parseOr(readOr(file, '--web.config.file'), file) ?? {})
  if (!parsed.success) throw new UsageError(`${file}: ${faults(parsed.error)}`)
  const { tls_server_config, http_server_config, basic_auth_users, rate_limit } = parsed.data
  try {
    const config: WebConfig = {
      tls: tls_server_config && tlsSettings(tls_server_config, readRelated),
      headers: withoutUndefined(http_server_config?.headers ?? {}),
      users: new Map(Object.entries(basic_auth_users)),
      rateLimit: rate_limit && {
        intervalMs: parseDurationMs(rate_limit.interval) ?? 0,
        burst: rate_limit.burst,
      },
    }
    return { config, files }
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${file}: ${error.message}`)
    throw error
  }
}

/** The configuration as the files say it now; cheap enough to be asked for every request. */
export class WebConfigFile {
  readonly #file: string
  readonly #log: Log
  #loaded: Loaded
  #signature: string

  /** Throws UsageError if the file is not good at the start. */
  constructor(file: string, log: Log) {
    this.#file = file
    this.#log = log
    this.#loaded = load(file)
    this.#signature = signature(this.#loaded.files)
  }

  current(): WebConfig {
    const now = signature(this.#loaded.files)
    if (now === this.#signature) return this.#loaded.config
    this.#signature = now
    try {
      this.#loaded = load(this.#file)
      this.#signature = signature(this.#loaded.files)
      this.#log.info({ file: this.#file }, 'web configuration read again')
    } catch (error) {
      const reason = (error as Error).message
      this.#log.error(
        { file: this.#file, reason },
        'bad web configuration: the last good one stays',
      )
    }
    return this.#loaded.config
  }
}

/** Changes whenever a file is written, replaced, removed or made. */
function signature(files: readonly string[]): string {
  return files
    .map(file => {
      const stat = statSync(file, { throwIfNoEntry: false })
      return stat === undefined
        ? 'none'
        : `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`
    })
    .join(' ')
}

function readOr(file: string, who: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new UsageError(`${who}: cannot read ${file} (${code})`)
  }
}

function parseOr(source: string, file: string): unknown {
  try {
    return parseYaml(source)
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message.split('\n')[0]}`)
  }
}

function faults(error: z.ZodError): string {
  return error.issues.map(issue => `${issue.path.join('.') || 'file'}: ${issue.message}`).join('; ')
}

function withoutUndefined(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Record<string, string>
}
