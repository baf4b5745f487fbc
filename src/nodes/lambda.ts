import { StartError } from '../graph/node.ts'
import { compileLambda } from '../lambda/compile.ts'
import type { CompiledLambda } from '../lambda/contract.ts'
import type { Expression, LambdaNode } from '../tick/ast.ts'
import { operandsOf } from '../tick/walk.ts'

/**
 * Compiles a lambda in a node's constructor.
 * @param prefix What the node puts before the compiler's words.
 * @throws StartError
 */
export function compileOrRefuse(lambda: LambdaNode, prefix = ''): CompiledLambda {
  const compiled = compileLambda(lambda)
  if (!compiled.ok) throw new StartError(`${prefix}${compiled.error.message}`)
  return compiled.value
}

/** Names that a lambda looks up on a point, nested lambdas included: what a node's `requiredFields` adds. */
export function referencesOf(...lambdas: readonly (LambdaNode | undefined)[]): Set<string> {
  const names = new Set<string>()
  for (const lambda of lambdas) if (lambda !== undefined) collect(lambda, names)
  return names
}

/** Functions whose answer does not follow from their arguments. */
const IMPURE: ReadonlySet<string> = new Set(['count', 'sigma', 'spread', 'now', 'rand'])

/** Whether the answer follows from the fields and tags that a lambda reads: not from the time nor from earlier points. */
export function isPure(expression: Expression): boolean {
  if (expression.kind === 'reference') return expression.name !== 'time'
  if (expression.kind === 'call' && IMPURE.has(expression.name)) return false
  return operandsOf(expression).every(isPure)
}

function collect(expression: Expression, names: Set<string>): void {
  if (expression.kind === 'reference') names.add(expression.name)
  for (const operand of operandsOf(expression)) collect(operand, names)
}
