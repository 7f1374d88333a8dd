/**
 * Prometheus' remote write, version 1, as a sender needs it: a `WriteRequest` in protocol buffers,
 * in a snappy block without compression (format_description.txt: literals only).
 */

export interface WrittenSeries {
  /** Sorted by name; `__name__` is one of them. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** Ascending. */
  readonly samples: readonly (readonly [timeMs: number, value: number])[]
}

export async function remoteWrite(url: string, series: readonly WrittenSeries[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(
      literalSnappy(Buffer.concat(series.map(one => field(1, timeSeries(one))))),
    ),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

function timeSeries({ labels, samples }: WrittenSeries): Buffer {
  const written = labels.map(([name, value]) =>
    field(1, Buffer.concat([text(1, name), text(2, value)])),
  )
  return Buffer.concat([
    ...written,
    ...samples.map(([timeMs, value]) => field(2, sample(timeMs, value))),
  ])
}

/** value = 1 (double), timestamp = 2 (int64). */
function sample(timeMs: number, value: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes[0] = (1 << 3) | 1
  bytes.writeDoubleLE(value, 1)
  bytes[9] = 2 << 3
  return Buffer.concat([bytes, varint(timeMs)])
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value))
}

/** A field of bytes: wire type 2. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  while (left >= 128) {
    bytes.push((left % 128) + 128)
    left = Math.floor(left / 128)
  }
  bytes.push(left)
  return Buffer.from(bytes)
}

const LITERAL_BYTES_MAX = 60_000
/** A literal whose length minus one follows in two bytes. */
const TAG_LITERAL_TWO_BYTES = 61 << 2

function literalSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += LITERAL_BYTES_MAX) {
    const literal = bytes.subarray(at, at + LITERAL_BYTES_MAX)
    const head = Buffer.alloc(3)
    head[0] = TAG_LITERAL_TWO_BYTES
    head.writeUInt16LE(literal.length - 1, 1)
    parts.push(head, literal)
  }
  return Buffer.concat(parts)
}
