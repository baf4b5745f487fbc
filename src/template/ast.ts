/** The syntax tree of a template, and the text of its expressions as error messages show them. */
interface Base {
  /** Index into the template. */
  readonly position: number
}

export interface ListNode {
  readonly nodes: readonly Node[]
}

export interface TextNode extends Base {
  readonly kind: 'text'
  readonly text: string
}
export interface ActionNode extends Base {
  readonly kind: 'action'
  readonly pipe: PipeNode
  /** Names of the escapers that an HTML context asks for, in the order of their use. */
  readonly escapers?: readonly string[]
}
export interface BranchNode extends Base {
  readonly kind: 'if' | 'with' | 'range'
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}
export interface TemplateNode extends Base {
  readonly kind: 'template'
  readonly name: string
  /** The pipeline as the message about a missing template prints it. */
  readonly pipe: PipeNode | undefined
}
export interface JumpNode extends Base {
  readonly kind: 'break' | 'continue'
}
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | JumpNode

export interface PipeNode extends Base {
  readonly kind: 'pipe'
  readonly declarations: readonly VariableNode[]
  readonly isAssignment: boolean
  readonly commands: readonly CommandNode[]
}
export interface CommandNode extends Base {
  readonly kind: 'command'
  readonly args: readonly Operand[]
}
export interface IdentifierNode extends Base {
  readonly kind: 'identifier'
  readonly name: string
}
export interface FieldNode extends Base {
  readonly kind: 'field'
  readonly names: readonly string[]
}
export interface ChainNode extends Base {
  readonly kind: 'chain'
  readonly operand: Operand
  readonly names: readonly string[]
}
export interface VariableNode extends Base {
  readonly kind: 'variable'
  /** Name with the `$`. */
  readonly name: string
  readonly names: readonly string[]
  /** Slot of the variable while the template runs; 0 is `$`. */
  readonly slot: number
}
export interface WordNode extends Base {
  readonly kind: 'dot' | 'nil'
}
export interface BoolNode extends Base {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface NumberNode extends Base {
  readonly kind: 'number'
  readonly text: string
  /** undefined where it is no integer. */
  readonly int: bigint | undefined
  readonly float: number | undefined
  /** Whether it is a float where its context has no type for it. */
  readonly isFloat: boolean
}
export interface StringNode extends Base {
  readonly kind: 'string'
  readonly literal: string
  readonly value: string
}
export type Operand =
  IdentifierNode | FieldNode | ChainNode | VariableNode | WordNode | BoolNode | NumberNode | StringNode | PipeNode

/** One template. */
export interface TemplateDefinition {
  readonly name: string
  readonly body: ListNode
  /** Variables that it has at once. */
  readonly slots: number
  /** How deep it is nested. */
  readonly depth: number
}

export function printNode(node: Operand | CommandNode): string {
  switch (node.kind) {
    case 'command':
      return node.args.map((arg) => (arg.kind === 'pipe' ? `(${printNode(arg)})` : printNode(arg))).join(' ')
    case 'pipe': {
      const commands = node.commands.map(printNode).join(' | ')
      if (node.declarations.length === 0) return commands
      const names = node.declarations.map(({ name }) => name).join(', ')
      return `${names} ${node.isAssignment ? '=' : ':='} ${commands}`
    }
    case 'identifier':
      return node.name
    case 'field':
      return dotted(node.names)
    case 'chain': {
      const operand = printNode(node.operand)
      return (node.operand.kind === 'pipe' ? `(${operand})` : operand) + dotted(node.names)
    }
    case 'variable':
      return node.name + dotted(node.names)
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'number':
      return node.text
    case 'string':
      return node.literal
  }
}

function dotted(names: readonly string[]): string {
  return names.map((name) => `.${name}`).join('')
}
