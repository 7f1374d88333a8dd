/** Opens a capture file, or standard input when it is `-`, as chunks of bytes. */
import { open } from 'node:fs/promises'
import { CaptureError } from './capture.ts'

export interface OpenCapture {
  /** For messages. */
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** Undefined for a pipe. */
  readonly sizeBytes: number | undefined
  /** How far the file has been read. */
  readonly readBytes: () => number
}

const CHUNK_BYTES = 64 * 1024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
}

/** Throws CaptureError with the path and the reason. */
export async function openCapture(path: string): Promise<OpenCapture> {
  if (path === '-') {
    return {
      name: 'standard input',
      chunks: process.stdin as AsyncIterable<Uint8Array>,
      sizeBytes: undefined,
      readBytes: () => 0,
    }
  }
  try {
    const file = await open(path)
    const status = await file.stat()
    if (status.isDirectory()) {
      await file.close()
      throw Object.assign(new Error(), { code: 'EISDIR' })
    }
    const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES })
    return {
      name: path,
      chunks: stream as AsyncIterable<Uint8Array>,
      sizeBytes: status.isFile() ? status.size : undefined,
      readBytes: () => stream.bytesRead,
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new CaptureError(`cannot read ${path}: ${REASONS[code] ?? message}`)
  }
}
