import type { Int } from '../model/value.ts'

/**
 * The syntax tree of TICKscript. `offset` is the anchor of a node, in bytes of the UTF-8 source (see the language
 * reference, "anchor positions": a chain's is its operator, a binary's its operator, a call's its name), `line` and
 * `char` the same as error messages print it (from 1; char counts bytes). Plain data: a tree can be cloned to a shard.
 */
export interface Position {
  readonly offset: number
  readonly line: number
  readonly char: number
}

/** Text of a comment block before formatting: lines, with '' for `//` alone and null for a blank line between. */
export type CommentBlock = readonly (string | null)[]

interface Base {
  readonly at: Position
  readonly comment?: CommentBlock | undefined
}

export type BinaryOperator =
  | '+' | '-' | '*' | '/' | '%'
  | '==' | '!=' | '<' | '<=' | '>' | '>=' | '=~' | '!~'
  | 'AND' | 'OR' // prettier-ignore

export interface NumberNode extends Base {
  readonly kind: 'int' | 'float'
  readonly value: Int
  /** True for an int that was written in octal. */
  readonly octal?: boolean
}
export interface DurationNode extends Base {
  readonly kind: 'duration'
  /** Nanoseconds. */
  readonly value: bigint
  /** The literal as written; '' for one that was made by a substitution. */
  readonly literal: string
}
export interface StringNode extends Base {
  readonly kind: 'string'
  readonly value: string
  readonly tripleQuoted: boolean
}
export interface BooleanNode extends Base {
  readonly kind: 'boolean'
  readonly value: boolean
}
export interface RegexNode extends Base {
  readonly kind: 'regex'
  /** The pattern, `\/` already undone. */
  readonly pattern: string
  /** The literal as written, without the slashes. */
  readonly literal: string
}
export interface ReferenceNode extends Base {
  readonly kind: 'reference'
  readonly name: string
}
export interface IdentifierNode extends Base {
  readonly kind: 'identifier'
  readonly name: string
}
export interface StarNode extends Base {
  readonly kind: 'star'
}
export interface UnaryNode extends Base {
  readonly kind: 'unary'
  readonly operator: '-' | '!'
  readonly operand: Expression
}
export interface BinaryNode extends Base {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
  readonly parenthesised: boolean
  /** Formatter: the right operand starts a new line. */
  readonly multiLine: boolean
}
export interface CallNode extends Base {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
  /** Formatter: each argument on a line of its own. */
  readonly multiLine: boolean
}
export interface LambdaNode extends Base {
  readonly kind: 'lambda'
  readonly body: Expression
}
export interface ListNode extends Base {
  readonly kind: 'list'
  readonly items: readonly Expression[]
}
/** `left|call()`, `left.call()`, `left.name`, `left@call()`. */
export interface ChainNode extends Base {
  readonly kind: 'chain'
  readonly operator: '|' | '.' | '@'
  readonly left: Expression
  readonly right: CallNode | IdentifierNode
}

export type Literal = NumberNode | DurationNode | StringNode | BooleanNode | RegexNode
export type Expression =
  | Literal
  | ReferenceNode
  | IdentifierNode
  | StarNode
  | UnaryNode
  | BinaryNode
  | CallNode
  | LambdaNode
  | ListNode
  | ChainNode

export interface DeclarationNode extends Base {
  readonly kind: 'declaration'
  readonly name: string
  /** Comment between `var` and the name; `comment` is the one above. */
  readonly nameComment?: CommentBlock | undefined
  readonly value: Expression
}
export interface TypeDeclarationNode extends Base {
  readonly kind: 'typeDeclaration'
  readonly name: string
  readonly nameComment?: CommentBlock | undefined
  readonly typeName: string
  readonly typeComment?: CommentBlock | undefined
}
export interface DbrpNode extends Base {
  readonly kind: 'dbrp'
  readonly db: string
  readonly rp: string
}
/** A trailing comment of the program. */
export interface CommentNode extends Base {
  readonly kind: 'comment'
}
export type Statement = DeclarationNode | TypeDeclarationNode | DbrpNode | CommentNode | Expression

export interface Program {
  readonly kind: 'program'
  readonly statements: readonly Statement[]
}
