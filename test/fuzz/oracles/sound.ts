import type { Result } from '../../conformance/case.ts'
import { execute } from '../execute.ts'
import { caseOf } from '../trial.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
}

const STATUSES = [200, 201, 202, 204, 301, 400, 404, 409, 413, 414, 431, 500]
/** What an error says where nobody thought of it. */
const LEAKS =
  /undefined|\[object|TypeError|RangeError|Cannot read|is not a function|\bat .*\.[jt]s:|ENOENT|EISDIR|constraint|duckdb|node_modules/i

/** Whatever is asked, a server of ours answers in the forms of the API, and says what is wrong in words for people. */
export async function soundOracle({ start }: OracleOptions): Promise<Oracle> {
  const server = await start()
  return {
    async judge(trial, settle) {
      const run = caseOf(trial)
      const { http = {}, failure }: Result = await execute(run, targetOf(server, settle))
      const answers = Object.entries(http as Readonly<Record<string, Answer>>)
      const bad = answers.find(([, answer]) => complaintOf(answer) !== undefined)
      if (bad === undefined && failure === undefined) return undefined
      const where =
        bad === undefined ? `no answer: ${String(failure)}` : `${bad[0]} ${bad[1].status} ${complaintOf(bad[1])!}`
      return { where, case: run, expected: {}, actual: bad?.[1] }
    },
    close: () => server.stop()
  }
}

function complaintOf({ status, body }: Answer): string | undefined {
  if (!STATUSES.includes(status)) return 'is no status of the API'
  if (status < 400) return undefined
  if (typeof body !== 'object' || body === null) return `is no JSON: ${String(body).slice(0, 100)}`
  const { error, message } = body as { readonly error?: unknown; readonly message?: unknown }
  if (typeof error !== 'string' || error === '') return 'does not say what is wrong'
  if (message !== error) return 'says two things'
  return LEAKS.test(error) ? `says ${error}` : undefined
}
