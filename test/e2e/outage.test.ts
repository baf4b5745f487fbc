import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { AlertEndpoint } from '../support/alert-endpoint.ts'
import { startProgram } from '../support/program.ts'
import { testFolder } from '../support/folder.ts'

t.setTimeout(300_000)

/** Alerts of the outage; `KAPOK_TEST_OUTAGE_ALERTS=100000` takes about a minute on two cores. */
const ALERTS = Number(process.env['KAPOK_TEST_OUTAGE_ALERTS'] ?? 20_000)
const IDS = 1000
const QUICK = {
  KAPOK_ALERT_RETRY_MIN: '50ms',
  KAPOK_ALERT_RETRY_MAX: '200ms',
  KAPOK_ALERT_TOPIC_BUFFER_LENGTH: '1000',
  KAPOK_SHARDS_MAX_HEAP_MIB: '256'
}
const MEMORY_MAX_MIB = 700

t.test('an endpoint that was down gets every alert of that time, in order, and memory stays bounded', async (t) => {
  const endpoint = new AlertEndpoint(t)
  await endpoint.up()
  endpoint.down()
  const { url, pid, kill } = await startProgram(t, join(testFolder(t), 'data'), QUICK)
  const script = `stream|from().measurement('m').groupBy('h')
    |alert().id('{{ index .Tags "h" }}').crit(lambda: "v" > 0).stateChangesOnly().post('${endpoint.url}')`
  const task = { id: 'a', dbrps: [{ db: 'd', rp: 'r' }], status: 'enabled', script }
  await fetch(`${url}/kapacitor/v1/tasks`, { method: 'POST', body: JSON.stringify(task) })

  const began = performance.now()
  for (let round = 1; round <= ALERTS / IDS; round++) {
    const lines = Array.from({ length: IDS }, (_, i) => `m,h=h${i} v=${round % 2} ${round}000000000`).join('\n')
    t.equal((await fetch(`${url}/write?db=d&rp=r`, { method: 'POST', body: lines })).status, 204)
  }
  const written = performance.now()
  const outbox = (await (await fetch(`${url}/kapok/v1/outbox`)).json()) as { readonly pending: number }
  t.equal(outbox.pending, ALERTS)
  const memoryMib = memoryOf(pid)
  t.ok(memoryMib < MEMORY_MAX_MIB, `${memoryMib} MiB`)

  await endpoint.up()
  await endpoint.arrived(ALERTS)
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  t.comment(
    `${ALERTS} alerts written in ${seconds(written - began)} s at ${memoryMib} MiB, ` +
      `delivered in ${seconds(performance.now() - written)} s`
  )
  t.strictSame(endpoint.problems, [])
  await kill()
})

/** Of another process, in MiB; 0 where the system does not tell. */
function memoryOf(pid: number): number {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}
