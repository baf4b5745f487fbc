import { normalizeDate } from '../date.ts'
import { ID, InvalidDefinition, type PartDefinition } from '../params.ts'

/** What filters of every type have. */
export interface CommonOptions {
  readonly label: string
  readonly disabled: boolean
  /** Normalised; '' for never. */
  readonly expire: string
  readonly all: boolean
  readonly scripts: readonly string[]
  /** undefined: none. */
  readonly condition: unknown
  /** Lower ones run first; those alike in the order of their definition. */
  readonly order: number
  /** Alerts for which the filter fails go on, marked; or no further. */
  readonly onError: 'keep' | 'discard'
}

/** The members of a definition that `readCommon` reads, for the JSON Schema. */
export const COMMON_SCHEMA: PartDefinition = {
  label: { type: 'string', description: 'Free text.' },
  disabled: { type: 'boolean', default: false, description: 'Skips the filter.' },
  all: { type: 'boolean', default: false, description: 'The condition is about the whole batch, as `alerts`.' },
  if: {
    description: 'Which alerts it is about: JavaScript over `alert`, or a command that exits with 0. Default: all.',
    type: ['string', 'array'],
    items: { type: 'string' },
    minItems: 1
  },
  scripts: {
    type: 'array',
    items: { type: 'string' },
    description: 'JavaScript files below the configuration folder, run before each program.'
  },
  expire: { type: 'string', format: 'date-time', description: 'When a filter that came over the API is removed.' },
  order: { type: 'integer', default: 0, description: 'Lower ones run first; those alike as they are defined.' },
  on_error: {
    enum: ['keep', 'discard'],
    default: 'keep',
    description: 'Alerts for which the filter fails are kept, with a note in Info.FilterErrors, or discarded.'
  }
}

/**
 * Reads them, in kkok's order and words. Null is refused where it is not a list.
 * @param prefix What messages begin with. Fails with NOTIFY_DEFINITION.
 */
export function readCommon(id: string, given: PartDefinition, prefix: string): CommonOptions {
  const refuse = (detail: string) => InvalidDefinition(`${prefix}${detail}`)
  if (!ID.test(id)) throw refuse(`invalid filter id: ${id}`)
  const {
    label = '',
    disabled = false,
    expire,
    all = false,
    scripts,
    if: condition,
    order = 0,
    on_error: onError = 'keep'
  } = given
  if (typeof label !== 'string') throw refuse('label must be a string')
  if (typeof disabled !== 'boolean') throw refuse('disabled must be a boolean')
  if (expire !== undefined && typeof expire !== 'string') {
    throw refuse('expire must be a string for RFC3339 time format')
  }
  const expires = expire === undefined ? '' : normalizeDate(expire)
  if (expires === undefined) throw refuse(`expire: not an RFC 3339 time: ${JSON.stringify(expire)}`)
  if (typeof all !== 'boolean') throw refuse('all must be a boolean')
  if (!isTexts(scripts)) throw refuse('scripts: bad type')
  if (!Number.isInteger(order)) throw refuse('order must be an integer')
  if (onError !== 'keep' && onError !== 'discard') throw refuse('on_error must be keep or discard')
  if (condition === null) throw refuse('if must be string or []string')
  return { label, disabled, expire: expires, all, scripts: scripts ?? [], condition, order: order as number, onError }
}

function isTexts(value: unknown): value is readonly string[] | null | undefined {
  return (
    value === undefined || value === null || (Array.isArray(value) && value.every((one) => typeof one === 'string'))
  )
}
