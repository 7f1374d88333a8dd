/** Conditions of requests on what stands under a name (RFC 9110, 13.1), wherever a rule has an ETag. */
import type { Context } from 'koa'
import type { Entry } from '../acl/agent/entry.ts'
import type { Precondition } from '../acl/agent/precondition.ts'

export function precondition(ctx: Context): Precondition {
  const [ifMatch, ifNoneMatch] = [ctx.get('If-Match'), ctx.get('If-None-Match')]
  return {
    ...(ifMatch === '' ? {} : { ifMatch }),
    ...(ifNoneMatch === '' ? {} : { ifNoneMatch }),
  }
}

/** Sets the ETag of a GET. True if the caller has this content already: the answer is 304 then. */
export function unchanged(ctx: Context, entry: Entry): boolean {
  ctx.status = 200
  ctx.set('ETag', entry.etag)
  if (!ctx.fresh) return false
  ctx.status = 304
  return true
}
