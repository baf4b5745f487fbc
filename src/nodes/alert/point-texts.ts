import { formatInstant } from '../../core/instant.ts'
import { compareBytes } from '../../model/bytes.ts'
import { LEVELS } from '../../model/event.ts'
import type { Group } from '../../model/group.ts'
import type { Point } from '../../model/point.ts'
import { cellJson, jsonString } from '../../model/row.ts'
import type { Schema } from '../../model/schema.ts'
import type { Series } from '../../model/series.ts'
import type { Occurrence } from './occurrence.ts'

/** What does not change from one event of a series to the next, nearly all of the two texts. */
interface Frame {
  readonly name: string
  readonly group: Group
  readonly tags: Readonly<Record<string, string>>
  readonly schema: Schema
  /** Positions of the fields, by their names. */
  readonly order: readonly number[]
  /** The data before the time. */
  readonly data: string
  /** The details before the id. */
  readonly details: string
  /** What stands before each value in the details, in the order of `order`. */
  readonly keys: readonly string[]
}

/** Fields and tags of all frames together that are kept; with more they are made anew. */
const MAX_NAMES = 131_072
/** A frame counts for so many more. */
const NAMES_A_FRAME = 16

/**
 * The two long texts of an event, without a template and with little work: together they were half of its cost.
 * Their JSON is that of `model/row.ts`.
 */
export class PointTexts {
  readonly #taskName: string
  readonly #serverJson: string
  readonly #frames = new Map<Series, Frame>()
  #names = 0

  /** @param serverJson JSON of the server's names. */
  constructor(taskName: string, serverJson: string) {
    this.#taskName = taskName
    this.#serverJson = serverJson
  }

  /** `{"series":[…]}` of a point. */
  data(point: Point): string {
    const { order, data } = this.#frame(point, point.name, point.group, point.series.tags.toObject())
    const { schema, values } = point
    let text = `${data}"${formatInstant(point.time)}"`
    for (const index of order) text += `,${cellJson({ type: schema.types[index]!, value: values[index]! })}`
    return `${text}]]}]}`
  }

  /**
   * What the template `{{ json . }}` gives, HTML-escaped and with its line end.
   * @returns undefined where JSON has no form for a field; the template then says so.
   */
  details({ point, name, group, tags, id, level, time, durationNs }: Occurrence, message: string): string | undefined {
    const { order, details, keys } = this.#frame(point, name, group, tags)
    let text = `${details}${quoted(id)},&#34;Fields&#34;:{`
    for (let i = 0; i < order.length; i++) {
      const value = point.values[order[i]!]!
      if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return undefined
      text += keys[i]! + (typeof value === 'string' ? quoted(value) : String(value).replace('+', '&#43;'))
    }
    return (
      `${text}},&#34;Level&#34;:&#34;${LEVELS[level]}&#34;,&#34;Time&#34;:&#34;${formatInstant(time)}&#34;,` +
      `&#34;Duration&#34;:${durationNs},&#34;Message&#34;:${quoted(message)}}\n`
    )
  }

  #frame(point: Point, name: string, group: Group, tags: Readonly<Record<string, string>>): Frame {
    const { series, schema } = point
    const known = this.#frames.get(series)
    if (known?.schema === schema && known.group === group && known.tags === tags && known.name === name) return known
    this.#names += schema.size + series.tags.size + NAMES_A_FRAME
    if (this.#names > MAX_NAMES) {
      this.#frames.clear()
      this.#names = 0
    }
    const frame = this.#make(schema, name, group, tags)
    this.#frames.set(series, frame)
    return frame
  }

  #make(schema: Schema, name: string, group: Group, tags: Readonly<Record<string, string>>): Frame {
    const order = [...schema.names.keys()].sort((a, b) => compareBytes(schema.names[a]!, schema.names[b]!))
    const names = order.map((index) => jsonString(schema.names[index]!))
    const tagsJson = membersJson(tags)
    const head =
      `{"Name":${jsonString(name)},"TaskName":${jsonString(this.#taskName)},"Group":${jsonString(groupText(group))},` +
      `"Tags":${tagsJson},"ServerInfo":${this.#serverJson},"ID":`
    const data =
      (name === '' ? '' : `"name":${jsonString(name)},`) +
      (tagsJson === '{}' ? '' : `"tags":${tagsJson},`) +
      `"columns":[${['"time"', ...names].join(',')}],"values":[[`
    return {
      ...{ name, group, tags, schema, order },
      data: `{"series":[{${data}`,
      details: escaped(head),
      keys: names.map((key, i) => escaped(`${i === 0 ? '' : ','}${key}:`))
    }
  }
}

export function groupText({ id }: Group): string {
  return id === '' ? 'nil' : id
}

function membersJson(tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort(compareBytes)
  return `{${names.map((name) => `${jsonString(name)}:${jsonString(tags[name]!)}`).join(',')}}`
}

/** What neither JSON nor HTML escapes. */
const PLAIN = /^[ !#-%(-*,-;=?-[\]-~]*$/

/** A JSON string as HTML. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `&#34;${text}&#34;` : escaped(jsonString(text))
}

/** JSON as HTML; what else HTML escapes, JSON has escaped. */
function escaped(json: string): string {
  return json.replaceAll('"', '&#34;').replaceAll("'", '&#39;').replaceAll('+', '&#43;')
}
