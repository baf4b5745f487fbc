/** InfluxQL as far as batch queries need it: SELECT statements. What is absent is undefined, or '' for texts. */
export interface SelectStatement {
  readonly fields: readonly SelectField[]
  /** INTO; a name of '' stands for `:MEASUREMENT`. */
  readonly target: Measurement | undefined
  readonly sources: readonly Source[]
  readonly condition: Expression | undefined
  readonly dimensions: readonly Expression[]
  readonly fill: Fill
  readonly order: readonly SortField[]
  /** 0: none, as for the three that follow. */
  readonly limit: bigint
  readonly offset: bigint
  readonly seriesLimit: bigint
  readonly seriesOffset: bigint
  /** Name of a time zone. */
  readonly zone: string
}

export interface SelectField {
  readonly expression: Expression
  readonly alias: string
}

export interface SortField {
  readonly name: string
  readonly isAscending: boolean
}

export type Source = Measurement | { readonly kind: 'subquery'; readonly statement: SelectStatement }

export interface Measurement {
  readonly kind: 'measurement'
  readonly database: string
  readonly retentionPolicy: string
  readonly name: string
  /** Instead of a name. */
  readonly pattern: string | undefined
}

/** A number is kept as text. */
export type Fill =
  { readonly kind: 'null' | 'none' | 'previous' | 'linear' } | { readonly kind: 'number'; readonly value: string }

export type Expression =
  /** `type` as in `v::float`. */
  | { readonly kind: 'reference'; readonly name: string; readonly type: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'distinct'; readonly name: string }
  | { readonly kind: 'wildcard'; readonly type: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'duration'; readonly value: bigint }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'parentheses'; readonly inner: Expression }
  | BinaryExpression

export interface BinaryExpression {
  readonly kind: 'binary'
  readonly operator: string
  readonly left: Expression
  readonly right: Expression
}

/** How tightly each operator binds. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ['OR', 1],
  ['AND', 2],
  ...['=', '!=', '=~', '!~', '<', '<=', '>', '>='].map((operator) => [operator, 3] as const),
  ...['+', '-', '|', '^'].map((operator) => [operator, 4] as const),
  ...['*', '/', '%', '&'].map((operator) => [operator, 5] as const)
])
