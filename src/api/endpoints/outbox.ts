import type { FastifyRequest } from 'fastify'
import type { Mailbox } from '../../alert/mailbox.ts'
import { DeadLetterUnknown, EntryUnknown } from '../../alert/outbox.ts'
import type { AlertService } from '../../alert/service.ts'
import { levelName } from '../../model/level.ts'
import { formatInstant, instantOfMillis, instantOfNanos } from '../../core/instant.ts'
import { RawJson } from '../../model/json.ts'
import type { DeadLetterFilter, EventRow } from '../../store/outbox.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'
import { limitedPageOf, queryOf } from '../query.ts'
import type { Services } from '../services.ts'

/** What waits for the handlers of topics, and what they did not get. */
const OUTBOX = `${KAPOK_BASE}/outbox`
const LETTERS = `${KAPOK_BASE}/dead-letters`

interface OutboxPath {
  readonly topic: string
  readonly handler: string
  readonly entry: string
}

export function outboxEndpoints(app: App, { alerts }: Pick<Services, 'alerts'>): void {
  const { outbox } = alerts
  const mailboxOf = ({ params }: { readonly params: unknown }): Mailbox => {
    const { topic, handler } = params as OutboxPath
    return outbox.get(topic, handler)
  }

  app.get(OUTBOX, needs('read', 'alerts'), () => ({
    pending: outbox.pending,
    'dead-letters': outbox.deadLetterCount,
    handlers: outbox.all.map(mailboxJson)
  }))

  app.get(`${OUTBOX}/:topic/:handler`, needs('read', 'alerts'), async (request) => {
    const mailbox = mailboxOf(request)
    const { limit, offset } = limitedPageOf(queryOf(request))
    const entries = await outbox.entries(mailbox.topic, mailbox.name, limit, offset)
    return {
      ...mailboxJson(mailbox),
      entries: entries.map((row) => ({ id: String(row.sequence), since: timeOf(row.sequence), event: eventJson(row) }))
    }
  })

  app.post(`${OUTBOX}/:topic/:handler/redeliver`, changes('alerts', mailboxChange), (request, reply) => {
    mailboxOf(request).retryNow()
    return reply.code(204).send()
  })

  app.delete(`${OUTBOX}/:topic/:handler`, changes('alerts', mailboxChange), async (request) => ({
    dropped: await mailboxOf(request).drop()
  }))

  app.post(`${OUTBOX}/:topic/:handler/:entry/redeliver`, changes('alerts', mailboxChange), async (request, reply) => {
    const mailbox = mailboxOf(request)
    const { entry } = request.params as OutboxPath
    const sequence = numberOf(entry, EntryUnknown)
    await outbox.flush()
    const found = await outbox.store.page(mailbox.topic, mailbox.name, sequence - 1n, sequence, 1)
    if (found.length === 0) throw EntryUnknown(entry)
    mailbox.retryNow()
    return reply.code(204).send()
  })

  app.delete(`${OUTBOX}/:topic/:handler/:entry`, changes('alerts', mailboxChange), async (request, reply) => {
    const mailbox = mailboxOf(request)
    const { entry } = request.params as OutboxPath
    if (!(await mailbox.dropOne(numberOf(entry, EntryUnknown)))) throw EntryUnknown(entry)
    return reply.code(204).send()
  })

  app.get(LETTERS, needs('read', 'alerts'), async (request) => {
    const query = queryOf(request)
    const { limit, offset } = limitedPageOf(query)
    const filter = filterOf(query)
    const letters = await outbox.deadLetters(filter, limit, offset)
    return {
      total: await outbox.store.deadLetterCount(filter),
      letters: letters.map(({ letter, handler, reason, attempts, ...row }) => ({
        id: String(letter),
        topic: row.topic,
        handler,
        reason,
        attempts: Number(attempts),
        died: timeOf(letter),
        event: eventJson(row)
      }))
    }
  })

  app.post(`${LETTERS}/redeliver`, changes('alerts', letterChange), async (request) => ({
    redelivered: await alerts.redeliver(filterOf(queryOf(request)))
  }))
  app.delete(LETTERS, changes('alerts', letterChange), async (request) => ({
    dropped: await outbox.dropDeadLetters(filterOf(queryOf(request)))
  }))

  app.post(`${LETTERS}/:letter/redeliver`, changes('alerts', letterChange), async (request, reply) => {
    await forLetter(request.params, (filter) => alerts.redeliver(filter))
    return reply.code(204).send()
  })
  app.delete(`${LETTERS}/:letter`, changes('alerts', letterChange), async (request, reply) => {
    await forLetter(request.params, (filter) => outbox.dropDeadLetters(filter))
    return reply.code(204).send()
  })
}

/** @param work How many letters it did something to. */
async function forLetter(params: unknown, work: (filter: DeadLetterFilter) => ReturnType<AlertService['redeliver']>) {
  const { letter } = params as { readonly letter: string }
  if ((await work({ letter: numberOf(letter, DeadLetterUnknown) })) === 0) throw DeadLetterUnknown(letter)
}

function numberOf(text: string, unknown: (text: string) => Error): bigint {
  if (!/^\d{1,18}$/.test(text)) throw unknown(text)
  return BigInt(text)
}

function filterOf(query: URLSearchParams): DeadLetterFilter {
  return { topic: query.get('topic') ?? undefined, handler: query.get('handler') ?? undefined }
}

function mailboxJson(mailbox: Mailbox): object {
  const { topic, name, kind, hasHandler, pending, oldest, status, counters } = mailbox
  return {
    topic,
    handler: name,
    kind,
    open: hasHandler,
    pending,
    oldest: oldest === undefined ? null : timeOf(oldest),
    attempts: status.attempts,
    'next-attempt':
      status.nextAttemptMs === undefined ? null : formatInstant(instantOfMillis(Math.round(status.nextAttemptMs))),
    'last-error': status.lastError,
    ...counters
  }
}

function eventJson({ topic, id, level, previous_level, time, duration, message, details, data }: EventRow): object {
  return {
    topic,
    id,
    level: levelName(level),
    previousLevel: levelName(previous_level),
    time: formatInstant(instantOfNanos(time)),
    duration,
    message,
    details,
    data: new RawJson(data)
  }
}

/** The time that a number of microseconds stands for. */
function timeOf(micros: bigint): string {
  return formatInstant(instantOfNanos(micros * 1000n))
}

function mailboxChange({ method, params }: FastifyRequest): ChangedThing {
  const { topic, handler, entry } = params as Partial<OutboxPath>
  const id = [topic, handler, entry].filter((part) => part !== undefined).join('/')
  return { kind: method === 'DELETE' ? 'outbox: dropped' : 'outbox: redelivered', id }
}

function letterChange({ method, params, url }: FastifyRequest): ChangedThing {
  const { letter = url.slice(url.indexOf('?') + 1 || url.length) } = params as { readonly letter?: string }
  return { kind: method === 'DELETE' ? 'dead letters: dropped' : 'dead letters: redelivered', id: letter || 'all' }
}
