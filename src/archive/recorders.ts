import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { Dbrp } from '../model/dbrp.ts'
import { buffersOf, type FromArchive, type ToArchive } from './record-batch.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'

export interface RecorderStart {
  readonly id: string
  readonly dbrps: readonly Dbrp[]
  readonly options: RecorderOptions
  /** Leads to the thread that writes the archive. */
  readonly port: MessagePort
}

/** Lets a recorder read streams; returns how to end that. */
type Attach = (dbrps: readonly Dbrp[], open: (slot: number) => Recorder) => () => void

/** The recorders of a shard, each with the port to its archive. */
export class Recorders {
  readonly #clock: Clock
  readonly #attach: Attach
  readonly #recorders = new Map<string, Recorder>()

  constructor(clock: Clock, attach: Attach) {
    this.#clock = clock
    this.#attach = attach
  }

  /** @param owner Number under which the thread's activity tells of the recorder. */
  open({ id, dbrps, options, port }: RecorderStart, owner: number): void {
    const detach = this.#attach(dbrps, (slot) => {
      const recorder = new Recorder(options, {
        clock: this.#clock,
        owner,
        slot,
        send: (message) => port.postMessage(message, transfersOf(message)),
        ended: () => {
          this.#recorders.delete(id)
          // The recorder may be reading just now.
          queueMicrotask(detach)
        }
      })
      port.on('message', (message: FromArchive) => recorder.onMessage(message))
      port.on('close', () => recorder.onMessage({ kind: 'refused' }))
      this.#recorders.set(id, recorder)
      return recorder
    })
  }

  /** Ends a recording that goes on. */
  cut(id: string, reason: string): void {
    this.#recorders.get(id)?.cut(reason)
  }

  cutAll(reason: string): void {
    for (const recorder of this.#recorders.values()) recorder.cut(reason)
  }
}

function transfersOf(message: ToArchive): ArrayBuffer[] {
  return message.kind === 'records' ? buffersOf(message.recordBatch) : []
}
