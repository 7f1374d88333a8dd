/**
 * Why bytes are refused: the closed list that is at once the type, the values of the label `reason`,
 * and the reference page. Codes are small numbers, so that the hot path compares no text.
 */
export const REFUSALS = [
  { reason: 'none', help: 'Nothing was refused.' },
  { reason: 'too_short', help: 'The datagram ends before its header does.' },
  { reason: 'version', help: 'The first word is not 5: not sFlow version 5, or not sFlow at all.' },
  { reason: 'address_type', help: 'The agent address is neither IPv4 nor IPv6.' },
  { reason: 'too_many_samples', help: 'More samples are announced than a datagram can hold.' },
  { reason: 'sample_truncated', help: 'A sample is longer than what is left of the datagram.' },
  { reason: 'sample_short', help: 'A sample is shorter than its own header.' },
  { reason: 'too_many_records', help: 'More records are announced than a sample can hold.' },
  { reason: 'record_truncated', help: 'A record is longer than what is left of its sample.' },
  { reason: 'record_short', help: 'A record is shorter than the structure it names.' },
  { reason: 'list_too_long', help: 'A list or text in a record is longer than the record.' },
  { reason: 'not_allowed', help: 'The agent is not in the list of allowed agents.' },
  { reason: 'rate_limited', help: 'The agent sends more datagrams than it is allowed.' },
  { reason: 'agents_limit', help: 'The table of agents is full of live ones.' },
  { reason: 'duplicate', help: 'The same datagram had arrived before.' },
  {
    reason: 'identity_conflict',
    help: 'Another live device uses the same agent address and sub-agent.',
  },
  {
    reason: 'forward_limit',
    help: 'It came to another worker than the one its agent belongs to, and that one is too far behind.',
  },
  { reason: 'internal', help: 'A fault of ours while reading it; the rest of the stream goes on.' },
] as const

export type RefusalReason = (typeof REFUSALS)[number]['reason']

/** reason → code. */
export const REFUSAL = Object.fromEntries(
  REFUSALS.map((refusal, code) => [refusal.reason, code]),
) as Readonly<Record<RefusalReason, number>>
