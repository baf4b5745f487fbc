import type { CollectedEvent } from '../alert/handlers/collected-event.ts'
import { levelName } from '../model/level.ts'
import type { Tap } from '../alert/taps.ts'
import { defineHandler, type HandlerKind, type OpenHandler } from '../alert/handlers/handler.ts'
import { DeliveryError } from '../alert/handlers/delivery-error.ts'
import { AppError } from '../core/errors.ts'
import { compileGlob } from '../core/glob.ts'
import { formatInstant, instantOfNanos } from '../core/instant.ts'
import type { NotifyService } from './service.ts'
import { type Alert, FROM_MAX_BYTES, TITLE_MAX_BYTES } from './alert.ts'

/** An event of a topic as an alert of the pool. Its Title is one line; a message that has more is the Message, too. */
export function alertOfEvent({ event, topic }: CollectedEvent): Alert {
  const { taskName, message, id, timeNs, durationNs, level, tags, fields } = event
  const title = cutBytes((message === '' ? id : message).split('\n')[0]!, TITLE_MAX_BYTES)
  const values = Object.entries(fields).map(([name, { value }]) => [
    name,
    typeof value === 'bigint' ? Number(value) : value
  ])
  return {
    from: cutBytes(oneLine(taskName === '' ? topic : taskName), FROM_MAX_BYTES) || 'kapok',
    date: formatInstant(instantOfNanos(timeNs)),
    host: tags.host ?? '',
    title: title === '' ? 'alert' : title,
    message: title === message ? '' : message,
    routes: [],
    info: {
      id,
      topic,
      level: levelName(level),
      duration: Number(durationNs),
      ...(Object.keys(tags).length > 0 && { tags }),
      ...(values.length > 0 && { fields: Object.fromEntries(values) as unknown })
    },
    sub: [],
    stats: {}
  }
}

type Pool = Pick<NotifyService, 'post' | 'pauseLeftMs'>

const POOL_KIND = 'kkok'

/** The handler `kkok` of topics: its events enter the pool. */
export function poolHandler(pool: Pool): HandlerKind {
  const open = () => openPoolHandler(pool)
  return defineHandler({ kind: POOL_KIND, goType: '*kkok.HandlerConfig', options: {}, open })
}

/** Lets every event of some topics enter the pool. @param patterns Globs. */
export function poolTap(pool: Pool, patterns: readonly string[]): Tap {
  const matchers = patterns.flatMap((pattern) => compileGlob(pattern) ?? [])
  return {
    name: 'notify.from-topics',
    kind: POOL_KIND,
    handler: openPoolHandler(pool),
    isMeant: (topic) => matchers.some((matches) => matches(topic))
  }
}

/** It is done with an event once its alert is in the journal. */
function openPoolHandler(pool: Pool): OpenHandler {
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

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

/** So much of a text as fits, whole characters only. */
function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text
  return new TextDecoder().decode(Buffer.from(text).subarray(0, max)).replace(/\ufffd+$/, '')
}
