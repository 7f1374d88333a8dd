/** Conditions of a request on what stands under the name at present (RFC 9110, 13.1). */
import { type Result, refuse } from '../rule/refusal.ts'

export interface Precondition {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

/** The refusal `precondition`, or undefined if the condition holds. `etag`: undefined for nothing. */
export function faultOfPrecondition(
  etag: string | undefined,
  { ifMatch, ifNoneMatch }: Precondition,
): Result<never> | undefined {
  const matches = (list: string) =>
    etag !== undefined && (list.trim() === '*' || tags(list).includes(etag))
  if (ifMatch !== undefined && !matches(ifMatch)) {
    return refuse('precondition', `If-Match: the present content is ${etag ?? 'none'}`)
  }
  if (ifNoneMatch !== undefined && matches(ifNoneMatch)) {
    return refuse('precondition', `If-None-Match: the present content is ${etag}`)
  }
  return undefined
}

function tags(list: string): readonly string[] {
  return list.split(',').map(tag => tag.trim().replace(/^W\//, ''))
}
