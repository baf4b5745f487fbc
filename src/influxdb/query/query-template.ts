import { formatInstant, type Instant, nanosOf } from '../../core/instant.ts'
import type { Dbrp } from '../../model/dbrp.ts'
import type { Expression, Fill, SelectStatement, Source } from '../influxql/ast.ts'
import { formatSelect } from '../influxql/format.ts'
import { parseQuery } from '../influxql/parser.ts'

/** What a batch query is grouped by, besides what its text says (which does not count). Durations in nanoseconds. */
export type BatchDimension =
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'time'; readonly every: bigint; readonly offset: bigint }

export interface QueryTemplateOptions {
  readonly dimensions: readonly BatchDimension[]
  /** undefined: that of the text. */
  readonly fill: Fill | undefined
  /** The groups of time begin with the range of each query. */
  readonly alignGroup: boolean
}

export type ReadSelect =
  { readonly ok: true; readonly statement: SelectStatement } | { readonly ok: false; readonly error: string }

/** Reads the text of a batch query, which has to be one SELECT. The error is Kapacitor's text. */
export function readSelect(text: string): ReadSelect {
  const parsed = parseQuery(text)
  if (!parsed.ok) return { ok: false, error: `failed to parse InfluxQL query: ${parsed.error}` }
  const [only] = parsed.statements
  if (only === undefined || parsed.statements.length > 1) {
    return { ok: false, error: `query must be a single select statement, got ${parsed.statements.length} statements` }
  }
  if (only.kind === 'select') return { ok: true, statement: only.statement }
  return { ok: false, error: `query is not a select statement ${JSON.stringify(only.text)}` }
}

/** A query of which only the range of time is open. */
export class QueryTemplate {
  /** Whether its points are groups of time, so that the last of them says when a batch ends. */
  readonly isGroupedByTime: boolean
  readonly #statement: SelectStatement
  readonly #options: QueryTemplateOptions

  constructor(statement: SelectStatement, options: QueryTemplateOptions) {
    this.#statement = statement
    this.#options = options
    this.isGroupedByTime = options.dimensions.some(({ kind }) => kind === 'time')
  }

  /** Places that the query reads from; a text for what has no such place. */
  get places(): readonly (Dbrp | string)[] {
    return this.#statement.sources.map(placeOf)
  }

  /** The text for times from `start` on, before `stop`. */
  textFor(start: Instant, stop: Instant): string {
    const { dimensions, fill = this.#statement.fill } = this.#options
    return formatSelect({
      ...this.#statement,
      condition: this.#conditionFor(start, stop),
      dimensions: dimensions.map((dimension) => this.#expressionOf(dimension, start)),
      fill
    })
  }

  #conditionFor(start: Instant, stop: Instant): Expression {
    const range = binary('AND', compare('>=', start), compare('<', stop))
    const { condition } = this.#statement
    if (condition === undefined) return range
    // Differs: a condition with OR at its top is put into parentheses, so that none of it escapes the range of time.
    const isLoose = condition.kind === 'binary' && condition.operator === 'OR'
    const inner: Expression = isLoose ? { kind: 'parentheses', inner: condition } : condition
    return binary('AND', binary('AND', inner, compare('>=', start)), compare('<', stop))
  }

  #expressionOf(dimension: BatchDimension, start: Instant): Expression {
    switch (dimension.kind) {
      case 'tag':
        return { kind: 'reference', name: dimension.name, type: '' }
      case 'all':
        return { kind: 'wildcard', type: '' }
      case 'time': {
        const { every, offset } = dimension
        // Differs: alignGroup moves the groups by as much as they begin late, on top of the offset that was given.
        const aligned = this.#options.alignGroup && every > 0n ? offset + remainder(nanosOf(start), every) : offset
        const args: Expression[] = [every, aligned].map((value) => ({ kind: 'duration', value }))
        return { kind: 'call', name: 'time', args }
      }
    }
  }
}

function placeOf(source: Source): Dbrp | string {
  if (source.kind === 'subquery') return 'unknown query source *influxql.SubQuery'
  return { db: source.database, rp: source.retentionPolicy }
}

function compare(operator: string, time: Instant): Expression {
  return binary(operator, { kind: 'reference', name: 'time', type: '' }, { kind: 'string', value: formatInstant(time) })
}

function binary(operator: string, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right }
}

function remainder(nanos: bigint, size: bigint): bigint {
  const rest = nanos % size
  return rest < 0n ? rest + size : rest
}
