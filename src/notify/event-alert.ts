import { TopicEvent } from '../alert/handlers/topic-event.ts'
import { formatInstant, instantOfNanos, nanosOf } from '../core/instant.ts'
import { type AlertEvent, BLANK_EVENT, type Level, LEVELS } from '../model/event.ts'
import { levelName } from '../model/level.ts'
import { type Alert, FROM_MAX_BYTES, TITLE_MAX_BYTES } from './alert.ts'
import { alertJson } from './alert-json.ts'
import { instantOfDate } from './date.ts'
import { fieldsOf, fieldViews, membersOf } from './event-fields.ts'

/**
 * Events of topics as alerts of the pool, and back. An alert keeps the event that it was made of: what filters have not
 * changed leaves as it came, with its types.
 */

/** An event of a topic as an alert. Its Title is one line; a message that has more is the Message, too. */
export function alertOfEvent(source: TopicEvent): Alert {
  const { taskName, message, id, timeNs, tags } = source.event
  const title = cutBytes((message === '' ? id : message).split('\n')[0]!, TITLE_MAX_BYTES)
  return {
    from: cutBytes(oneLine(taskName === '' ? source.topic : taskName), FROM_MAX_BYTES) || 'kapok',
    date: formatInstant(instantOfNanos(timeNs)),
    host: tags.host ?? '',
    title: title === '' ? 'alert' : title,
    message: title === message ? '' : message,
    routes: [],
    info: infoOf(source),
    sub: [],
    stats: {},
    source
  }
}

/**
 * What a transport or a topic gets of an alert: its event, with what filters have changed laid over it. An alert that
 * came from no topic is a critical event with its title as id, but for what its Info says as that of events does.
 */
export function eventOfAlert(alert: Alert): TopicEvent {
  const { source, info, from, title, message, date } = alert
  const event = source?.event ?? { ...BLANK, dataJson: alertJson(alert) }
  const given = source && alertOfEvent(source)
  const hasItsTexts = title === given?.title && message === given.message
  const hasNoMessage = message === '' && given?.message === ''
  const overlaid: AlertEvent = {
    ...event,
    topics: [],
    id: textMember(info, 'id') || title,
    message: hasItsTexts ? event.message : title,
    details: hasItsTexts || hasNoMessage ? event.details : message,
    timeNs: nanosOf(instantOfDate(date)),
    durationNs: info.duration === given?.info.duration ? event.durationNs : nanosOfNumber(info.duration),
    level: levelOf(info.level),
    recoverable: info.recoverable !== false,
    taskName: from === given?.from ? event.taskName : from,
    name: textMember(info, 'name') || event.name,
    group: textMember(info, 'group'),
    category: textMember(info, 'category'),
    tags: tagsOf(alert, given),
    fields: fieldsOf(info.fields, event.fields)
  }
  return new TopicEvent(overlaid, source?.topic ?? ROUTES, source?.previousLevel ?? 0, source?.path ?? [])
}

/**
 * The event of an alert that is made of several: what theirs have in common, and the highest of their levels.
 * @returns undefined where one of them came from no topic.
 */
export function commonEvent(members: readonly Alert[]): Pick<Alert, 'source' | 'info'> | undefined {
  if (members.some(({ source }) => source === undefined)) return undefined
  const all = members.map(eventOfAlert)
  const events = all.map(({ event }) => event)
  const common = <T>(values: readonly T[], other: T): T =>
    values.every((one) => one === values[0]) ? values[0]! : other
  const text = (name: 'id' | 'name' | 'group' | 'category'): string =>
    common(
      events.map((event) => event[name]),
      ''
    )
  const durationNs = common<bigint | undefined>(
    events.map((event) => event.durationNs),
    undefined
  )
  const event: AlertEvent = {
    ...BLANK,
    ...{ id: text('id'), name: text('name'), group: text('group'), category: text('category') },
    durationNs: durationNs ?? 0n,
    level: Math.max(...events.map(({ level }) => level)) as Level,
    recoverable: events.some(({ recoverable }) => recoverable),
    tags: commonMembers(
      events.map(({ tags }) => tags),
      (one, other) => one === other
    ),
    fields: commonMembers(
      events.map(({ fields }) => fields),
      (one, other) => one.type === other.type && Object.is(one.value, other.value)
    )
  }
  const path = [...new Set(all.flatMap((one) => one.path))]
  const previousLevel = common<Level>(
    all.map((one) => one.previousLevel),
    0
  )
  const source = new TopicEvent(
    event,
    common(
      all.map(({ topic }) => topic),
      ''
    ),
    previousLevel,
    path
  )
  const { duration, ...info } = infoOf(source)
  const said = Object.entries(info).filter(([, value]) => value !== '')
  return { source, info: Object.fromEntries([...said, ...(durationNs === undefined ? [] : [['duration', duration]])]) }
}

/** What stands for a topic of alerts that came from none. */
const ROUTES = 'routes'

const BLANK: AlertEvent = { ...BLANK_EVENT, level: 3, recoverable: true }

/** JSON values. What is as with most events is not there: no group, no category, and that it can recover. */
function infoOf({ event, topic }: TopicEvent): Alert['info'] {
  const { id, level, durationNs, group, category, recoverable, tags, fields } = event
  return {
    id,
    topic,
    level: levelName(level),
    duration: Number(durationNs),
    ...(group !== '' && { group }),
    ...(category !== '' && { category }),
    ...(!recoverable && { recoverable }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(Object.keys(fields).length > 0 && { fields: fieldViews(fields) })
  }
}

/** The tags of Info, and Host where that is not what the event had. */
function tagsOf({ host, info }: Alert, given: Alert | undefined): Readonly<Record<string, string>> {
  const tags = membersOf(info.tags).filter((member): member is [string, string] => typeof member[1] === 'string')
  if (given === undefined) return { ...(host !== '' && { host }), ...Object.fromEntries(tags) }
  if (host === given.host) return Object.fromEntries(tags)
  const others = tags.filter(([name]) => name !== 'host')
  return { ...Object.fromEntries(others), ...(host !== '' && { host }) }
}

/** Critical where it says none. */
function levelOf(name: unknown): Level {
  const level = LEVELS.findIndex((one) => one === name)
  return (level < 0 ? LEVELS.length - 1 : level) as Level
}

function nanosOfNumber(value: unknown): bigint {
  return typeof value === 'number' && Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n
}

function textMember(info: Alert['info'], name: string): string {
  const value = info[name]
  return typeof value === 'string' ? value : ''
}

function commonMembers<T>(
  objects: readonly Readonly<Record<string, T>>[],
  isSame: (one: T, other: T) => boolean
): Record<string, T> {
  const [first, ...others] = objects
  const has = (object: Readonly<Record<string, T>>, name: string, value: T): boolean =>
    Object.hasOwn(object, name) && isSame(object[name]!, value)
  return Object.fromEntries(
    Object.entries(first!).filter(([name, value]) => others.every((object) => has(object, name, value)))
  )
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ')
}

/** So much of a text as fits, whole characters only. */
function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text
  return new TextDecoder().decode(Buffer.from(text).subarray(0, max)).replace(/\ufffd+$/, '')
}
