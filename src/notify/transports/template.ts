import { compileTemplate } from '../../template/template.ts'
import { TemplateError } from '../../template/error.ts'
import { Time } from '../../template/time.ts'
import type { Value } from '../../template/values.ts'
import { messageOf } from '../../core/errors.ts'
import { type AlertView } from '../expression.ts'
import { type Alert, viewOf } from '../alert.ts'
import type { ConfinedFiles } from '../confined-files.ts'
import { instantOfDate, partsOfDate } from '../date.ts'
import { InvalidDefinition } from '../params.ts'

/** A text made of an alert. */
export type Render = (alert: Alert) => string

/**
 * A template of Go's text/template in a file, over the alert: `.From`, `.Date.UTC.Format "…"`, `range .Sub`, `.Info.key`.
 * An alert that it fails for gets the built-in text.
 * Differs: a failure of it loses no alert, and those of Slack and Twilio work, where in the original all fail.
 * @param file '' for none. Fails with NOTIFY_DEFINITION.
 */
export function alertTemplate(type: string, file: string, files: ConfinedFiles, builtIn: Render): Render {
  if (file === '') return builtIn
  const text = files.read(file, `${type}: template`)
  try {
    const template = compileTemplate('', text)
    return (alert) => {
      try {
        return template.render(dataOf(viewOf(alert)))
      } catch (error) {
        if (error instanceof TemplateError) return `${builtIn(alert)}\n(${messageOf(error)})`
        throw error
      }
    }
  } catch (error) {
    if (error instanceof TemplateError) throw InvalidDefinition(`${type}: template: ${messageOf(error)}`)
    throw error
  }
}

function dataOf(view: AlertView): Value {
  const { offset } = partsOfDate(view.Date)
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? []
  const seconds = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60)
  const date = new Time(instantOfDate(view.Date), seconds, offset === 'Z' ? 'UTC' : '')
  return { ...view, Date: date, Info: view.Info as Value, Sub: view.Sub.map(dataOf) } as Value
}

/** A value of Info in a text. Differs: as JSON has it, where the original prints Go's form (`1e+06`, `map[a:1]`). */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value)
}

/** JSON as `JSON.stringify` prints it, with bigints as the numbers that they are. */
function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`)
    .join(',')}}`
}
