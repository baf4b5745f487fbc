import t from 'tap'
import { startHarness } from './harness.ts'

t.test('subscriptions are compared on demand, and counted', async (t) => {
  const { call } = await startHarness(t)
  t.equal((await call('POST /subscriptions')).status, 204)
  t.equal((await call('GET /debug/vars')).body['num_subscriptions'], 3)
})
