import type { Deed } from '../abuse.ts'

export default {
  name: 'many-events',
  what: '500,000 points in one write, each of which raises an event',
  isShort: true,
  async run(scene) {
    const { status, text } = await scene.define('a', "stream|from()|alert().crit(lambda: TRUE).topic('t')")
    if (status !== 200) return `the task was refused: ${text}`
    await scene.write('m v=1 1\n'.repeat(500_000))
    return undefined
  }
} satisfies Deed
