import type { Deed } from '../abuse.ts'
import { ENDLESS, WIDE_LINE } from '../endless-template.ts'

export default {
  name: 'message-template',
  what: 'a message that ranges over 50 fields, nine deep, and puts out nothing',
  isShort: true,
  async run(scene) {
    const { status, text } = await scene.define(
      'a',
      `stream|from()|alert().crit(lambda: TRUE).message('${ENDLESS}').log('/dev/null')`
    )
    if (status !== 200) return `the task was refused: ${text}`
    await scene.write(WIDE_LINE)
    return undefined
  }
} satisfies Deed
