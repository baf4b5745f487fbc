import { defineError } from '../../core/errors.ts'
import { nanosOf, parseInstant } from '../../core/instant.ts'
import type { AlertEvent } from '../../model/event.ts'
import type { Section } from './services.ts'

/**
 * A try-out of a service that clients can ask for: what it sends unless told otherwise, and as which event.
 * Differs: the options of service tests show no secrets of the configuration; what is left empty is taken from there.
 */
export interface ServiceTest {
  /** As its section of the configuration. */
  readonly name: string
  /** The kind of handler that delivers it. */
  readonly kind: string
  /** False where the section has no `enabled`. */
  readonly hasSwitch: boolean
  /** In the order in which clients see them. The types of these values are those that clients have to give. */
  options(section: Section): TestOptions
  /** @param options Of the same types as the defaults. */
  delivery(options: TestOptions): TestDelivery
}

export type TestOptions = Readonly<Record<string, unknown>>

export interface TestDelivery {
  /** Of the handler. */
  readonly options?: object
  readonly event?: TestEvent
}

/** The level is a text as clients give it. */
export type TestEvent = Partial<Omit<AlertEvent, 'level'>> & { readonly level?: string }

interface TestInput<T extends object> {
  readonly name: string
  readonly kind?: string
  readonly hasSwitch?: boolean
  options(section: Section): T
  delivery(options: T): TestDelivery
}

export function serviceTest<T extends object>(input: TestInput<T>): ServiceTest {
  return {
    name: input.name,
    kind: input.kind ?? input.name,
    hasSwitch: input.hasSwitch ?? true,
    options: (section) => input.options(section) as TestOptions,
    delivery: (options) => input.delivery(options as T)
  }
}

/** A list as Go prints it: null where nothing is in it. */
export function listOrNull(texts: readonly string[]): readonly string[] | null {
  return texts.length === 0 ? null : texts
}

const BadTime = defineError('TEST_TIME', 500, (text: string) => `invalid time ${JSON.stringify(text)}`)

/** Fails with TEST_TIME. */
export function nanosOfText(text: string): bigint {
  const time = parseInstant(text)
  if (time === undefined) throw BadTime(text)
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
