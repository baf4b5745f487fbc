import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../../core/errors.ts'
import type { FromArchive, ToArchive } from './parcel.ts'
import { type ArchiveType, ArchiveWriter } from './writer.ts'

/** A recording to be written; crosses to the thread that does. */
export interface RecordJob {
  readonly path: string
  readonly type: ArchiveType
  readonly startedNs: bigint
  /** Parcels come from it; transferred. */
  readonly port: MessagePort
  /** Points stored, to be looked at while it goes on. */
  readonly progress: BigInt64Array<SharedArrayBuffer>
}

export interface RecordOutcome {
  readonly points: number
  /** Why it is not whole; '' where it is. */
  readonly error: string
}

const LOST = 'the shard that recorded is gone'
/** How often it looks whether stored points wait for their commit. */
const COMMIT_CHECK_MS = 250

/** Writes what comes until the recorder says that it was all, or falls silent for ever. Resolves in any case. */
export async function record(job: RecordJob): Promise<RecordOutcome> {
  const { port, progress } = job
  const tell = (message: FromArchive): void => port.postMessage(message)
  let writer: ArchiveWriter | undefined
  try {
    writer = await ArchiveWriter.create(job.path, job.type, job.startedNs)
    const end = await receive(port, writer, (points) => {
      progress[0]! += BigInt(points)
      tell({ kind: 'stored', points })
    })
    if (end.kind === 'cut') await writer.commit()
    else await writer.finish(end.timeNs)
    return { points: Number(progress[0]), error: end.kind === 'cut' ? end.reason : '' }
  } catch (error) {
    tell({ kind: 'refused' })
    return { points: Number(progress[0]), error: messageOf(error) }
  } finally {
    writer?.close()
    port.close()
  }
}

type End = Exclude<ToArchive, { readonly kind: 'parcel' }>

/** Writes parcels in their order; resolves with the message that ends them. */
function receive(port: MessagePort, writer: ArchiveWriter, stored: (points: number) => void): Promise<End> {
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
      if (message.kind !== 'parcel') return end(message)
      enqueue(async () => {
        await writer.write(message.parcel)
        stored(message.parcel.points)
      })
    })
    port.on('close', () => end({ kind: 'cut', reason: LOST }))
  })
}
