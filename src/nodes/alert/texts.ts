import type { NodeContext } from '../../graph/node.ts'
import { LEVELS } from '../../model/event.ts'
import type { Point } from '../../model/point.ts'
import { JSON_FUNCTIONS } from '../../template/functions.ts'
import { Time } from '../../template/time.ts'
import { duration } from '../../template/shared-time-methods.ts'
import { StringMap, StructType, StructValue, type Value } from '../../template/values.ts'
import { jsonString } from '../../model/row.ts'
import { compileTemplateOrRefuse, type NodeTemplate } from '../template.ts'
import type { Occurrence, Subject } from './occurrence.ts'
import { groupText, PointTexts } from './point-texts.ts'

export const DEFAULT_DETAILS = '{{ json . }}'

export interface TextOptions {
  readonly id: string
  readonly message: string
  readonly details: string
}

const SERVER_INFO = new StructType('kapacitor.serverInfo', ['Hostname', 'ClusterID', 'ServerID'])
const ID_FIELDS = ['Name', 'TaskName', 'Group', 'Tags', 'ServerInfo'] as const
const MESSAGE_FIELDS = [...ID_FIELDS, 'ID', 'Fields', 'Level', 'Time', 'Duration'] as const
const ID_INFO = new StructType('kapacitor.idInfo', ID_FIELDS)
const MESSAGE_INFO = new StructType('kapacitor.messageInfo', MESSAGE_FIELDS)
const DETAILS_INFO = new StructType('kapacitor.detailsInfo', [...MESSAGE_FIELDS, 'Message'])

/**
 * Renders the texts of events.
 * Differs: where a template fails on its data Kapacitor ends the task. Here the failure is counted and logged, and the
 * event goes out with the default text in its place: an alert must not be lost over its wording.
 */
export class AlertTexts {
  readonly #id: NodeTemplate
  readonly #message: NodeTemplate
  readonly #details: NodeTemplate
  readonly #hasDefaultDetails: boolean
  readonly #ofPoints: PointTexts
  readonly #taskName: string
  readonly #serverInfo: StructValue
  readonly #onError: (reason: string) => void

  constructor(options: TextOptions, { taskId, ports }: NodeContext, onError: (reason: string) => void) {
    this.#id = compileTemplateOrRefuse('id', options.id)
    this.#message = compileTemplateOrRefuse('message', options.message)
    this.#details = compileTemplateOrRefuse('details', options.details, { html: true, functions: JSON_FUNCTIONS })
    this.#hasDefaultDetails = options.details === DEFAULT_DETAILS
    const { hostname, clusterId, serverId } = ports.server
    const names = { Hostname: hostname, ClusterID: clusterId, ServerID: serverId }
    this.#serverInfo = new StructValue(SERVER_INFO, names)
    const members = Object.entries(names).map(([name, value]) => `"${name}":${jsonString(value)}`)
    this.#ofPoints = new PointTexts(taskId, `{${members.join(',')}}`)
    this.#taskName = taskId
    this.#onError = onError
  }

  id(subject: Subject): string {
    const data = new StructValue(ID_INFO, new IdInfo(subject, this.#taskName, this.#serverInfo))
    return this.#id.render(data, this.#onError) ?? `${subject.name}:${groupText(subject.group)}`
  }

  message(occurrence: Occurrence): string {
    const data = new StructValue(MESSAGE_INFO, new MessageInfo(occurrence, this.#taskName, this.#serverInfo))
    return this.#message.render(data, this.#onError) ?? `${occurrence.id} is ${LEVELS[occurrence.level]}`
  }

  details(occurrence: Occurrence, message: string): string {
    if (this.#hasDefaultDetails) {
      const details = this.#ofPoints.details(occurrence, message)
      if (details !== undefined) return details
    }
    const info = new DetailsInfo(occurrence, message, this.#taskName, this.#serverInfo)
    return this.#details.render(new StructValue(DETAILS_INFO, info), this.#onError) ?? ''
  }

  /** `{"series":[…]}` of the point that raised an event. */
  data(point: Point): string {
    return this.#ofPoints.data(point)
  }
}

// The members of these classes are what templates name: `.Name`, `.Tags`, … What few templates use is made when asked,
// and once where that takes time, however often a template asks.

class IdInfo {
  readonly Name: string
  readonly TaskName: string
  readonly ServerInfo: StructValue
  readonly #subject: Subject
  #tags: StringMap | undefined

  constructor(subject: Subject, taskName: string, serverInfo: StructValue) {
    this.Name = subject.name
    this.TaskName = taskName
    this.ServerInfo = serverInfo
    this.#subject = subject
  }

  get Group(): string {
    return groupText(this.#subject.group)
  }

  get Tags(): StringMap {
    return (this.#tags ??= new StringMap(this.#subject.tags))
  }
}

class MessageInfo extends IdInfo {
  readonly ID: string
  readonly Level: string
  readonly #occurrence: Occurrence
  #fields: Value

  constructor(occurrence: Occurrence, taskName: string, serverInfo: StructValue) {
    super(occurrence, taskName, serverInfo)
    this.ID = occurrence.id
    this.Level = LEVELS[occurrence.level]
    this.#occurrence = occurrence
  }

  get Fields(): Value {
    return (this.#fields ??= fieldsOf(this.#occurrence.point))
  }

  get Time(): Time {
    return new Time(this.#occurrence.time)
  }

  get Duration(): Value {
    return duration(this.#occurrence.durationNs)
  }
}

class DetailsInfo extends MessageInfo {
  readonly Message: string

  constructor(occurrence: Occurrence, message: string, taskName: string, serverInfo: StructValue) {
    super(occurrence, taskName, serverInfo)
    this.Message = message
  }
}

/** Fields for a template, where a number is a float64 and a bigint an int64. */
function fieldsOf({ schema, values }: Point): Value {
  return Object.fromEntries(
    schema.names.map((name, index) => {
      const value = values[index]!
      const type = schema.types[index]!
      if (type === 'int') return [name, BigInt(value as number | bigint)]
      return [name, type === 'duration' ? duration(value as bigint) : value]
    })
  )
}
