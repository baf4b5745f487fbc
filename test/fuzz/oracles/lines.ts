import type { Result } from '../../conformance/case.ts'
import { execute } from '../execute.ts'
import { caseOf } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

/** Two servers of ours, the one fed with one body, the other with a body for each line: both say the same. */
export async function linesOracle({ start }: OracleOptions): Promise<Oracle> {
  const [one, other] = await Promise.all([start(), start()])
  return {
    async judge(trial, settle) {
      if (trial.isRacy === true) return undefined
      const lines = trial.bodies.flat()
      const together = caseOf({ ...trial, bodies: [lines] })
      const apart = caseOf({ ...trial, bodies: lines.map((line) => [line]) })
      const [expected, actual] = await Promise.all([
        execute(together, targetOf(one, settle)),
        execute(apart, targetOf(other, settle))
      ])
      // Where a line is bad, none of its body counts; so bodies of different lines say different things.
      if (isRefused(expected) || isRefused(actual)) return undefined
      return compare(apart, withoutWrites(expected), withoutWrites(actual))
    },
    close: async () => void (await Promise.all([one.stop(), other.stop()]))
  }
}

function isRefused({ writeErrors = [] }: Result): boolean {
  return (writeErrors as readonly { readonly status: number }[]).some(({ status }) => status !== 204)
}

/** There are as many answers to writes as bodies. */
function withoutWrites({ writeErrors: _, ...rest }: Result): Result {
  return rest
}
