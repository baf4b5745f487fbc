import type { CommentBlock, DeclarationNode, TypeDeclarationNode } from '../tick/ast.ts'
import { type ScriptValue, VAR_TYPES, type VarType } from '../tick/value.ts'
import { varTypeOf } from '../tick/vars.ts'
import { zeroOf } from './literals.ts'
import type { Scope } from './scope.ts'
import { ScriptError } from './script-error.ts'

/** A variable of a script that a task may supply. */
export interface Declaration {
  readonly name: string
  readonly type: VarType
  /** undefined: declared by its type only. */
  readonly default: ScriptValue | undefined
  /** What stands above it. */
  readonly comment: CommentBlock | undefined
}

/** The rules of `var`. */
export class Declarations {
  readonly #found = new Map<string, Declaration>()
  readonly #scope: Scope
  readonly #supplied: ReadonlyMap<string, ScriptValue>
  readonly #isTemplate: boolean

  /** @param isTemplate Whether types without a value get a zero value. */
  constructor(scope: Scope, supplied: ReadonlyMap<string, ScriptValue>, isTemplate: boolean) {
    this.#scope = scope
    this.#supplied = supplied
    this.#isTemplate = isTemplate
  }

  get found(): readonly Declaration[] {
    return [...this.#found.values()]
  }

  /** `var x = E`. @param evaluate Gives the value of E. */
  declare({ name, comment }: DeclarationNode, evaluate: () => ScriptValue): void {
    const bound = this.#scope.find(name)
    if (bound !== undefined && bound.type !== 'nothing') {
      throw new ScriptError(`attempted to redefine ${name}, vars are immutable`)
    }
    const value = evaluate()
    const type = varTypeOf(value)
    if (type !== undefined) {
      this.#found.set(name, { name, type, default: value, comment })
    }
    this.#scope.set(name, this.#findSupplied(name, type) ?? value)
  }

  /** `var x T`. */
  declareType({ name, typeName, comment, at }: TypeDeclarationNode): void {
    const type = VAR_TYPES.find((one) => one === typeName)
    if (type === undefined) throw new ScriptError(`invalid var type ${JSON.stringify(typeName)}`)
    this.#found.set(name, { name, type, default: undefined, comment })
    const value = this.#findSupplied(name, type) ?? (this.#isTemplate ? zeroOf(type, name, at) : undefined)
    if (value === undefined) throw new ScriptError(`missing value for var ${JSON.stringify(name)}.`)
    this.#scope.set(name, value)
  }

  #findSupplied(name: string, type: VarType | undefined): ScriptValue | undefined {
    const supplied = this.#supplied.get(name)
    if (supplied === undefined) return undefined
    const given = varTypeOf(supplied)
    if (given === type) return supplied
    throw new ScriptError(`invalid type supplied for ${name}, got ${typeText(given)} exp ${typeText(type)}`)
  }
}

/** How messages name a type, other than declarations do. */
function typeText(type: VarType | undefined): string {
  return type === 'bool' ? 'boolean' : (type ?? 'invalid type')
}
