import type { Deed } from '../abuse.ts'
import { ENDLESS, WIDE_LINE } from '../endless-template.ts'

export default {
  name: 'handler-template',
  what: 'a handler option that ranges over 50 fields, nine deep, and puts out nothing',
  isShort: true,
  environment: {
    KAPOK_ALERTA_ENABLED: 'true',
    KAPOK_ALERTA_URL: 'http://127.0.0.1:1',
    KAPOK_ALERTA_TOKEN: 't',
    KAPOK_ALERTA_ENVIRONMENT: 'e'
  },
  async run(scene) {
    const script = `stream|from()|alert().crit(lambda: TRUE).alerta().value('${ENDLESS}')`
    const { status, text } = await scene.define('a', script)
    if (status !== 200) return `the task was refused: ${text}`
    await scene.write(WIDE_LINE)
    return undefined
  }
} satisfies Deed
