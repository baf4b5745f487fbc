import { createWriteStream } from 'node:fs'
import type { AppError } from '../core/errors.ts'
import type { Intake } from './intake.ts'
import { BodyAborted, type BodySource } from './read-body.ts'

/** Memory of a body that is on its way into a file: what the socket and the file hold at most. */
const BUFFER_BYTES = 256 * 1024

/**
 * Puts a body that may be larger than memory into a file. The intake counts the memory that the transfer takes, and
 * its pauses; the file is the caller's, whatever becomes of the body.
 * Fails with what `tooLarge` makes, BODY_ABORTED, what the intake says, or the error of the file.
 *
 * @param totalMs How long the body may take.
 */
export function storeBody(
  { stream, sender, expectedBytes, limit, tooLarge }: Omit<BodySource, 'isGzip'>,
  intake: Intake,
  path: string,
  totalMs: number
): Promise<void> {
  if (expectedBytes > limit) return Promise.reject(tooLarge(limit))
  return new Promise((accept, reject) => {
    let length = 0
    let error: AppError | Error | undefined
    const file = createWriteStream(path, { mode: 0o600, highWaterMark: BUFFER_BYTES / 2 })

    /** Nothing more of it is read; what still comes is thrown away. */
    const refuse = (reason: AppError | Error): void => {
      if (error !== undefined) return
      error = reason
      stream.removeAllListeners('data')
      stream.resume()
      file.destroy()
    }
    const lease = intake.open(sender, refuse, totalMs)
    file.on('drain', () => {
      intake.heard(lease)
      stream.resume()
    })
    file.on('error', refuse)
    // The file can be removed or read only now.
    file.once('close', () => {
      intake.close(lease)
      if (error === undefined) accept()
      else reject(error)
    })
    stream.once('aborted', () => refuse(BodyAborted()))
    stream.on('error', () => refuse(BodyAborted()))
    stream.once('end', () => {
      lease.isWhole = true
      if (error === undefined) file.end()
    })
    intake.take(lease, BUFFER_BYTES, () => {
      stream.on('data', (chunk: Buffer) => {
        intake.heard(lease)
        length += chunk.length
        if (length > limit) refuse(tooLarge(limit))
        else if (!file.write(chunk)) stream.pause()
      })
    })
  })
}
