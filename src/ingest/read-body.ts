import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type AppError, defineError, messageOf } from '../core/errors.ts'
import type { Intake } from './intake.ts'

const BadGzip = defineError('BAD_GZIP', 400, (reason: string) => reason)
export const BodyAborted = defineError('BODY_ABORTED', 400, () => 'unexpected EOF')

export interface BodySource {
  readonly stream: Readable
  /** Address of whoever sends it. */
  readonly sender: string
  readonly isGzip: boolean
  /** What the sender announced, or 0. Memory is taken for what comes, not for what is announced. */
  readonly expectedBytes: number
  /** Bytes, after unpacking. */
  readonly limit: number
  readonly tooLarge: (limit: number) => AppError
}

export interface ReadBody {
  /** The buffer that holds the body; it may be longer. */
  readonly bytes: ArrayBuffer
  readonly length: number
  /** Lets others come in instead; called when nothing needs the body any more. */
  release(): void
}

/** Where the buffers come from. */
export interface BufferSource {
  /** Size of the buffer that `take` gives. */
  sizeFor(minBytes: number): number
  take(minBytes: number): ArrayBuffer
  give(buffer: ArrayBuffer): void
}

const FIRST_BYTES = 256 * 1024
const GROWTH = 4

/**
 * Gathers a body in one buffer, counted by the intake from its first byte on.
 * Fails with what `tooLarge` makes, BAD_GZIP, BODY_ABORTED, or what the intake says.
 */
export function readBody(source: BodySource, intake: Intake, buffers: BufferSource): Promise<ReadBody> {
  const { stream, sender, isGzip, expectedBytes, limit, tooLarge } = source
  if (expectedBytes > limit) return Promise.reject(tooLarge(limit))
  const content = isGzip ? stream.pipe(createGunzip()) : stream
  return new Promise((accept, reject) => {
    let bytes = new ArrayBuffer(0)
    let view = new Uint8Array(bytes)
    let length = 0
    let hasEnded = false

    /** Nothing more of it is read; what still comes is thrown away. */
    const refuse = (error: AppError): void => {
      if (hasEnded) return
      hasEnded = true
      intake.close(lease)
      content.removeAllListeners('data')
      stream.unpipe?.()
      stream.resume()
      if (isGzip) content.destroy()
      buffers.give(bytes)
      reject(error)
    }
    const lease = intake.open(sender, refuse)
    const append = (chunk: Buffer): void => {
      view.set(chunk, length)
      length += chunk.length
    }
    const grow = (minBytes: number): void => {
      const larger = buffers.take(minBytes)
      const largerView = new Uint8Array(larger)
      largerView.set(view.subarray(0, length))
      buffers.give(bytes)
      bytes = larger
      view = largerView
    }

    content.on('data', (chunk: Buffer) => {
      intake.heard(lease)
      const needed = length + chunk.length
      if (needed > limit) return refuse(tooLarge(limit))
      if (needed <= lease.bytes) return append(chunk)
      const size = buffers.sizeFor(Math.min(Math.max(needed, nextSize(lease.bytes, expectedBytes)), limit))
      let isWaiting = false
      let isGranted = false
      intake.take(lease, size - lease.bytes, () => {
        isGranted = true
        grow(size)
        append(chunk)
        if (isWaiting) content.resume()
      })
      if (isGranted || hasEnded) return
      isWaiting = true
      content.pause()
    })
    content.once('end', () => {
      if (hasEnded) return
      hasEnded = true
      lease.isWhole = true
      accept({ bytes, length, release: () => intake.close(lease) })
    })
    content.on('error', (error) => refuse(isGzip ? BadGzip(gzipReason(error)) : BodyAborted()))
    stream.once('aborted', () => refuse(BodyAborted()))
  })
}

/** Few steps for large bodies, one for those that are announced and small. */
function nextSize(bytes: number, expectedBytes: number): number {
  if (bytes === 0) return Math.min(Math.max(expectedBytes, 1024), FIRST_BYTES)
  return expectedBytes > 0 ? Math.min(bytes * GROWTH, expectedBytes) : bytes * 2
}

/** Go's words for what is wrong with a gzip body. */
function gzipReason(error: Error): string {
  const message = messageOf(error)
  if (message === 'unexpected end of file') return 'unexpected EOF'
  if (message === 'incorrect header check') return 'gzip: invalid header'
  if (message === 'incorrect data check' || message === 'incorrect length check') return 'gzip: invalid checksum'
  return message
}
