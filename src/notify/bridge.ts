import type { TopicSubscriber } from '../alert/topic-subscribers.ts'
import { defineHandler, type HandlerKind, type OpenHandler } from '../alert/handlers/handler.ts'
import { DeliveryError } from '../alert/handlers/delivery-error.ts'
import { AppError } from '../core/errors.ts'
import { compileGlob } from '../core/glob.ts'
import { alertOfEvent } from './event-alert.ts'
import type { NotifyService } from './service.ts'

type PoolPort = Pick<NotifyService, 'post' | 'pauseLeftMs'>

const POOL_KIND = 'kkok'

/** The handler `kkok` of topics: its events enter the pool. */
export function poolHandler(pool: PoolPort): HandlerKind {
  const open = () => openPoolHandler(pool)
  return defineHandler({ kind: POOL_KIND, goType: '*kkok.HandlerConfig', options: {}, open })
}

/** Lets every event of some topics enter the pool. @param patterns Globs. */
export function poolSubscriber(pool: PoolPort, patterns: readonly string[]): TopicSubscriber {
  const matchers = patterns.flatMap((pattern) => compileGlob(pattern) ?? [])
  return {
    name: 'notify.from-topics',
    kind: POOL_KIND,
    handler: openPoolHandler(pool),
    isMeant: (topic) => matchers.some((matches) => matches(topic))
  }
}

/** A handler that puts events into the pool, and is done with one when its alert is in the journal. */
function openPoolHandler(pool: PoolPort): OpenHandler {
  return {
    async send(event) {
      try {
        await pool.post(alertOfEvent(event))
      } catch (error) {
        if (!(error instanceof AppError) || error.status !== 503) throw error
        // No room: it waits.
        throw new DeliveryError('unavailable', error.message, { retryAfterMs: pool.pauseLeftMs, cause: error })
      }
    }
  }
}
