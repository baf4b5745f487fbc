import { execute } from '../execute.ts'
import { caseOf } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

/** Another server that speaks the API, such as Kapacitor itself. */
export async function referenceOracle({ start, reference }: OracleOptions): Promise<Oracle | string> {
  if (reference === undefined) return 'no --reference is given'
  const ours = await start()
  return {
    async judge(trial, settle) {
      if (trial.isRacy === true) return undefined
      const run = caseOf(trial)
      const [expected, actual] = await Promise.all([
        execute(run, { url: reference, settle }),
        execute(run, targetOf(ours, settle))
      ])
      return compare(run, expected, actual)
    },
    close: () => ours.stop()
  }
}
