import { NO_TIME_TEXT, parseGoTime } from '../../core/go-time.ts'
import { formatInstant, type Instant, nanosOf } from '../../core/instant.ts'
import { type AlertEvent, type LevelName, LEVELS } from '../../model/event.ts'
import type { Section } from './services.ts'

/** A try-out of a service that clients can ask for. */
export interface ServiceTest extends TestForm {
  /** Name of the service, which is that of its section of the configuration. */
  readonly name: string
  /** The kind of handler that delivers it. */
  readonly kind: string
}

/**
 * What a try-out sends unless told otherwise, and as which event.
 * Differs: the options of service tests show no secrets of the configuration; what is left empty is taken from there.
 */
export interface TestForm {
  /**
   * The options in the order in which clients see them. The types of these values are those that clients have to give.
   */
  options(section: Section, now: Instant): TestOptions
  /** @param options Of the same types as the defaults. */
  delivery(options: TestOptions): TestDelivery
}

export type TestOptions = Readonly<Record<string, unknown>>

export interface TestDelivery {
  /** Options of the handler. */
  readonly options?: object
  readonly event?: TestEvent
}

/** The level is a text as clients give it. */
export type TestEvent = Partial<Omit<AlertEvent, 'level'>> & { readonly level?: string }

/** A text of a form of its own, which the text that a client gives instead has to have, too. */
export class FormedText {
  readonly text: string
  /** Name of the type in error messages. */
  readonly goType: string
  /** What is wrong with a text of a client; undefined: nothing. */
  readonly problemOf: (given: string) => string | undefined
  /** What is said of what is no text. Default: that it has the wrong type. */
  readonly otherwise: string | undefined

  constructor(text: string, goType: string, problemOf: (given: string) => string | undefined, otherwise?: string) {
    this.text = text
    this.goType = goType
    this.problemOf = problemOf
    this.otherwise = otherwise
  }
}

export function levelText(level: LevelName): FormedText {
  const isLevel = (given: string): boolean => LEVELS.some((name) => name.startsWith(given))
  return new FormedText(level, 'alert.Level', (given) =>
    isLevel(given) ? undefined : `unknown alert level '${given}'`
  )
}

export function timeText(time: Instant): FormedText {
  const problemOf = (given: string): string | undefined => {
    const parsed = parseGoTime(given)
    return typeof parsed === 'string' ? parsed : undefined
  }
  return new FormedText(formatInstant(time), 'time.Time', problemOf, NO_TIME_TEXT)
}

interface TestInput<T extends object> {
  options(section: Section, now: Instant): T
  delivery(options: PlainOf<T>): TestDelivery
}

type PlainOf<T> = { readonly [K in keyof T]: T[K] extends FormedText ? string : T[K] }

export function serviceTest<T extends object>(input: TestInput<T>): TestForm {
  return {
    options: (section, now) => input.options(section, now) as TestOptions,
    delivery: (options) => input.delivery(options as PlainOf<T>)
  }
}

/** A list as Go prints it: null where nothing is in it. */
export function listOrNull(texts: readonly string[]): readonly string[] | null {
  return texts.length === 0 ? null : texts
}

/** @param text Of a time that is right. */
export function nanosOfText(text: string): bigint {
  const time = parseGoTime(text)
  if (typeof time === 'string') throw new Error(time)
  return nanosOf(time)
}

/** What some tests let clients say of the event's data, as Go names it. */
export interface TestEventData {
  readonly Name: string
  readonly TaskName: string
  readonly Category: string
  readonly Group: string
  readonly Tags: Readonly<Record<string, string>>
  readonly Fields: Readonly<Record<string, unknown>>
  readonly Recoverable: boolean
  readonly Result: { readonly series: unknown }
}

export function testEventData(name: string): TestEventData {
  const names = { Name: name, TaskName: '', Category: '', Group: '' }
  return { ...names, Tags: {}, Fields: {}, Recoverable: false, Result: { series: null } }
}

export function eventOf({
  Name,
  TaskName,
  Category,
  Group,
  Tags,
  Fields,
  Recoverable,
  Result
}: TestEventData): TestEvent {
  const fields = Object.entries(Fields).map(
    ([name, value]) => [name, { type: 'string', value: String(value) }] as const
  )
  return {
    name: Name,
    taskName: TaskName,
    category: Category,
    group: Group,
    tags: Tags,
    fields: Object.fromEntries(fields),
    recoverable: Recoverable,
    dataJson: JSON.stringify(Result)
  }
}
