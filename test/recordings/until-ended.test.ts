import t, { type Test } from 'tap'
import { type Answer, type Harness, NO_SHARDS, startHarness } from '../api/harness.ts'
import { eventually } from '../support/eventually.ts'

const TASK = { id: 't', type: 'stream', dbrps: [{ db: 'd', rp: 'r' }], script: 'stream|from()' }

/** A shard that takes what it is given and never says another word, until the test is over. */
function hungShard(t: Test): typeof NO_SHARDS {
  return {
    ...NO_SHARDS,
    record: async ({ port }) => t.teardown(() => port.close()),
    replay: () => new Promise(() => undefined)
  }
}

/** The answer to a request that waits for what does not come. */
async function answerInTime({ call, clock }: Harness, request: string): Promise<Answer> {
  let answer: Answer | undefined
  void call(request).then((given) => (answer = given))
  return await eventually(`the answer to ${request}`, () => {
    clock.advance(1000)
    return answer
  })
}

t.test('whoever deletes a recording of a shard that hangs is told so, and the recording stays', async (t) => {
  const harness = await startHarness(t, undefined, {}, hungShard(t))
  const { call } = harness
  await call('POST /tasks', TASK)
  await call('POST /recordings/stream', { id: 'rec', task: 't', stop: '2100-01-01T00:00:00Z' })
  t.match(await answerInTime(harness, 'DELETE /recordings/rec'), {
    status: 503,
    body: { error: 'recording rec has been told to end and is still at work; delete it again when it has ended' }
  })
  t.match(await call('GET /recordings/rec'), { status: 202, body: { status: 'running' } })
})

t.test('whoever deletes a replay of a shard that hangs is told so, and the replay stays', async (t) => {
  const harness = await startHarness(t, undefined, {}, hungShard(t))
  const { app, call } = harness
  await call('POST /tasks', TASK)
  const url = '/kapok/v1/recordings/import?format=line-protocol&db=d&rp=r&id=rec'
  await app.inject({ method: 'POST', url, payload: 'm v=1 1\n' })
  await eventually('the recording', async () => (await call('GET /recordings/rec')).body['status'] === 'finished')
  t.match(await call('POST /replays', { id: 'rep', task: 't', recording: 'rec' }), { status: 201 })
  t.match(await answerInTime(harness, 'DELETE /replays/rep'), {
    status: 503,
    body: { error: 'replay rep has been told to end and is still at work; delete it again when it has ended' }
  })
  t.match(await call('GET /replays/rep'), { status: 202, body: { status: 'running' } })
})
