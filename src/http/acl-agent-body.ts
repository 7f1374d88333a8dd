/**
 * Bodies that the ACL agent takes: an array of lines, an intent, or an object with lines and their
 * lifetime. What is in them is checked by the agent itself.
 */
import type { Context } from 'koa'
import { z } from 'zod'
import type { PutRequest } from '../acl/agent/admission.ts'
import { parseJson, readJson, readText } from './body.ts'
import { HttpError } from './errors.ts'

const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
const sentence = z.string().regex(/^[\x20-\x7e]{0,200}$/)

/** Lines with what an intent would say beside its rule. */
export const linesSchema = z.strictObject({
  name: z.string().optional(),
  lines: z.array(z.string()).describe('As under /acl/: sections, comments and rules.'),
  ttlSeconds: z.int().min(1).optional(),
  owner: word.optional(),
  policy: word.optional(),
  reason: sentence.optional(),
  cause: sentence.optional(),
})

/**
 * The body of a PUT under `/acl/`. It is JSON whatever its type says, as for the article's server:
 * `curl -d` and the HTTP libraries of most languages call what they are given a form or text. (No
 * page of another site gets in by that: a browser asks before it sends a PUT, and is refused.) The
 * article prints its array over several lines that a shell would join, inside single quotes that keep
 * it from doing so: a backslash between two tokens of the JSON is space.
 */
export async function readLinesBody(ctx: Context): Promise<unknown> {
  return parseJson(joinLines(await readText(ctx)))
}

/**
 * Removes a backslash before the end of a line wherever it is not inside a string; before a string
 * too, since `curl --data @FILE` leaves the ends of lines out.
 */
export function joinLines(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[\s\S])*"|\\[ \t]*\r?\n|\\(?=[ \t]*")/g, part =>
    part.startsWith('"') ? part : ' ',
  )
}

/** What is asked for, of a body under `/api/v1`. */
export async function readRequest(ctx: Context, name: string): Promise<PutRequest> {
  return { name, ...requestOf(await readJson(ctx)) }
}

/** The name of the body is that of the path or absent; where there is no path, see `nameIn`. */
export function requestOf(body: unknown): Omit<PutRequest, 'name'> {
  if (Array.isArray(body)) return { lines: body }
  if (typeof body !== 'object' || body === null || !('lines' in body)) return { intent: body ?? {} }
  const parsed = linesSchema.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new HttpError(400, 'intent_shape', `${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { name: _, ...rest } = parsed.data
  return rest
}
