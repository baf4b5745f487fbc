import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads'
import { type AppError, fromWire } from '../core/errors.ts'
import { NOBODY } from '../engine/activity.ts'
import { ShardSilent, WriteBusy } from './errors.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Answer, FromShard, ToShard, WriteMessage } from './protocol.ts'

type Ask = ToShard extends infer M ? (M extends { readonly request: number } ? Omit<M, 'request'> : never) : never
export type Ending = (answer: Answer, bytes?: ArrayBuffer) => void

export interface AskOptions {
  /** How long an answer may take; then it fails with SHARD_SILENT. Without it, as long as the thread lives. */
  readonly withinMs?: number
  /** Whom the question is about; see `Activity`. */
  readonly owner?: number
  readonly transfer?: TransferListItem[]
}

/** What has been asked and is not answered. */
interface Asked {
  readonly accept: Ending
  readonly refuse: (error: AppError) => void
  readonly owner: number
  /** Bytes that are under way until the shard has answered, whether somebody waits for that or not. */
  readonly bytes: number
  readonly withinMs: number
  /** By the monotonic clock. */
  untilMs: number
  /** Told of a body that has been processed and whose answer is to come. */
  readonly onHeld?: (() => void) | undefined
  /** Whether it is a body that has been processed. */
  isHeld: boolean
  /** Nobody waits for it any more. */
  isOver: boolean
}

/** The main thread's end of one shard thread: requests and their answers, and the bytes that are under way to it. */
export class Shard {
  readonly name: string
  /** Of the thread that runs, or comes next. */
  heartbeat = new Heartbeat()
  /** Threads that it has had before. */
  generation = 0
  /** Bytes written and not answered yet. */
  inFlightBytes = 0
  /** Bytes written in all. */
  writtenBytes = 0
  /** Whether there is a thread that answers. */
  #isReady = false
  /** Whether the thread is there with all of its tasks: until then writers wait. */
  #isOpen = false
  #port: MessagePort
  #far: MessagePort
  #next = 0
  readonly #asked = new Map<number, Asked>()
  readonly #waiting: Waiting[] = []
  /** Of what tasks write back. */
  readonly #waitingLooped: Waiting[] = []
  readonly #maxInFlightBytes: number
  readonly #maxUncommitted: number
  /** Events that it told and that are not stored yet. */
  #uncommitted = 0
  #told = 0
  /** Ends when those told last are stored, and so all before. */
  #commit: Promise<void> | undefined
  #failed: { readonly index: number; readonly error: unknown } = { index: -1, error: undefined }
  readonly #onMessage: (shard: Shard, message: FromShard) => void

  constructor(
    name: string,
    limits: { readonly maxInFlightBytes: number; readonly maxUncommitted: number },
    onMessage: (shard: Shard, message: FromShard) => void
  ) {
    this.name = name
    this.#maxInFlightBytes = limits.maxInFlightBytes
    this.#maxUncommitted = limits.maxUncommitted
    this.#onMessage = onMessage
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#far = port2
    this.#listen()
  }

  /** The port for the thread, to be transferred. */
  get far(): MessagePort {
    return this.#far
  }

