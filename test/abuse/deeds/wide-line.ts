import type { Deed } from '../abuse.ts'

export default {
  name: 'wide-line',
  what: 'one line with 9,000 new names of fields, sent three times',
  isShort: true,
  async run(scene) {
    await scene.define('a', "stream|from()|httpOut('o')")
    const line = `m ${Array.from({ length: 9000 }, (_, i) => `field${i}=1`).join(',')}`
    for (let time = 1; time <= 3; time++) {
      const started = performance.now()
      await scene.write(`${line} ${time}`)
      const ms = Math.round(performance.now() - started)
      if (ms > 2000) return `a write took ${ms} ms`
    }
    return undefined
  }
} satisfies Deed
