import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Deed } from '../abuse.ts'

export default {
  name: 'empty-store',
  what: 'a store whose database file is emptied while the server is down',
  isShort: true,
  async run(scene) {
    await scene.define('a', "stream|from()|httpOut('o')")
    await scene.program.end()
    const files = readdirSync(scene.dataDir).filter((name) => /\.(duckdb|db)$/.test(name))
    if (files.length === 0) return 'no file of the store was found'
    for (const name of files) if (statSync(join(scene.dataDir, name)).isFile()) truncateSync(join(scene.dataDir, name))
    const isRefused = await scene.start().then(
      () => false,
      () => true
    )
    if (isRefused) {
      // As it should be; the server that is looked at afterwards has nothing.
      rmSync(scene.dataDir, { recursive: true })
      await scene.start()
      return undefined
    }
    const { text } = await scene.call('GET', '/kapacitor/v1/tasks/a')
    return text.includes('httpOut') ? undefined : 'it started without its task, and without a word'
  }
} satisfies Deed
