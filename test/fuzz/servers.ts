import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Program, startProgram } from '../support/program.ts'
import type { StartedServer } from './oracles/index.ts'

const SETTINGS = {
  KAPOK_STATS_ENABLED: 'false',
  TZ: 'UTC'
}

/** Servers of ours in processes of their own, with folders of their own, all of which end with this one. */
export class Servers {
  readonly #ends: (() => unknown)[] = []

  async start(): Promise<StartedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'kapok-fuzz-server-'))
    this.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const start = (): Promise<Program> => startProgram(this, join(folder, 'data'), SETTINGS)
    let program = await start()
    return {
      get url() {
        return program.url
      },
      async restart(how) {
        await (how === 'kill' ? program.kill() : program.end())
        program = await start()
      },
      stop: async () => void (await program.end())
    }
  }

  teardown(end: () => unknown): void {
    this.#ends.push(end)
  }

  /** Latest first. */
  end(): void {
    for (const end of this.#ends.splice(0).reverse()) end()
  }
}
