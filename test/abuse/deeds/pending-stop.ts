import type { Deed } from '../abuse.ts'

const LINES = 2000
const LIMIT_MS = 10_000

export const pendingStop = deedOf('pending-stop', 20_000, true)
export const manyPendingStop = deedOf('many-pending-stop', 400_000, false)

function deedOf(name: string, count: number, isShort: boolean): Deed {
  return {
    name,
    what: `SIGTERM while ${count.toLocaleString('en')} alerts wait for an endpoint that is away`,
    isShort,
    async run(scene) {
      await scene.define('a', "stream|from().groupBy('h')|alert().crit(lambda: TRUE).post('http://127.0.0.1:1/')")
      for (let written = 0; written < count; written += LINES) {
        const lines = Array.from({ length: LINES }, (_, i) => `m,h=h${i % 50} v=1 ${written + i + 1}`)
        await scene.write(lines.join('\n'))
      }
      const started = performance.now()
      const [code] = await scene.program.end()
      const ms = Math.round(performance.now() - started)
      await scene.start()
      if (ms > LIMIT_MS) return `the stop took ${ms} ms`
      return code === 0 ? undefined : `it ended with ${String(code)}`
    }
  }
}
