import { MessageChannel, type MessagePort, type TransferListItem } from 'node:worker_threads'
import { type AppError, fromWire } from '../core/errors.ts'
import { NOBODY } from '../engine/activity.ts'
import { CommitFence } from './commit-fence.ts'
import { ShardSilent } from './errors.ts'
import { Heartbeat } from './heartbeat.ts'
import type { FromShard, ShardAnswer, ToShard, WriteMessage } from './protocol.ts'
import { WriteGate } from './write-gate.ts'

type ShardRequest = ToShard extends infer M
  ? M extends { readonly request: number }
    ? Omit<M, 'request'>
    : never
  : never
export type Ending = (answer: ShardAnswer, bytes?: ArrayBuffer) => void

export interface AskOptions {
  /** How long an answer may take; then it fails with SHARD_SILENT. Without it, as long as the thread lives. */
  readonly withinMs?: number
  /** Whom the question is about; see `Activity`. */
  readonly owner?: number
  readonly transfer?: TransferListItem[]
}

/** What has been asked and is not answered. */
interface PendingRequest {
  readonly accept: Ending
  readonly refuse: (error: AppError) => void
  readonly owner: number
  /** Bytes that are under way until the shard has answered, whether somebody waits for that or not. */
  readonly bytes: number
  readonly withinMs: number
  /** When the request is late, by the monotonic clock. */
  untilMs: number
  /** Told of a body that has been processed and whose answer is to come. */
  readonly onHeld?: (() => void) | undefined
  /** Whether the request is a body that has been processed. */
  isHeld: boolean
  /** Nobody waits for it any more. */
  isOver: boolean
}

/** How long a shard may take over what somebody waits for. */
const READING_MS = 2000

/** The main thread's end of one shard thread: requests and their answers. */
export class Shard {
  readonly name: string
  /** Heartbeat of the thread that runs, or comes next. */
  heartbeat = new Heartbeat()
  /** Threads that it has had before. */
  generation = 0
  /** Bytes written in all. */
  writtenBytes = 0
  /** Lets bodies in that are to be sent to it. */
  readonly gate: WriteGate
  /** The events that it raised. */
  readonly commits: CommitFence
  /** Whether there is a thread that answers. */
  #isReady = false
  /** Whether the thread is there with all of its tasks: until then writers wait. */
  #isOpen = false
  #port: MessagePort
  #workerPort: MessagePort
  #next = 0
  readonly #pending = new Map<number, PendingRequest>()
  readonly #onMessage: (shard: Shard, message: FromShard) => void

  constructor(
    name: string,
    limits: { readonly maxInFlightBytes: number; readonly maxUncommitted: number },
    onMessage: (shard: Shard, message: FromShard) => void
  ) {
    this.name = name
    this.commits = new CommitFence(limits.maxUncommitted, () => this.gate.resume())
    this.gate = new WriteGate(limits.maxInFlightBytes, () => this.#isOpen && !this.commits.isFull)
    this.#onMessage = onMessage
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#workerPort = port2
    this.#listen()
  }

  /** The port for the thread, to be transferred. */
  get workerPort(): MessagePort {
    return this.#workerPort
  }

  /**
   * Makes the shard ready for its next thread after one died: everything asked fails, as told by `errorFor`, and a new
   * port waits.
   */
  renew(errorFor: (owner: number) => AppError): void {
    this.#isReady = false
    this.#isOpen = false
    this.generation++
    this.heartbeat = new Heartbeat()
    this.#port.close()
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#workerPort = port2
    this.#listen()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { refuse, bytes, owner } of pending) {
      this.gate.inFlightBytes -= bytes
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
    this.gate.resume()
  }

  /** The thread is gone for good. */
  close(): void {
    this.#port.close()
  }

  ask(
    message: ShardRequest,
    { withinMs = Infinity, owner = NOBODY, transfer = [] }: AskOptions = {}
  ): Promise<ShardAnswer> {
    return new Promise((accept, refuse) =>
      this.#send({ ...message, request: 0 } as ToShard & { request: number }, transfer, {
        ...{ accept, refuse, owner, withinMs },
        bytes: 0
      })
    )
  }

  /** Asks what somebody waits for. Fails with SHARD_SILENT where the thread does not answer soon. */
  async askSoon(message: ShardRequest): Promise<ShardAnswer> {
    if (!this.isResponsive) throw ShardSilent()
    return await this.ask(message, { withinMs: READING_MS })
  }

  /** @returns undefined where the thread does not answer soon. */
  async askOrForgo(message: ShardRequest): Promise<ShardAnswer> {
    return await this.askSoon(message).catch(() => undefined)
  }

  post(message: ToShard): void {
    this.#port.postMessage(message)
  }

  /**
   * Hands an admitted body over; `accept` gets the problems of the body and, where it was transferred, the buffer back.
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
    const pending = { accept, refuse, owner: NOBODY, bytes, withinMs, onHeld }
    this.#send({ ...message, kind: 'write', request: 0 }, transfer, pending)
  }

  /** Ends the wait for what is past its deadline; to be called every so often. */
  endLate(nowMs: number): void {
    for (const pending of this.#pending.values()) {
      if (pending.untilMs > nowMs || pending.isOver) continue
      pending.isOver = true
      if (pending.isHeld) pending.accept(undefined)
      else pending.refuse(ShardSilent())
    }
  }

  #send(
    message: ToShard & { request: number },
    transfer: TransferListItem[],
    pending: Omit<PendingRequest, 'untilMs' | 'isHeld' | 'isOver'>
  ): void {
    const request = this.#next++
    const untilMs = performance.now() + pending.withinMs
    this.#pending.set(request, { ...pending, untilMs, isHeld: false, isOver: false })
    this.#port.postMessage({ ...message, request }, transfer)
  }

  #listen(): void {
    this.#port.on('message', (message: FromShard) => {
      if (message.kind === 'held') return this.#hold(message.request)
      if (message.kind !== 'done') return this.#onMessage(this, message)
      const pending = this.#pending.get(message.request)
      if (pending === undefined) return
      this.#pending.delete(message.request)
      if (pending.bytes > 0) this.gate.release(pending.bytes)
      if (message.error !== undefined) pending.refuse(fromWire(message.error))
      else pending.accept(message.answer, message.bytes)
    })
  }

  #hold(request: number): void {
    const pending = this.#pending.get(request)
    if (pending === undefined) return
    pending.isHeld = true
    pending.onHeld?.()
    pending.untilMs = performance.now() + pending.withinMs
  }
}
