import type { Dbrp } from '../model/dbrp.ts'
import type { Expression, Program } from './ast.ts'

/**
 * Whether a script reads a stream or batches: which of the two names its chains and declarations start from.
 * undefined where it is neither or both (`invalid task type: invalid`).
 */
export function scriptTypeOf(program: Program): 'stream' | 'batch' | undefined {
  const found = new Set<'stream' | 'batch'>()
  for (const statement of program.statements) {
    if (statement.kind !== 'declaration' && statement.kind !== 'chain') continue
    const source = leftmost(statement.kind === 'declaration' ? statement.value : statement)
    if (source.kind !== 'identifier') continue
    if (source.name === 'stream' || source.name === 'batch') found.add(source.name)
  }
  const [type] = found
  return found.size === 1 ? type : undefined
}

/** What the `dbrp` statements of a script name, in their order. */
export function dbrpsOf(program: Program): Dbrp[] {
  return program.statements.flatMap((statement) =>
    statement.kind === 'dbrp' ? [{ db: statement.db, rp: statement.rp }] : []
  )
}

function leftmost(node: Expression): Expression {
  let left = node
  while (left.kind === 'chain') left = left.left
  return left
}
