/**
 * Who asks, and may they? Basic auth (users of the web configuration file), bearer tokens, or a
 * verified client certificate. Guarantees: wrong credentials are 401 wherever they are presented;
 * once users are configured nothing but `/-/healthy` and `/-/ready` answers without credentials;
 * with tokens alone the metrics page is open too; and a write without credentials is taken on a
 * loopback listener only, never from a web page of somebody else.
 */
import type { TLSSocket } from 'node:tls'
import type { Context, Next } from 'koa'
import { isLoopback } from '../listen-address.ts'
import { type BearerToken, findToken, PasswordChecker } from './credentials.ts'
import { HttpError, READS } from './errors.ts'
import { verifiedClientName } from './tls.ts'

export interface Identity {
  /** A user's or token's name, a certificate's common name, `loopback` or `anonymous`. */
  readonly name: string
  readonly how: 'basic' | 'bearer' | 'certificate' | 'loopback' | 'anonymous'
  /** `read` and `write` are checked here, others by the routes; `*` stands for all. */
  readonly scopes: readonly string[]
}

export interface AuthOptions {
  readonly users: () => ReadonlyMap<string, string>
  readonly tokens: () => readonly BearerToken[]
  /** Can only this machine reach the listener? */
  readonly loopbackListener: () => boolean
  /** GET answers without credentials unless users are configured. */
  readonly telemetryPath: string
}

/** Whoever has a password, a verified certificate or sits on the machine may do everything. */
const EVERYTHING = ['*']
const HEALTH_PATHS: readonly string[] = ['/-/healthy', '/-/ready']

/** Sets `ctx.state.identity`, or throws 401 or 403. */
export function authentication(options: AuthOptions) {
  const passwords = new PasswordChecker()
  return async (ctx: Context, next: Next): Promise<void> => {
    const writes = !READS.includes(ctx.method)
    const identity = (await presented(ctx, options, passwords)) ?? withoutCredentials(ctx, options)
    if (identity === undefined) throw unauthenticated(options, 'credentials are needed')
    ctx.state.identity = identity
    if (writes) refuseForeignPages(ctx, identity)
    if (writes && identity.how === 'anonymous') {
      throw new HttpError(
        403,
        'authentication_required',
        'writes need credentials (--web.config.file, or tokens in the configuration), unless the server listens on a loopback address alone (--web.listen-address=127.0.0.1:PORT)',
      )
    }
    if (!HEALTH_PATHS.includes(ctx.path)) requireScope(ctx, writes ? 'write' : 'read')
    await next()
  }
}

export function identityOf(ctx: Context): Identity {
  return ctx.state.identity
}

/** 403 unless whoever asks has the scope. */
export function requireScope(ctx: Context, scope: string): void {
  const identity = identityOf(ctx)
  if (identity.scopes.includes(scope) || identity.scopes.includes('*')) return
  throw new HttpError(403, 'scope_missing', `${identity.name} lacks the scope "${scope}"`)
}

/** The identity behind credentials that came with the request; undefined if none came. */
async function presented(
  ctx: Context,
  options: AuthOptions,
  passwords: PasswordChecker,
): Promise<Identity | undefined> {
  const header = ctx.get('Authorization')
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  const users = options.users()
  const tokens = options.tokens()
  if (scheme.toLowerCase() === 'basic' && users.size > 0) {
    const outcome = await passwords.check(value, users)
    if (outcome === undefined) throw unauthenticated(options, 'wrong user name or password')
    return { name: outcome, how: 'basic', scopes: EVERYTHING }
  }
  if (scheme.toLowerCase() === 'bearer' && tokens.length > 0) {
    const token = findToken(value, tokens)
    if (token === undefined) throw unauthenticated(options, 'unknown token')
    return { name: token.name ?? 'token', how: 'bearer', scopes: token.scopes }
  }
  // As in the toolkit: where there are users, a certificate opens the connection and no more.
  const certificate = users.size > 0 ? undefined : certificateName(ctx)
  if (certificate === undefined) return undefined
  return { name: certificate, how: 'certificate', scopes: EVERYTHING }
}

function certificateName(ctx: Context): string | undefined {
  return 'encrypted' in ctx.socket ? verifiedClientName(ctx.socket as TLSSocket) : undefined
}

function withoutCredentials(ctx: Context, options: AuthOptions): Identity | undefined {
  const anonymous: Identity = { name: 'anonymous', how: 'anonymous', scopes: ['read'] }
  const reads = READS.includes(ctx.method)
  if (reads && HEALTH_PATHS.includes(ctx.path)) return anonymous
  if (options.users().size > 0) return undefined
  if (options.tokens().length > 0) {
    return reads && ctx.path === options.telemetryPath ? anonymous : undefined
  }
  if (!options.loopbackListener()) return anonymous
  return { name: 'loopback', how: 'loopback', scopes: EVERYTHING }
}

function unauthenticated(options: AuthOptions, message: string): HttpError {
  const challenges: string[] = []
  if (options.users().size > 0) challenges.push('Basic realm="sflow-bridge", charset="UTF-8"')
  if (options.tokens().length > 0) challenges.push('Bearer realm="sflow-bridge"')
  const headers = { 'WWW-Authenticate': challenges.join(', ') }
  return new HttpError(401, 'unauthenticated', message, undefined, headers)
}

/**
 * A browser says from which page a write comes. Another site's page must not write with what this
 * browser can reach or knows; and where being on the machine is the only credential, a name that a
 * foreign DNS server points at 127.0.0.1 is another site's page too.
 */
function refuseForeignPages(ctx: Context, identity: Identity): void {
  const origin = ctx.get('Origin')
  if (origin === '') return
  const host = ctx.get('Host')
  const sameSite = URL.canParse(origin) && new URL(origin).host === host
  const hostName = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
  const rebound = identity.how === 'loopback' && !isLoopback(hostName.replace(/^\[|\]$/g, ''))
  if (sameSite && !rebound) return
  throw new HttpError(403, 'cross_origin', 'writes from pages of other sites are refused')
}
