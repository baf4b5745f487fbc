import { instantOfNanos } from '../../core/instant.ts'
import type { AlertEvent } from '../../model/event.ts'
import { compactJson } from '../../model/json.ts'
import { compileTemplate, type TemplateOptions } from '../../template/template.ts'
import { TemplateError } from '../../template/error.ts'
import { JSON_FUNCTIONS } from '../../template/functions.ts'
import { Time } from '../../template/time.ts'
import { duration } from '../../template/shared-time-methods.ts'
import {
  type Callable,
  Int,
  type IntType,
  Safe,
  StringMap,
  StructType,
  StructValue,
  type Value
} from '../../template/values.ts'
import type { TopicEvent } from './topic-event.ts'
import { levelName } from '../../model/level.ts'
import { DeliveryError } from './delivery-error.ts'

/** A template in an option, or in the configuration. Rendering refuses the event where it fails. */
export type EventTemplate = (event: TopicEvent) => string

/**
 * A template over `.ID .Message .Level .Time .Duration .Details .Name .TaskName .Group .Tags .Fields`.
 * @param name How errors call it: the option's name, as a rule. Throws TemplateError, as all do that make templates.
 */
export function eventTemplate(name: string, text: string): EventTemplate {
  return templateOf(name, text, ({ event }) => new StructValue(EVENT_DATA, new EventData(event)))
}

/** A template over what an `eventTemplate` has, and `.Recoverable`: what templates of Zenoss have. */
export function zenossTemplate(name: string, text: string): EventTemplate {
  return templateOf(name, text, ({ event }) => new StructValue(ZENOSS_DATA, new EventData(event)))
}

/**
 * A template over the alert data, as `json` prints it: `.Data`, `.PreviousLevel` and `.Recoverable` too, levels as
 * numbers.
 * @param problem What stands before the problem of the template.
 */
export function alertTemplate(name: string, text: string, problem = 'failed to parse template'): EventTemplate {
  const dataOf = (event: TopicEvent): Value => new StructValue(ALERT_DATA, new AlertData(event))
  try {
    return templateOf(name, text, dataOf, { functions: ALERT_FUNCTIONS })
  } catch (error) {
    throw error instanceof TemplateError ? new TemplateError(`${problem}: ${error.message}`) : error
  }
}

/** The message of what the events of an interval came to. */
export type AggregateTemplate = (data: { readonly Count: number; readonly Interval: bigint }) => string

export function aggregateTemplate(text: string): AggregateTemplate {
  const template = compileTemplate('message', text)
  return ({ Count, Interval }) => template.render({ Count: BigInt(Count), Interval: duration(Interval) })
}

/**
 * Values by name, of which the texts are templates.
 * @param prefix Of the names of templates, before those of the values.
 */
export function renderedValues(
  values: Readonly<Record<string, unknown>>,
  prefix = '',
  templateOfText: (name: string, text: string) => EventTemplate = eventTemplate
): (event: TopicEvent) => ReadonlyMap<string, unknown> {
  const members = Object.entries(values).map(([name, value]) => {
    const render = typeof value === 'string' ? templateOfText(prefix + name, value) : () => value
    return [name, render] as const
  })
  return (event) => new Map(members.map(([name, render]) => [name, render(event)]))
}

function templateOf(
  name: string,
  text: string,
  dataOf: (event: TopicEvent) => Value,
  options: TemplateOptions = {}
): EventTemplate {
  if (!text.includes('{{')) return () => text
  const template = compileTemplate(name, text, options)
  return (event) => {
    try {
      return template.render(dataOf(event))
    } catch (error) {
      if (error instanceof TemplateError) throw new DeliveryError('refused', error.message)
      throw error
    }
  }
}

const EVENT_MEMBERS = [
  ...['ID', 'Message', 'Level', 'Time', 'Duration'],
  ...['Name', 'TaskName', 'Group', 'Tags', 'Fields', 'Details']
]
const EVENT_DATA = new StructType('alert.TemplateData', EVENT_MEMBERS)
const ZENOSS_DATA = new StructType('zenoss.info', [...EVENT_MEMBERS, 'Recoverable'])
const ALERT_DATA = new StructType('alert.Data', [
  ...['ID', 'Message', 'Details', 'Time', 'Duration'],
  ...['Level', 'Data', 'PreviousLevel', 'Recoverable']
])
const RESULT = new StructType('models.Result', ['Series', 'Messages', 'Err'])
const ROW = new StructType('models.Row', ['Name', 'Tags', 'Columns', 'Values'])
const LEVEL: IntType = { name: 'alert.Level', print: (value) => levelName(Number(value) as AlertEvent['level']) }

