import type { Deed } from '../abuse.ts'

const SCRIPTS = {
  windows: "stream|from()|window().period(1h)|top(10, 'v')",
  combinations: "stream|from()|combine(lambda: TRUE, lambda: TRUE).as('a', 'b')"
}
const LINES = Array.from({ length: 100_000 }, (_, i) => `m,t=x${i % 1000} v=${i} ${1 + Math.floor(i / 1000)}`).join(
  '\n'
)

export default {
  name: 'overlapping-windows',
  what: '100,000 points into a window that is told at each of them, and into all their combinations',
  isShort: true,
  async run(scene) {
    for (const [id, script] of Object.entries(SCRIPTS)) {
      const { status, text } = await scene.define(id, script)
      if (status !== 200) return `the task was refused: ${text}`
    }
    if ((await scene.write(LINES)) !== 204) return 'the points were refused'
    for (const id of Object.keys(SCRIPTS)) {
      const { text } = await scene.call('GET', `/kapacitor/v1/tasks/${id}`)
      if (!/"executing":\s*true/.test(text)) return `the task ${id} was set aside: ${text}`
    }
    return undefined
  }
} satisfies Deed
