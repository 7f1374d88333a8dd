/** A mistake of whoever started the program: one clear line on standard error, exit status 2. */
export class UsageError extends Error {}
