import type { Position } from '../tick/ast.ts'
import { hostTypeOf, type ScriptValue } from '../tick/value.ts'
import type { GraphNode } from './graph.ts'
import { errorAt } from './script-error.ts'
import type { UdfCall, UdfValueType } from './spec.ts'

const TYPES: Readonly<Partial<Record<ScriptValue['type'], UdfValueType>>> = {
  boolean: 'BOOL',
  int: 'INT',
  float: 'DOUBLE',
  string: 'STRING',
  duration: 'DURATION'
}

/** What an option of a UDF node takes. Its name is matched exactly. */
export function findUdfOption(node: GraphNode, name: string): readonly UdfValueType[] | undefined {
  return node.spec.udfOptions?.get(name)
}

/** Notes a call of an option: the process gets them in script order, repeats too. */
export function callUdfOption(
  node: GraphNode,
  name: string,
  types: readonly UdfValueType[],
  args: readonly ScriptValue[],
  at: Position
): void {
  if (args.length !== types.length) {
    throw errorAt(at, `unexpected number of args to ${name}, got ${args.length} expected ${types.length}`)
  }
  const values = args.map((argument, i) => {
    const type = TYPES[argument.type]
    // Differs: what is no UDF value at all is refused, and not taken for a BOOL without a value.
    if (type === undefined || type !== types[i]) {
      throw errorAt(at, `unexpected arg to ${name}, got ${type ?? hostTypeOf(argument)} expected ${types[i]}`)
    }
    return { type, value: (argument as { readonly value: UdfCall['values'][number]['value'] }).value }
  })
  ;(node.options['calls'] as UdfCall[]).push({ name, values })
}
