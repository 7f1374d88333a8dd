/**
 * Passwords and tokens, compared so that the time taken tells nothing: every token is looked at, an
 * unknown user costs as much as a known one. A right password is remembered (as a keyed hash), since
 * bcrypt takes 45 ms and Prometheus asks every few seconds; wrong ones are not, and at most 16 wait
 * for their check at a time, so that guessing cannot fill the thread pool that files need too.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { verify } from '@node-rs/bcrypt'
import { HttpError } from './errors.ts'

export interface BearerToken {
  readonly token: string
  readonly scopes: readonly string[]
  /** What logs and audits call it; never the token. */
  readonly name?: string
}

/** More than people and scrapers of one server; a hundred hashes are 10 kB. */
const REMEMBERED_MAX = 100
const REMEMBERED_MS = 3_600_000
const WAITING_MAX = 16
/** bcrypt reads 72 bytes of a password; what is far longer was never made to fit. */
const CREDENTIAL_CHARACTERS_MAX = 1_024

export class PasswordChecker {
  readonly #key = randomBytes(32)
  readonly #now: () => number
  /** Keyed hash of name, password and stored hash, to the time it was verified; oldest first. */
  readonly #remembered = new Map<string, number>()
  #waiting = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The user's name, or undefined if the credentials are wrong; 429 if too many are waiting. */
  async check(base64: string, users: ReadonlyMap<string, string>): Promise<string | undefined> {
    if (base64.length > CREDENTIAL_CHARACTERS_MAX) return undefined
    const text = Buffer.from(base64, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 0) return undefined
    const name = text.slice(0, colon)
    const password = text.slice(colon + 1)
    const known = users.get(name)
    const hash = known ?? (users.values().next().value as string)
    const key = createHmac('sha256', this.#key)
      .update(`${name}\0${hash}\0${password}`)
      .digest('base64')
    if (known !== undefined && this.#isRemembered(key)) return name
    const right = await this.#verify(password, hash)
    if (!right || known === undefined) return undefined
    this.#remember(key)
    return name
  }

  async #verify(password: string, hash: string): Promise<boolean> {
    if (this.#waiting >= WAITING_MAX) {
      throw new HttpError(
        429,
        'too_many_attempts',
        'too many passwords are being checked',
        undefined,
        {
          'Retry-After': '1',
        },
      )
    }
    this.#waiting += 1
    try {
      return await verify(password, hash)
    } finally {
      this.#waiting -= 1
    }
  }

  #isRemembered(key: string): boolean {
    const verifiedAt = this.#remembered.get(key)
    return verifiedAt !== undefined && this.#now() - verifiedAt < REMEMBERED_MS
  }

  #remember(key: string): void {
    this.#remembered.delete(key)
    const oldest = this.#remembered.keys().next().value
    if (this.#remembered.size >= REMEMBERED_MAX && oldest !== undefined) {
      this.#remembered.delete(oldest)
    }
    this.#remembered.set(key, this.#now())
  }
}

/** The token's entry. All are compared, by digests of one length. */
export function findToken(given: string, tokens: readonly BearerToken[]): BearerToken | undefined {
  const digest = sha256(given)
  let found: BearerToken | undefined
  for (const token of tokens) {
    if (timingSafeEqual(digest, sha256(token.token))) found = token
  }
  return found
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
