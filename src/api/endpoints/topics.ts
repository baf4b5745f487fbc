import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseLevel, levelName } from '../../model/level.ts'
import { InvalidNewSpec, InvalidReplacement, readSpec, type TopicHandlerSpec } from '../../alert/handler-spec.ts'
import type { AlertService } from '../../alert/service.ts'
import type { Topic } from '../../alert/topic.ts'
import { formatGoDuration } from '../../core/duration.ts'
import { type AppError, defineError } from '../../core/errors.ts'
import { compileGlob } from '../../core/glob.ts'
import { formatInstant, instantOfNanos } from '../../core/instant.ts'
import { quote } from '../../core/print.ts'
import { compareBytes } from '../../model/bytes.ts'
import type { StateRecord } from '../../store/alert-log.ts'
import { type App, BASE } from '../app.ts'
import { textOf } from '../body.ts'
import { changes, type ChangedThing } from '../changes.ts'
import { needs } from '../needs.ts'
import { NotFound } from '../problems.ts'
import { queryOf } from '../query.ts'
import type { Services } from '../services.ts'

const PATH = `${BASE}/alerts/topics`

const UnknownTopic = defineError('TOPIC_UNKNOWN', 404, (id: string) => `unknown topic: ${quote(id)}`)
const UnknownEvent = defineError(
  'EVENT_UNKNOWN',
  404,
  (id: string, topic: string) => `unknown event ${quote(id)} in topic ${quote(topic)}`
)
const NoEvents = defineError(
  'TOPIC_EVENTS',
  500,
  (topic: string) => `failed to get topic events: unknown topic ${quote(topic)}`
)
const InvalidPattern = defineError('PATTERN_INVALID', 400, () => 'invalid pattern: syntax error in pattern')

export function topicEndpoints(app: App, { alerts }: Pick<Services, 'alerts'>): void {
  const { handlers } = alerts
  const handlerOf = (topic: string, id: string): object => handlerJson(handlers.masked(handlers.get(topic, id)))

  app.get(PATH, needs('read', 'alerts'), (request) => {
    const query = queryOf(request)
    const matches = patternOf(query)
    const minLevel = parseLevel(query.get('min-level') ?? '')
    const found = alerts.topics().filter(({ id, level }) => level >= minLevel && matches(id))
    return { link: { rel: 'self', href: request.url }, topics: sorted(found).map(topicJson) }
  })

  app.get(`${PATH}/*`, needs('read', 'alerts'), (request) => {
    const { topic, collection, item } = placeOf(request.params)
    const query = queryOf(request)
    if (collection === undefined) return topicJson(topicOrElse(alerts, topic, UnknownTopic))
    if (collection === 'events') {
      return item === undefined ? eventsJson(alerts, topic, query) : eventJson(findEvent(alerts, topic, item))
    }
    if (item !== undefined) return handlerOf(topic, item)
    const matches = patternOf(query)
    return {
      link: { rel: 'self', href: request.url },
      topic,
      handlers: handlers
        .list(topic)
        .filter(({ id }) => matches(id))
        .map((spec) => handlerJson(handlers.masked(spec)))
    }
  })

  /** A handler, an event or a whole topic. */
  const changeIn = ({ params }: FastifyRequest): ChangedThing => {
    const { topic, collection, item } = placeOf(params)
    if (collection === 'handlers') {
      const read = (id: string): unknown => handlerOf(topic, id)
      return { kind: `handler of ${topic}`, id: item ?? '', read }
    }
    return { kind: collection === undefined ? 'topic' : `event of ${topic}`, id: item ?? topic }
  }

  app.post(`${PATH}/*`, changes('alerts', changeIn), async (request) => {
    const { topic } = placeOf(request.params)
    const spec = readSpec(textOf(request), topic, InvalidNewSpec)
    await handlers.create(spec)
    return handlerOf(topic, spec.id)
  })

  app.put(`${PATH}/*`, changes('alerts', changeIn), async (request) => {
    const { topic, id } = handlerPlaceOf(request.params)
    handlers.get(topic, id)
    const spec = readSpec(textOf(request), topic, InvalidReplacement)
    await handlers.replace(id, spec)
    return handlerOf(topic, spec.id)
  })

  app.patch(`${PATH}/*`, changes('alerts', changeIn), async (request) => {
    const { topic, id } = handlerPlaceOf(request.params)
    return handlerOf(topic, await handlers.patch(topic, id, textOf(request)))
  })

  app.delete(`${PATH}/*`, changes('alerts', changeIn), async (request, reply): Promise<FastifyReply> => {
    const { topic, collection, item } = deletablePlaceOf(request.params)
    if (item === undefined) await alerts.deleteTopic(topic)
    else if (collection === 'events') await alerts.deleteEvent(topic, item)
    else await handlers.remove(topic, item)
    return reply.code(204).send()
  })
}

