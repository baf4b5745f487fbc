import type { Deed } from '../abuse.ts'

export default {
  name: 'long-script',
  what: 'a script of 20 MB',
  isShort: true,
  async run(scene) {
    const started = performance.now()
    const { status } = await scene.define('a', `stream|from()${'|where(lambda: "v" > 1)\n'.repeat(850_000)}`)
    const ms = Math.round(performance.now() - started)
    if (status < 400) return `it was taken with ${status}`
    return ms > 5000 ? `the refusal took ${ms} ms` : undefined
  }
} satisfies Deed
