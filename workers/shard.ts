/**
 * Entry of a shard thread: ties an engine to the port that it was given, and nothing else. Its one job ends when the
 * main thread says `close`.
 */
import { wallClock } from '../src/core/clock.ts'
import { toWire } from '../src/core/errors.ts'
import { IdleCollector } from '../src/core/idle-collector.ts'
import { LOG_LEVELS } from '../src/core/log-level.ts'
import { activity } from '../src/engine/activity.ts'
import { Engine } from '../src/engine/engine.ts'
import { Recorders } from '../src/archive/recorders.ts'
import type { LoopedFate } from '../src/model/looped.ts'
import type { FromShard, ShardAnswer, ShardStart, ToShard, WriteMessage } from '../src/shards/protocol.ts'

export default function shard({ name, settings, port, logGate, activity: cells }: ShardStart): Promise<void> {
  activity.writeTo(cells)
  const post = (message: FromShard, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)
  const collector = new IdleCollector(wallClock)
  const loopbacks = new Map<number, LoopedFate>()
  let loopbackCount = 0

  const engine = new Engine(name, settings, {
    now: () => wallClock.now(),
    log: (level, message, details) => {
      if (LOG_LEVELS.indexOf(level) >= logGate[0]!) post({ kind: 'log', level, message, details })
    },
    events: (events) => post({ kind: 'events', events }),
    stateCopied: (copy) => post({ kind: 'stateCopied', copy }),
    replayEvents: (replayTask, events) => post({ kind: 'replayEvents', replayTask, events }),
    replayStateCopied: (replayTask, copy) => post({ kind: 'replayStateCopied', replayTask, copy }),
    failed: (id, message) => post({ kind: 'failed', id, message }),
    inhibitor: (change) => post({ kind: 'inhibitor', change }),
    loopback: (looped, fate) => {
      const loopback = loopbackCount++
      loopbacks.set(loopback, fate)
      post({ kind: 'loopback', loopback, looped })
    }
  })

  const recorders = new Recorders(wallClock, (dbrps, open) => engine.record(dbrps, open))

  const answer = (request: number, work: () => ShardAnswer | Promise<ShardAnswer>): void => {
    const refuse = (error: unknown): void => post({ kind: 'done', request, error: toWire(error) })
    const accept = (value: ShardAnswer): void => post({ kind: 'done', request, answer: value })
    try {
      const result = work()
      if (result instanceof Promise) result.then(accept, refuse)
      else accept(result)
    } catch (error) {
      refuse(error)
    }
  }

  const write = ({ request, db, rp, precision, bytes, length, isCounted, hop }: WriteMessage): void => {
    const giveBack = (problems: ShardAnswer): void => {
      if (bytes instanceof ArrayBuffer) post({ kind: 'done', request, answer: problems, bytes }, [bytes])
      else post({ kind: 'done', request, answer: problems })
    }
    const body = Buffer.from(bytes, 0, length)
    const problems =
      hop === 0 ? engine.write(db, rp, precision, body, isCounted) : engine.writeLooped(db, rp, body, isCounted, hop)
    if (problems instanceof Promise) {
      post({ kind: 'held', request })
      void problems.then(giveBack)
    } else giveBack(problems)
    engine.finishWrite()
  }

  return new Promise((end) => {
    port.on('message', (message: ToShard) => {
      activity.beat()
      switch (message.kind) {
        case 'write':
          return write(message)
        case 'start':
          return answer(message.request, () => {
            engine.start(message.task)
            return undefined
          })
        case 'stop':
          return answer(message.request, async () => {
            await engine.stop(message.id)
            return undefined
          })
        case 'stats':
          return answer(message.request, () => engine.stats(message.id))
        case 'httpOut':
          return answer(message.request, () => engine.httpOut(message.id, message.path))
        case 'endpoints':
          return engine.setEndpoints(message.endpoints)
        case 'clusters':
          return engine.setClusters(message.clusters)
        case 'reload':
          return answer(message.request, () => {
            engine.reload()
            return undefined
          })
        case 'record':
          return answer(message.request, () => {
            recorders.open(message, message.owner)
            return undefined
          })
        case 'cut':
          return recorders.cut(message.id, message.reason)
        case 'replay':
          return answer(message.request, () => engine.replays.run(message.spec))
        case 'cancelReplay':
          return engine.replays.cancel(message.id)
        case 'replayTaskStats':
          return answer(message.request, () => engine.replays.findTask(message.replayTask)?.stats())
        case 'replayTaskHttpOut':
          return answer(message.request, () => engine.replays.findTask(message.replayTask)?.httpOut(message.path))
        case 'replayEventsTaken':
          return engine.replays.acknowledge(message.replayTask, message.events)
        case 'gauges':
          return answer(message.request, () => engine.gauges())
        case 'ingress':
          return answer(message.request, () => engine.ingress)
        case 'inhibitor':
          return engine.applyInhibitor(message.change)
        case 'loopedProcessed':
          return loopbacks.get(message.loopback)!.processed()
        case 'loopedEnded':
          loopbacks.get(message.loopback)!.ended(message.refused)
          loopbacks.delete(message.loopback)
          return
        case 'ping':
          return
        case 'close':
          recorders.cutAll('unexpected Kapacitor shutdown')
          collector.close()
          return void engine.close().finally(() => {
            post({ kind: 'done', request: message.request })
            port.close()
            end()
          })
      }
    })
    activity.beat()
    post({ kind: 'ready' })
  })
}
