import type { Deed } from '../abuse.ts'

export default {
  name: 'changing-fields',
  what: '600 lines of 200 names of fields, all of them new',
  isShort: true,
  async run(scene) {
    await scene.define('a', "stream|from()|httpOut('o')")
    for (let body = 0; body < 6; body++) {
      const lines = Array.from({ length: 100 }, (_, line) => {
        const fields = Array.from({ length: 200 }, (_, i) => `f${body}_${line}_${i}=1`)
        return `m ${fields.join(',')} ${line + 1}`
      })
      await scene.write(lines.join('\n'))
    }
    return undefined
  }
} satisfies Deed
