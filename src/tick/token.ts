import type { BinaryOperator, CommentBlock, Position } from './ast.ts'

/**
 * Kinds are what error messages print, with two exceptions: `star` prints as `*`, which is the multiplication, and
 * `error` prints its text.
 */
export type TokenKind =
  | 'error' | 'EOF'
  | 'var' | 'dbrp' | 'lambda' | 'TRUE' | 'FALSE'
  | 'identifier' | 'reference' | 'number' | 'duration' | 'string' | 'regex' | 'star'
  | '(' | ')' | '[' | ']' | ',' | '.' | '|' | '@' | '=' | '!'
  | BinaryOperator // prettier-ignore

export interface Token {
  readonly kind: TokenKind
  /** The token as written, quotes included; the message of an `error`. */
  readonly text: string
  readonly at: Position
  /** Comments between the token before and this one, until a node claims them. */
  comment: CommentBlock | undefined
}

/** Binding strength of the binary operators, all left-associative. */
export const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ['OR', 0],
  ['AND', 1],
  ['==', 2],
  ['!=', 2],
  ['=~', 2],
  ['!~', 2],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5]
])

export function printToken(token: Token): string {
  if (token.kind === 'error') return token.text
  return token.kind === 'star' ? '*' : token.kind
}
