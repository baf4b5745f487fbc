import { levelName, parseLevel } from '../../model/level.ts'
import { formatInstant, instantOfNanos, nanosOf } from '../../core/instant.ts'
import { RawJson } from '../../model/json.ts'
import type { DeliveryRow, HistoryFilter, HistoryRow } from '../../store/history.ts'
import { type App, KAPOK_BASE } from '../app.ts'
import { needs } from '../needs.ts'
import { limitedPageOf, queryOf, timeParameter } from '../query.ts'
import type { Services } from '../services.ts'

/** Every transition that topics took in, who was told and how that went: the newest first. */
export function historyEndpoints(app: App, { alerts }: Pick<Services, 'alerts'>): void {
  app.get(`${KAPOK_BASE}/history`, needs('read', 'alerts'), async (request) => {
    const query = queryOf(request)
    const { limit, offset } = limitedPageOf(query)
    await alerts.outbox.flush()
    const rows = await alerts.history.events(filterOf(query), limit, offset)
    const deliveries = await alerts.history.deliveries(rows.map(({ sequence }) => sequence))
    return { events: rows.map((row) => eventJson(row, deliveries)) }
  })
}

function filterOf(query: URLSearchParams): HistoryFilter {
  const level = query.get('level')
  const minLevel = query.get('min-level')
  return {
    topic: query.get('topic') ?? undefined,
    id: query.get('id') ?? undefined,
    ...(level !== null && { level: parseLevel(level) }),
    ...(minLevel !== null && { minLevel: parseLevel(minLevel) }),
    fromNs: timeOf(query, 'from'),
    toNs: timeOf(query, 'to')
  }
}

function timeOf(query: URLSearchParams, name: string): bigint | undefined {
  const time = timeParameter(query, name)
  return time && nanosOf(time)
}

function eventJson(row: HistoryRow, deliveries: readonly DeliveryRow[]): object {
  const told = row.handlers.split(',').filter((name) => name !== '')
  const ended = new Map(
    deliveries.filter(({ origin }) => origin === row.sequence).map((delivery) => [delivery.handler, delivery])
  )
  return {
    topic: row.topic,
    id: row.id,
    level: levelName(row.level),
    previousLevel: levelName(row.previous_level),
    time: formatInstant(instantOfNanos(row.time)),
    duration: row.duration,
    message: row.message,
    details: row.details,
    data: new RawJson(row.data),
    collected: formatInstant(instantOfNanos(row.sequence * 1000n)),
    deliveries: [...new Set([...told, ...ended.keys()])].map((handler) => deliveryJson(handler, ended.get(handler)))
  }
}

function deliveryJson(handler: string, delivery: DeliveryRow | undefined): object {
  if (delivery === undefined) return { handler, status: 'pending' }
  const { outcome, ended, attempts, error } = delivery
  const at = formatInstant(instantOfNanos(ended * 1000n))
  return { handler, status: outcome, time: at, attempts: Number(attempts), ...(error !== '' && { error }) }
}
