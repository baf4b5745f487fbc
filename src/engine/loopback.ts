import type { LoopbackPort, LoopbackSender } from '../graph/ports.ts'
import { formatPoint, type PointFormat } from '../lineproto/format.ts'
import type { Point } from '../model/point.ts'
import type { LoopbackQueue, LoopedBody } from './loopback-queue.ts'

/** Differs: a duration that |kapacitorLoopback writes comes in again as an integer of nanoseconds; in the original it stays a duration. */
const LOOPED: PointFormat = { nanosPerUnit: 1n, durations: 'int' }

/** The task whose nodes write. */
export interface LoopingTask {
  /** How many times tasks have written back what it works on; 0 for what came from outside. */
  readonly hop: number
  /** Counts points that it has written back and that are under way. */
  addLooped(hop: number, delta: number): void
}

/**
 * What the loopback nodes of a task write, as line protocol: the points may be for tasks of other shards. Points that
 * go round and round are dropped after so many times.
 */
export class Loopback implements LoopbackPort {
  readonly #queue: LoopbackQueue
  readonly #task: LoopingTask
  /** The last body of each node. */
  readonly #bodies = new Map<LoopbackSender, LoopedBody>()

  constructor(queue: LoopbackQueue, task: LoopingTask) {
    this.#queue = queue
    this.#task = task
  }

  write(points: readonly Point[], sender: LoopbackSender): void {
    const { limits } = this.#queue
    const hop = this.#task.hop + 1
    // Differs: points that tasks write into each other's databases over and over are dropped, after
    // shards.max-loopback-hops times or past shards.max-loopback-bytes; in the original they go round without end.
    if (hop > limits.maxHops) return this.#drop(points.length, sender, 'hops', tooManyHops(limits.maxHops))
    let crowdedOut = 0
    for (const point of points) {
      const line = formatPoint(point, LOOPED)
      if (typeof line !== 'string') this.#drop(1, sender, 'unwritable', line.reason)
      else if (this.#queue.hasRoom(line)) this.#add(point, line, hop, sender)
      else crowdedOut++
    }
    if (crowdedOut > 0) this.#drop(crowdedOut, sender, 'bytes', tooManyBytes(limits.maxBytes))
  }

  #add({ series }: Point, line: string, hop: number, sender: LoopbackSender): void {
    let body = this.#bodies.get(sender)
    if (body === undefined || body.isClosed || body.hop !== hop) {
      const place = { db: series.database, rp: series.retentionPolicy }
      body = this.#queue.open({
        place,
        hop,
        onEnd: (points, refused) => {
          this.#task.addLooped(hop, -points)
          if (refused !== undefined) this.#drop(refused.points, sender, 'refused', refused.reason)
        }
      })
      this.#bodies.set(sender, body)
    }
    this.#queue.add(body, line)
    this.#task.addLooped(hop, 1)
  }

  #drop(points: number, sender: LoopbackSender, kind: string, reason: string): void {
    this.#queue.dropped += points
    sender.dropped(points, kind, reason)
  }
}

function tooManyHops(limit: number): string {
  return (
    `tasks have written the points back ${limit} times: ` +
    'they seem to write into the databases of each other without end (see shards.max-loopback-hops)'
  )
}

function tooManyBytes(limit: number): string {
  return (
    `more than ${limit} bytes of points that tasks have written back are still to be read: ` +
    'their readers are too slow, or multiply them (see shards.max-loopback-bytes)'
  )
}
