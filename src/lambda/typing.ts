import { signaturesOf, type Signature } from './functions/spec.ts'
import type { FunctionTable } from './functions/index.ts'
import { operatorError, resultType } from './operators.ts'
import { quote } from '../core/print.ts'
import { type CallTree, print, type Tree } from './tree.ts'
import { type Binding, type Type, typeOfBinding } from './types.ts'

/** The type of a node while names are bound in one certain way; or why it has none. A fault is told without wrappers. */
export type Typed =
  { readonly type: Type } | { readonly type: undefined; readonly error: string; readonly isRuntimeError: boolean }

/** A call takes no more; with a fifth argument the original's array of types overflows. */
const MAX_ARGUMENTS = 4

/** Current types of the nodes of one lambda: what the original finds out on every point, without running anything. */
export class Typing {
  readonly functions: FunctionTable
  readonly #bindings: ReadonlyMap<string, Binding>
  readonly #known = new Map<Tree, Typed>()

  /** @param bindings One for every name that the lambda reads. */
  constructor(bindings: ReadonlyMap<string, Binding>, functions: FunctionTable) {
    this.#bindings = bindings
    this.functions = functions
  }

  bindingOf(name: string): Binding {
    return this.#bindings.get(name)!
  }

  typeOf(tree: Tree): Typed {
    if (tree.staticType !== undefined) return { type: tree.staticType }
    let typed = this.#known.get(tree)
    if (typed === undefined) this.#known.set(tree, (typed = this.#find(tree)))
    return typed
  }

  #find(tree: Tree): Typed {
    switch (tree.kind) {
      case 'literal':
        return { type: tree.staticType }
      case 'reference':
        return this.#reference(tree.name)
      case 'unary':
        return this.typeOf(tree.operand)
      case 'nested':
        return this.typeOf(tree.body)
      case 'call':
        return this.#call(tree)
      case 'binary': {
        const left = this.typeOf(tree.left)
        if (left.type === undefined) return left
        const right = this.typeOf(tree.right)
        if (right.type === undefined) return right
        const type = resultType(left.type, tree.operator, right.type)
        return type === undefined ? wrong(operatorError(left.type, tree.operator, right.type)) : { type }
      }
    }
  }

  #reference(name: string): Typed {
    const binding = this.bindingOf(name)
    const type = typeOfBinding(binding)
    if (type !== undefined) return { type }
    if (binding.source === 'null') return wrong(`referenced value ${quote(name)} is nil.`)
    return wrong(`name ${quote(name)} is undefined. Names in scope: `)
  }

  #call(call: CallTree): Typed {
    const fn = this.functions.get(call.name)
    if (fn === undefined) return wrong(`undefined function: "${call.name}"`)
    const types: Type[] = []
    for (const [i, argument] of call.args.entries()) {
      const typed = this.typeOf(argument)
      if (typed.type === undefined) {
        return typed.isRuntimeError ? typed : wrong(`Failed to handle ${i + 1} argument: ${typed.error}`)
      }
      if (i >= MAX_ARGUMENTS)
        return wrong(`runtime error: index out of range [${i}] with length ${MAX_ARGUMENTS}`, true)
      types.push(typed.type)
    }
    const signature = this.signatureOf(call, types)
    if (signature !== undefined) return { type: signature.returns }
    const missing = call.args.filter((_, i) => types[i] === 'missing').map(print)
    if (missing.length > 0) return wrong(this.#missingArguments(call.name, missing))
    const given = call.args.map((argument, i) => `${print(argument)}: ${types[i]}`).join(',')
    return wrong(
      `Cannot call function "${call.name}" with args (${given}), available signatures are ${signaturesOf(fn)}.`
    )
  }

  signatureOf(call: CallTree, types: readonly Type[]): Signature | undefined {
    return this.functions
      .get(call.name)
      ?.signatures.find(({ args }) => args.length === types.length && args.every((type, i) => type === types[i]))
  }

  /** Differs: the other names are sorted, where the original's order is random. */
  #missingArguments(name: string, missing: readonly string[]): string {
    const others = [...this.#bindings.keys()].map((one) => `"${one}"`).filter((one) => !missing.includes(one))
    const are = missing.length > 1 ? `arguments ${missing.join(', ')} are` : `argument ${missing[0]} is`
    return `Cannot call function "${name}" ${are} missing, values in scope are [${others.sort().join(', ')}]`
  }
}

function wrong(error: string, isRuntimeError = false): Typed {
  return { type: undefined, error, isRuntimeError }
}