  /** After the thread died: everything asked fails, as told by `errorFor`, and a new port waits for the next thread. */
  renew(errorFor: (owner: number) => AppError): void {
    this.#isReady = false
    this.#isOpen = false
    this.generation++
    this.heartbeat = new Heartbeat()
    this.#port.close()
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#far = port2
    this.#listen()
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    for (const { refuse, bytes, owner } of asked) {
      this.inFlightBytes -= bytes
      refuse(errorFor(owner))
    }
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether a question is likely to be answered soon. */
  get isResponsive(): boolean {
    return this.#isReady && !this.heartbeat.isSilent
  }

  /** The thread answers. */
  ready(): void {
    this.#isReady = true
  }

  /** The thread has all of its tasks: writers may come in. */
  open(): void {
    this.#isOpen = true
    this.#resume()
  }

  /** How often it has told events. */
  get told(): number {
    return this.#told
  }

  /** Notes that so many events are being stored: too many of them keep writers out. */
  committing(events: number, commit: Promise<void>): void {
    const index = this.#told++
    this.#uncommitted += events
    const ended = commit
      .catch((error: unknown) => {
        this.#failed = { index, error }
      })
      .then(() => {
        this.#uncommitted -= events
        if (this.#commit === ended) this.#commit = undefined
        if (this.#uncommitted <= this.#maxUncommitted) this.#resume()
      })
    this.#commit = ended
  }

  /**
   * Resolves when all events that it told so far are stored; rejects where those since `told` was `since` could not be.
   * @returns undefined where nothing is to be waited for.
   */
  stored(since: number): Promise<void> | undefined {
    if (this.#commit === undefined && this.#failed.index < since) return undefined
    return Promise.resolve(this.#commit).then(() => {
      if (this.#failed.index >= since) throw this.#failed.error
    })
  }

  /** The thread is gone for good. */
  close(): void {
    this.#port.close()
  }

  ask(message: Ask, { withinMs = Infinity, owner = NOBODY, transfer = [] }: AskOptions = {}): Promise<Answer> {
    return new Promise((accept, refuse) =>
      this.#send({ ...message, request: 0 } as ToShard & { request: number }, transfer, {
        ...{ accept, refuse, owner, withinMs },
        bytes: 0
      })
    )
  }

  tell(message: ToShard): void {
    this.#port.postMessage(message)
  }

  /** Resolves when so many bytes may be sent, and counts them as under way. Rejects past the deadline. */
  async admit(bytes: number, deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs
    while (!this.#hasRoom(bytes)) await this.#wait(this.#waiting, until)
    this.inFlightBytes += bytes
  }

  /**
   * Resolves when what tasks write back may be sent. That waits for no writer: writers wait for what is written back.
   * Rejects past the deadline.
   */
  async admitLooped(deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs
    while (!this.#takesPoints) await this.#wait(this.#waitingLooped, until)
  }

  get #takesPoints(): boolean {
    return this.#isOpen && this.#uncommitted <= this.#maxUncommitted
  }

  #resume(): void {
    for (const { resume } of [...this.#waitingLooped.splice(0), ...this.#waiting.splice(0)]) resume()
  }

  #wait(queue: Waiting[], untilMs: number): Promise<void> {
    return new Promise<void>((resume, refuse) => {
      const waiting: Waiting = {
        resume: () => {
          clearTimeout(timer)
          resume()
        }
      }
      const timer = setTimeout(
        () => {
          queue.splice(queue.indexOf(waiting), 1)
          refuse(WriteBusy())
        },
        Math.max(0, untilMs - performance.now())
      )
      queue.push(waiting)
    })
  }

  #hasRoom(bytes: number): boolean {
    if (!this.#takesPoints) return false
    return this.inFlightBytes === 0 || this.inFlightBytes + bytes <= this.#maxInFlightBytes
  }

  /** For bytes that were admitted and are not sent after all. */
  release(bytes: number): void {
    this.inFlightBytes -= bytes
    this.#waiting.shift()?.resume()
  }

  /**
   * Hands an admitted body over; `accept` gets the complaints and, where it was transferred, the buffer back.
   * @param withinMs As for `ask`; a body that has been processed is accepted then, though its readers are behind.
   * @param onHeld Told where it has been processed and its answer is to come.
   */
  write(
    message: Omit<WriteMessage, 'request' | 'kind'>,
    withinMs: number,
    accept: Ending,
    refuse: (error: AppError) => void,
    onHeld?: () => void
  ): void {
    this.writtenBytes += message.length
    const transfer = message.bytes instanceof ArrayBuffer ? [message.bytes] : []
    const bytes = message.hop === 0 ? message.length : 0
    const asked = { accept, refuse, owner: NOBODY, bytes, withinMs, onHeld }
    this.#send({ ...message, kind: 'write', request: 0 }, transfer, asked)
  }

  /** Ends the wait for what is past its deadline; to be called every so often. */
  endLate(nowMs: number): void {
    for (const asked of this.#asked.values()) {
      if (asked.untilMs > nowMs || asked.isOver) continue
      asked.isOver = true
      if (asked.isHeld) asked.accept(undefined)
      else asked.refuse(ShardSilent())
    }
  }

  #send(
    message: ToShard & { request: number },
    transfer: TransferListItem[],
    asked: Omit<Asked, 'untilMs' | 'isHeld' | 'isOver'>
  ): void {
    const request = this.#next++
    const untilMs = performance.now() + asked.withinMs
    this.#asked.set(request, { ...asked, untilMs, isHeld: false, isOver: false })
    this.#port.postMessage({ ...message, request }, transfer)
  }

  #listen(): void {
    this.#port.on('message', (message: FromShard) => {
      if (message.kind === 'held') return this.#hold(message.request)
      if (message.kind !== 'done') return this.#onMessage(this, message)
      const asked = this.#asked.get(message.request)
      if (asked === undefined) return
      this.#asked.delete(message.request)
      if (asked.bytes > 0) this.release(asked.bytes)
      if (message.error !== undefined) asked.refuse(fromWire(message.error))
      else asked.accept(message.answer, message.bytes)
    })
  }

  #hold(request: number): void {
    const asked = this.#asked.get(request)
    if (asked === undefined) return
    asked.isHeld = true
    asked.onHeld?.()
    asked.untilMs = performance.now() + asked.withinMs
  }
}

interface Waiting {
  readonly resume: () => void
}
