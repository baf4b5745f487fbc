import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../core/errors.ts'
import { instantAt } from './int64.ts'
import { buffersOf, type FromArchive, type RecordBatch, type ToArchive } from './record-batch.ts'
import { type ArchiveType, ArchiveWriter } from './writer.ts'

/** An archive to be written; crosses to the thread that writes it. Its ports are transferred. */
export interface WriteJob {
  readonly path: string
  readonly startedNs: bigint
  /** Size at which the file takes no more points. */
  readonly maxBytes: number
  /** Port of whoever wants the archive: it brings record batches, or a text that says why the job ends early. */
  readonly port: MessagePort
  /** Hears one outcome as soon as nothing can be lost any more; the file is let go of later. */
  readonly outcome: MessagePort
  /** Points stored; then how much of the whole is done, of 1000. It can be looked at while the job goes on. */
  readonly progress: BigInt64Array<SharedArrayBuffer>
}

/** A recording of points that a shard sends as record batches. */
export interface RecordJob extends WriteJob {
  readonly kind: 'record'
  readonly type: ArchiveType
  /** The first point later than it ends the recording. */
  readonly stopMs: number
}

export interface RecordOutcome {
  readonly points: number
  /** Why the recording is not whole; '' where it is. */
  readonly error: string
}

const LOST = 'the shard that recorded is gone'
/** How often it looks whether stored points wait for their commit. */
const COMMIT_CHECK_MS = 250

/**
 * Writes what comes until the recorder says that it was all, or falls silent for ever. Resolves, in any case, when it
 * has let go of the file.
 */
export async function record(job: RecordJob): Promise<void> {
  const { port, progress, stopMs } = job
  let firstMs: number | undefined
  const post = (message: FromArchive, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer)
  const end = (error: string): void => job.outcome.postMessage({ points: Number(progress[0]), error })
  let writer: ArchiveWriter | undefined
  try {
    writer = await ArchiveWriter.create(job.path, job.type, job.startedNs, job.maxBytes)
    const last = await receive(port, writer, (recordBatch) => {
      const { points, bytes, chunks } = recordBatch
      for (const { times, rows } of chunks) {
        firstMs ??= instantAt(times, 0).ms
        const share = (instantAt(times, rows - 1).ms - firstMs) / Math.max(1, stopMs - firstMs)
        progress[1] = BigInt(Math.floor(Math.min(1, Math.max(0, share)) * 1000))
      }
      const buffers = buffersOf(recordBatch)
      progress[0]! += BigInt(points)
      post({ kind: 'stored', bytes, buffers }, buffers)
    })
    if (last.kind === 'cut') await writer.commit()
    else await writer.finish(last.timeNs)
    end(last.kind === 'cut' ? last.reason : '')
  } catch (error) {
    post({ kind: 'refused' })
    end(messageOf(error))
  }
  // The outcome is on its way before this thread is busy again.
  await new Promise((resolve) => setImmediate(resolve))
  writer?.close()
  port.close()
  job.outcome.close()
}

type End = Exclude<ToArchive, { readonly kind: 'records' }>

/** Writes record batches in their order; resolves with the message that ends them. */
function receive(port: MessagePort, writer: ArchiveWriter, stored: (recordBatch: RecordBatch) => void): Promise<End> {
  return new Promise((resolve, reject) => {
    let last: Promise<unknown> = Promise.resolve()
    const enqueue = (work: () => unknown): void => {
      last = last.then(work)
      last.catch((error: unknown) => {
        clearInterval(timer)
        reject(error as Error)
      })
    }
    const timer = setInterval(() => enqueue(() => writer.isDue && writer.commit()), COMMIT_CHECK_MS)
    const end = (message: End): void => {
      clearInterval(timer)
      enqueue(() => resolve(message))
    }
    port.on('message', (message: ToArchive) => {
      if (message.kind !== 'records') return end(message)
      enqueue(async () => {
        await writer.write(message.recordBatch)
        stored(message.recordBatch)
      })
    })
    port.on('close', () => end({ kind: 'cut', reason: LOST }))
  })
}
