import type { AlertService } from '../alert/service.ts'
import type { CollectedEvent } from '../alert/event.ts'
import { levelName } from '../alert/level.ts'
import { compileGlob } from '../core/glob.ts'
import { messageOf } from '../core/errors.ts'
import { formatInstant, instantOfNanos } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import { type Alert, FROM_MAX_BYTES, TITLE_MAX_BYTES } from './alert.ts'
import type { NotifyService } from './service.ts'

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

/** Lets every event of the topics enter the pool. @param patterns Globs. @returns How to end it. */
export function bridgeTopics(
  alerts: AlertService,
  notify: NotifyService,
  patterns: readonly string[],
  log: Logger
): () => void {
  const matchers = patterns.flatMap((pattern) => compileGlob(pattern) ?? [])
  return alerts.onCollected((collected) => {
    if (!matchers.some((matches) => matches(collected.topic))) return
    notify.post(alertOfEvent(collected)).catch((error: unknown) => {
      log.error('failed to take in an event', { topic: collected.topic, error: messageOf(error) })
    })
  })
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

/** So much of a text as fits, whole characters only. */
function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text
  return new TextDecoder().decode(Buffer.from(text).subarray(0, max)).replace(/\ufffd+$/, '')
}
