import { formatDuration } from '../../core/duration.ts'
import { formatFloat } from '../../model/value.ts'
import type { Expression, Fill, Measurement, SelectField, SelectStatement, SortField, Source } from './ast.ts'
import { isKeyword } from './lexer.ts'

/** A statement in InfluxDB's own form: names without quotes where they need none, one space everywhere. */
export function formatSelect(statement: SelectStatement): string {
  const { fields, target, sources, condition, dimensions, fill, order, zone } = statement
  const parts = [`SELECT ${list(fields, formatField)}`]
  if (target !== undefined) parts.push(`INTO ${formatTarget(target)}`)
  if (sources.length > 0) parts.push(`FROM ${list(sources, formatSource)}`)
  if (condition !== undefined) parts.push(`WHERE ${formatExpression(condition)}`)
  if (dimensions.length > 0) parts.push(`GROUP BY ${list(dimensions, formatExpression)}`)
  if (fill.kind !== 'null') parts.push(formatFill(fill))
  if (order.length > 0) parts.push(`ORDER BY ${list(order, formatSort)}`)
  const numbers = [
    ['LIMIT', statement.limit],
    ['OFFSET', statement.offset],
    ['SLIMIT', statement.seriesLimit],
    ['SOFFSET', statement.seriesOffset]
  ] as const
  for (const [word, number] of numbers) if (number > 0n) parts.push(`${word} ${number}`)
  if (zone !== '') parts.push(`TZ(${formatString(zone)})`)
  return parts.join(' ')
}

export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'reference':
      return formatIdentifier(expression.name) + (expression.type === '' ? '' : `::${expression.type}`)
    case 'call':
      return `${expression.name}(${list(expression.args, formatExpression)})`
    case 'distinct':
      return `DISTINCT ${formatIdentifier(expression.name)}`
    case 'wildcard':
      return expression.type === '' ? '*' : `*::${expression.type}`
    case 'string':
      return formatString(expression.value)
    case 'number':
      return formatFloat(expression.value)
    case 'integer':
    case 'boolean':
      return String(expression.value)
    case 'duration':
      // Differs: what is shorter than a microsecond is printed in nanoseconds and not cut off.
      return formatDuration(expression.value)
    case 'regex':
      return `/${expression.pattern.replaceAll('/', '\\/')}/`
    case 'parentheses':
      return `(${formatExpression(expression.inner)})`
    case 'binary':
      return `${formatExpression(expression.left)} ${expression.operator} ${formatExpression(expression.right)}`
  }
}

/** @param isQuoted Whether quotes are put around what needs none, too. */
export function formatIdentifier(name: string, isQuoted = false): string {
  if (!isQuoted && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !isKeyword(name)) return name
  return `"${escape(name).replaceAll('"', '\\"')}"`
}

export function formatString(text: string): string {
  return `'${escape(text).replaceAll("'", "\\'")}'`
}

export function formatSource(source: Source): string {
  return source.kind === 'subquery' ? `(${formatSelect(source.statement)})` : formatMeasurement(source)
}

function formatMeasurement({ database, retentionPolicy, name, pattern }: Measurement): string {
  const last = pattern === undefined ? formatIdentifier(name) : formatExpression({ kind: 'regex', pattern })
  return formatPlace(database, retentionPolicy) + last
}

function formatTarget({ database, retentionPolicy, name }: Measurement): string {
  return formatPlace(database, retentionPolicy) + (name === '' ? ':MEASUREMENT' : formatIdentifier(name))
}

function formatPlace(database: string, retentionPolicy: string): string {
  if (database === '' && retentionPolicy === '') return ''
  const policy = retentionPolicy === '' ? '' : formatIdentifier(retentionPolicy)
  return database === '' ? `${policy}.` : `${formatIdentifier(database)}.${policy}.`
}

function formatField({ expression, alias }: SelectField): string {
  return formatExpression(expression) + (alias === '' ? '' : ` AS ${formatIdentifier(alias)}`)
}

function formatFill(fill: Fill): string {
  return `fill(${fill.kind === 'number' ? fill.value : fill.kind})`
}

function formatSort({ name, isAscending }: SortField): string {
  return `${name === '' ? '' : `${formatIdentifier(name)} `}${isAscending ? 'ASC' : 'DESC'}`
}

function list<T>(items: readonly T[], format: (item: T) => string): string {
  return items.map((item) => format(item)).join(', ')
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