// What takes time to make of an event is made once for a rendering, however often a template asks for it.

class EventData {
  readonly event: AlertEvent
  #tags: StringMap | undefined
  #fields: { readonly [field: string]: Value } | undefined

  constructor(event: AlertEvent) {
    this.event = event
  }

  get ID(): string {
    return this.event.id
  }
  get Message(): string {
    return this.event.message
  }
  get Details(): string {
    return this.event.details
  }
  get Level(): Value {
    return levelName(this.event.level)
  }
  get Time(): Time {
    return new Time(instantOfNanos(this.event.timeNs))
  }
  get Duration(): Int {
    return duration(this.event.durationNs)
  }
  get Recoverable(): boolean {
    return this.event.recoverable
  }
  get Name(): string {
    return this.event.name
  }
  get TaskName(): string {
    return this.event.taskName
  }
  get Group(): string {
    return this.event.group
  }
  get Tags(): StringMap {
    return (this.#tags ??= new StringMap(this.event.tags))
  }
  get Fields(): { readonly [field: string]: Value } {
    return (this.#fields ??= fieldsOf(this.event))
  }
}

function fieldsOf({ fields }: AlertEvent): { readonly [field: string]: Value } {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { type, value }]): [string, Value] => {
      if (type === 'int') return [name, BigInt(value as number)]
      return [name, type === 'duration' ? duration(value as bigint) : value]
    })
  )
}

/** What prints itself as JSON, since Go's structs have other names there. */
interface WithJson {
  readonly json: string
}

class AlertData extends EventData implements WithJson {
  readonly #topicEvent: TopicEvent
  #data: StructValue | undefined

  constructor(topicEvent: TopicEvent) {
    super(topicEvent.event)
    this.#topicEvent = topicEvent
  }

  get json(): string {
    return this.#topicEvent.json
  }
  override get Level(): Value {
    return new Int(LEVEL, BigInt(this.event.level))
  }
  get PreviousLevel(): Value {
    return new Int(LEVEL, BigInt(this.#topicEvent.previousLevel))
  }
  get Data(): StructValue {
    return (this.#data ??= new StructValue(RESULT, new Result(this.event.dataJson)))
  }
}

class Result implements WithJson {
  readonly json: string
  readonly Messages = null
  readonly Err = null
  #series: readonly Value[] | null | undefined

  constructor(json: string) {
    this.json = json
  }

  get Series(): readonly Value[] | null {
    if (this.#series === undefined) {
      const { series } = JSON.parse(this.json) as { series: readonly RowJson[] | null }
      this.#series = series?.map((row) => new StructValue(ROW, new TemplateRow(row))) ?? null
    }
    return this.#series
  }
}

interface RowJson {
  readonly name?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns?: readonly string[]
  readonly values?: readonly (readonly Value[])[]
}

class TemplateRow implements WithJson {
  readonly #row: RowJson
  #json: string | undefined

  constructor(row: RowJson) {
    this.#row = row
  }

  get json(): string {
    return (this.#json ??= compactJson(this.#row))
  }
  get Name(): string {
    return this.#row.name ?? ''
  }
  get Tags(): StringMap {
    return new StringMap(this.#row.tags ?? {})
  }
  get Columns(): readonly Value[] {
    return this.#row.columns ?? []
  }
  get Values(): readonly Value[] {
    return this.#row.values ?? []
  }
}

/** `json` and `jsonCompact`, of alert data too. */
const ALERT_FUNCTIONS: ReadonlyMap<string, Callable> = new Map(
  [...JSON_FUNCTIONS].map(([name, { params, call }]) => [
    name,
    {
      params,
      call: ([value], budget) => {
        const json = value instanceof StructValue ? (value.members as Partial<WithJson>).json : undefined
        if (json === undefined) return call([value], budget)
        budget.spendOn(json.length)
        return new Safe('js', name === 'json' ? `${json}\n` : json)
      }
    }
  ])
)
