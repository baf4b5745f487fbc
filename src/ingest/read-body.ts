import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { defineError, messageOf } from '../core/errors.ts'
import type { BodyBuffers } from './body-buffers.ts'

export const WriteTooLarge = defineError(
  'WRITE_TOO_LARGE',
  413,
  (limit: number) => `request entity too large: at most ${limit} bytes, send smaller batches`
)
const BadGzip = defineError('BAD_GZIP', 400, (reason: string) => reason)
const WriteAborted = defineError('WRITE_ABORTED', 400, () => 'unexpected EOF')

export interface ReadBody {
  /** May be longer than the body. */
  readonly bytes: ArrayBuffer
  readonly length: number
}

/**
 * Gathers a body in a buffer that can go to a shard as it is.
 * @param expectedBytes What the writer announced, or 0.
 * @param limit Bytes, after unpacking.
 */
export function readBody(
  stream: Readable,
  isGzip: boolean,
  expectedBytes: number,
  limit: number,
  buffers: BodyBuffers
): Promise<ReadBody> {
  if (expectedBytes > limit) return Promise.reject(WriteTooLarge(limit))
  const source = isGzip ? stream.pipe(createGunzip()) : stream
  return new Promise((accept, reject) => {
    let bytes = buffers.take(expectedBytes)
    let view = new Uint8Array(bytes)
    let length = 0
    const refuse = (error: Error): void => {
      stream.removeAllListeners('data')
      stream.unpipe?.()
      stream.resume()
      buffers.give(bytes)
      reject(error)
    }
    source.on('data', (chunk: Buffer) => {
      if (length + chunk.length > limit) return refuse(WriteTooLarge(limit))
      if (length + chunk.length > bytes.byteLength) {
        const larger = buffers.take(Math.max(length + chunk.length, bytes.byteLength * 2))
        const largerView = new Uint8Array(larger)
        largerView.set(view.subarray(0, length))
        buffers.give(bytes)
        bytes = larger
        view = largerView
      }
      view.set(chunk, length)
      length += chunk.length
    })
    source.once('end', () => accept({ bytes, length }))
    source.once('error', (error) => refuse(isGzip ? BadGzip(gzipReason(error)) : WriteAborted()))
    stream.once('aborted', () => refuse(WriteAborted()))
  })
}

/** Go's words for what is wrong with a gzip body. */
function gzipReason(error: Error): string {
  const message = messageOf(error)
  if (message === 'unexpected end of file') return 'unexpected EOF'
  if (message === 'incorrect header check') return 'gzip: invalid header'
  if (message === 'incorrect data check' || message === 'incorrect length check') return 'gzip: invalid checksum'
  return message
}