interface TopicPath {
  readonly topic: string
  readonly collection?: 'events' | 'handlers'
  readonly item?: string
}

/**
 * `TOPIC`, `TOPIC/events`, `TOPIC/handlers/ID`; whatever else follows the topic is passed over, as in Kapacitor.
 * Differs: the id of an event may have slashes; Kapacitor answers such a path with the topic.
 */
function placeOf(params: unknown): TopicPath {
  const [topic = '', collection, ...rest] = (params as { '*': string })['*'].split('/')
  if (collection !== 'events' && collection !== 'handlers') return { topic }
  const item = rest.join('/')
  return item === '' ? { topic, collection } : { topic, collection, item }
}

/** Differs: deleting what a topic does not have is a 404; Kapacitor deletes the whole topic. */
function deletablePlaceOf(params: unknown): TopicPath {
  const place = placeOf(params)
  const isTopic = (params as { '*': string })['*'].replace(/\/$/, '') === place.topic
  if (!isTopic && place.item === undefined) throw NotFound()
  return place
}

function handlerPlaceOf(params: unknown): { readonly topic: string; readonly id: string } {
  const { topic, collection, item } = placeOf(params)
  if (collection !== 'handlers' || item === undefined) throw NotFound()
  return { topic, id: item }
}

function patternOf(query: URLSearchParams): (id: string) => boolean {
  const pattern = query.get('pattern') ?? ''
  const matches = pattern === '' ? () => true : compileGlob(pattern)
  if (matches === undefined) throw InvalidPattern()
  return matches
}

function sorted<T extends { readonly id: string }>(items: T[]): T[] {
  return items.sort((a, b) => compareBytes(a.id, b.id))
}

function topicJson({ id, level, collected }: Topic): object {
  const href = `${PATH}/${id}`
  return {
    link: { rel: 'self', href },
    id,
    level: levelName(level),
    collected,
    'events-link': { rel: 'events', href: `${href}/events` },
    'handlers-link': { rel: 'handlers', href: `${href}/handlers` }
  }
}

function eventsJson(alerts: AlertService, topic: string, query: URLSearchParams): object {
  const minLevel = parseLevel(query.get('min-level') ?? '')
  const states = [...topicOrElse(alerts, topic, NoEvents).states].filter(({ level }) => level >= minLevel)
  return { link: { rel: 'self', href: `${PATH}/${topic}/events` }, topic, events: sorted(states).map(eventJson) }
}

function findEvent(alerts: AlertService, topic: string, id: string): StateRecord {
  const state = alerts.findTopic(topic)?.findState(id)
  if (state === undefined) throw UnknownEvent(id, topic)
  return state
}

function topicOrElse(alerts: AlertService, id: string, unknown: (id: string) => AppError): Topic {
  const topic = alerts.findTopic(id)
  if (topic === undefined) throw unknown(id)
  return topic
}

function eventJson({ topic, id, message, details, timeNs, durationNs, level }: StateRecord): object {
  return {
    link: { rel: 'self', href: `${PATH}/${topic}/events/${id}` },
    id,
    state: {
      message,
      details,
      time: formatInstant(instantOfNanos(timeNs)),
      duration: formatGoDuration(durationNs),
      level: levelName(level)
    }
  }
}

function handlerJson({ topic, id, kind, options, match }: TopicHandlerSpec): object {
  return {
    link: { rel: 'self', href: `${PATH}/${topic}/handlers/${id}` },
    id,
    kind,
    options: goMapOf(options),
    match
  }
}

/** Options are a Go map: all of their keys are sorted. */
function goMapOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goMapOf)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([name, member]) => [name, goMapOf(member)]))
}
