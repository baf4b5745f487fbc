import type { Deed } from '../abuse.ts'

const LINES = 2000

export default {
  name: 'pending-stop',
  what: 'SIGTERM while 20,000 alerts wait for an endpoint that is away',
  isShort: true,
  async run(scene) {
    await scene.define('a', "stream|from().groupBy('h')|alert().crit(lambda: TRUE).post('http://127.0.0.1:1/')")
    for (let body = 0; body < 10; body++) {
      const lines = Array.from({ length: LINES }, (_, i) => `m,h=h${i % 50} v=1 ${body * LINES + i + 1}`)
      await scene.write(lines.join('\n'))
    }
    const started = performance.now()
    const [code] = await scene.program.end()
    const ms = Math.round(performance.now() - started)
    await scene.start()
    if (ms > 10_000) return `the stop took ${ms} ms`
    return code === 0 ? undefined : `it ended with ${String(code)}`
  }
} satisfies Deed
