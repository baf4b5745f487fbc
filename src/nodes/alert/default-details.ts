import { formatInstant } from '../../core/instant.ts'
import { compareBytes } from '../../model/bytes.ts'
import { LEVELS } from '../../model/event.ts'
import type { Point } from '../../model/point.ts'
import { jsonString } from '../../model/row.ts'
import type { Occurrence } from './texts.ts'

/** What the default template of details sees beside the occurrence. */
export interface DetailsFrame {
  readonly taskName: string
  /** `nil` where not grouped. */
  readonly group: string
  readonly message: string
  /** JSON of the server's names. */
  readonly serverJson: string
}

/**
 * What the template `{{ json . }}` gives, HTML-escaped and with its line end, without the template: nearly every alert
 * node has these details, and the template takes four times as long, half of an event's cost.
 * @returns undefined where JSON has no form for a field; the template then says so.
 */
export function defaultDetails(occurrence: Occurrence, frame: DetailsFrame): string | undefined {
  const fields = fieldsJson(occurrence.point)
  if (fields === undefined) return undefined
  const { name, tags, id, level, time, durationNs } = occurrence
  const json =
    `{"Name":${jsonString(name)},"TaskName":${jsonString(frame.taskName)},"Group":${jsonString(frame.group)},` +
    `"Tags":${tagsJson(tags)},"ServerInfo":${frame.serverJson},"ID":${jsonString(id)},"Fields":${fields},` +
    `"Level":"${LEVELS[level]}","Time":"${formatInstant(time)}","Duration":${durationNs},` +
    `"Message":${jsonString(frame.message)}}\n`
  return json.replaceAll('"', '&#34;').replaceAll("'", '&#39;').replaceAll('+', '&#43;')
}

function tagsJson(tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort(compareBytes)
  return `{${names.map((name) => `${jsonString(name)}:${jsonString(tags[name]!)}`).join(',')}}`
}

function fieldsJson({ schema, values }: Point): string | undefined {
  const members: string[] = []
  const order = [...schema.names.keys()].sort((a, b) => compareBytes(schema.names[a]!, schema.names[b]!))
  for (const index of order) {
    const value = values[index]!
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return undefined
    const text = typeof value === 'string' ? jsonString(value) : String(value)
    members.push(`${jsonString(schema.names[index]!)}:${text}`)
  }
  return `{${members.join(',')}}`
}
