import { Fifo } from '../core/fifo.ts'
import type { Dbrp } from '../model/dbrp.ts'
import type { LoopedLoss } from '../model/looped.ts'
import type { EngineHost, LoopbackLimits } from './contract.ts'

/** Bodies that are under way at a time: so few that other writers of a shard get their turn between them. */
const MAX_SENT = 8
const MAX_BODY_CHARS = 128 * 1024
/** What a body takes beside its lines, and a line beside its text, nearly. */
const BODY_BYTES = 512
const LINE_BYTES = 16

/** Points of one loopback node and one hop, as lines. */
export interface LoopedBody {
  readonly place: Dbrp
  /** How many times tasks have written it back, counted from 1. */
  readonly hop: number
  /** The way of its points has ended; `refused` says which of them were not taken. */
  readonly onEnd: (points: number, refused: LoopedLoss | undefined) => void
  lines: string[]
  /** The lines once there is no room for more. */
  text: string
  points: number
  bytes: number
  /** Takes no more lines. */
  isClosed: boolean
}

/**
 * What the loopback nodes of a shard have written and other tasks have still to read, in order. It is bounded: in
 * bodies under way, so that others get their turn, and in bytes, counted until the readers of a body have finished what
 * they do on account of it.
 */
export class LoopbackQueue {
  readonly limits: LoopbackLimits
  readonly #send: EngineHost['loopback']
  readonly #waiting = new Fifo<LoopedBody>()
  #sent = 0
  #isScheduled = false
  /** Memory of the bodies whose way has not ended, nearly. */
  bytes = 0
  /** Points that did not get where they were written to. */
  dropped = 0

  constructor(limits: LoopbackLimits, send: EngineHost['loopback']) {
    this.limits = limits
    this.#send = send
  }

  hasRoom(line: string): boolean {
    return this.bytes + line.length + LINE_BYTES <= this.limits.maxBytes
  }

  /** A body that lines can be added to until the end of this turn, and longer while others are before it. */
  open({ place, hop, onEnd }: Pick<LoopedBody, 'place' | 'hop' | 'onEnd'>): LoopedBody {
    const body = { place, hop, onEnd, lines: [], text: '', points: 0, bytes: BODY_BYTES, isClosed: false }
    this.bytes += BODY_BYTES
    this.#waiting.push(body)
    if (!this.#isScheduled) {
      this.#isScheduled = true
      queueMicrotask(() => {
        this.#isScheduled = false
        this.#proceed()
      })
    }
    return body
  }

  /** @param body Not closed. */
  add(body: LoopedBody, line: string): void {
    body.lines.push(line)
    body.points++
    body.bytes += line.length + LINE_BYTES
    this.bytes += line.length + LINE_BYTES
    if (body.bytes >= MAX_BODY_CHARS) close(body)
  }

  #proceed(): void {
    while (this.#sent < MAX_SENT) {
      const body = this.#waiting.shift()
      if (body === undefined) return
      close(body)
      this.#sent++
      const { place, hop, text } = body
      body.text = ''
      this.#send(
        { ...place, hop, lines: text, points: body.points },
        {
          processed: () => {
            this.#sent--
            this.#proceed()
          },
          ended: (refused) => {
            this.bytes -= body.bytes
            body.onEnd(body.points, refused)
          }
        }
      )
    }
  }
}

function close(body: LoopedBody): void {
  if (body.isClosed) return
  body.isClosed = true
  body.text = body.lines.join('\n')
  body.lines = []
}
