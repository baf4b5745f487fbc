import type { ConformanceCase, Result, Step } from '../../conformance/case.ts'
import { execute } from '../execute.ts'
import { caseOf, type Trial } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

const API = '/kapacitor/v1'
/** Later than all input; a point behind it ends the recording. */
const STOP = '2100-01-01T00:00:00Z'
const BEHIND_STOP = ['m', 'q', 'a', 'b', 'c'].map((name) => `${name} v=0 4102444801000000000`).join('\n')

/** One server of ours, which lets out live what it lets out when the recording of it is replayed. */
export async function replayOracle({ start }: OracleOptions): Promise<Oracle> {
  const server = await start()
  return {
    async judge(trial, settle) {
      const run = recorded(trial, settle)
      const result = await execute(run, targetOf(server, settle))
      const [live, replayed] = halves(result)
      return compare(run, live, replayed)
    },
    close: () => server.stop()
  }
}

/** Everything is posted twice, first live and then by the replay. */
function recorded(trial: Trial, settle: number): ConformanceCase {
  const live = caseOf({ ...trial, httpOut: [] })
  const task = `${API}/tasks/@ID@`
  const recording = `${API}/recordings/@ID@-r`
  const replay = `${API}/replays/@ID@-p`
  const record = { id: '@ID@-r', task: '@ID@', stop: STOP }
  const play = { id: '@ID@-p', task: '@ID@', recording: '@ID@-r', 'recording-time': true }
  const steps: Step[] = [
    { http: { method: 'POST', path: `${API}/recordings/stream`, body: record } },
    ...live.steps,
    ...trial.httpOut.map((name) => ({ http: { method: 'GET', path: `${task}/${name}`, as: `live-${name}` } })),
    // What joins and unions hold comes out when the input ends.
    { http: { method: 'PATCH', path: task, body: { status: 'disabled' }, settle } },
    { write: BEHIND_STOP, settle },
    { http: { method: 'GET', path: recording, until: { key: 'status', not: 'running' } } },
    { http: { method: 'POST', path: `${API}/replays`, body: play } },
    { http: { method: 'GET', path: replay, until: { key: 'status', not: 'running' }, settle } },
    ...trial.httpOut.map((name) => {
      return { http: { method: 'GET', path: `${task}/${name}?replay-id=@ID@-p`, as: `replayed-${name}` } }
    }),
    { http: { method: 'GET', path: replay, as: 'replay' } }
  ]
  const cleanup = [replay, recording].map((path) => ({ method: 'DELETE', path }))
  return { ...live, steps, cleanup }
}

function halves({ posts = {}, http = {}, ...rest }: Result): [Result, Result] {
  const lanes = Object.entries(posts as Readonly<Record<string, unknown[]>>)
  const answers = Object.entries(http as Readonly<Record<string, unknown>>)
  const half = (isFirst: boolean, prefix: string): Result => ({
    ...rest,
    posts: Object.fromEntries(
      lanes.map(([lane, bodies]) => {
        const middle = Math.ceil(bodies.length / 2)
        return [lane, isFirst ? bodies.slice(0, middle) : bodies.slice(middle)]
      })
    ),
    http: Object.fromEntries(
      answers.filter(([name]) => name.startsWith(prefix)).map(([name, answer]) => [name.slice(prefix.length), answer])
    )
  })
  return [half(true, 'live-'), half(false, 'replayed-')]
}
