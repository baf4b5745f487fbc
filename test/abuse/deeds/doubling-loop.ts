import { setTimeout as delay } from 'node:timers/promises'
import type { Deed } from '../abuse.ts'

export default {
  name: 'doubling-loop',
  what: 'two tasks that write into the database of the other, one of them twice, and the end of them',
  isShort: true,
  async run(scene) {
    const loop = (to: string, times: number): string =>
      `var x = stream|from()\n${`x|kapacitorLoopback().database('${to}').retentionPolicy('r')\n`.repeat(times)}`
    const task = (id: string, db: string, script: string): object => ({
      id,
      dbrps: [{ db, rp: 'r' }],
      script,
      status: 'enabled'
    })
    await scene.call('POST', '/kapacitor/v1/tasks', task('a', 'd', loop('e', 2)))
    await scene.call('POST', '/kapacitor/v1/tasks', task('b', 'e', loop('d', 1)))
    await scene.write('m v=1 1')
    await delay(3000)
    for (const id of ['a', 'b']) {
      const started = performance.now()
      await scene.call('DELETE', `/kapacitor/v1/tasks/${id}`)
      const ms = Math.round(performance.now() - started)
      if (ms > 5000) return `the end of a task took ${ms} ms`
    }
    return undefined
  }
} satisfies Deed
