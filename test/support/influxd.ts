import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Why tests that need InfluxDB do not run; false where they can. For the `skip` of a test. */
export const withoutInfluxd: false | string =
  spawnSync('influxd', ['version']).status === 0 ? false : 'no influxd: apt-get install influxdb'

export interface Influxd {
  readonly url: string
  readonly port: number
  /** Runs statements; gives their results. */
  query(text: string): Promise<readonly { readonly series?: readonly Series[]; readonly error?: string }[]>
  write(db: string, lines: string): Promise<void>
  stop(): Promise<void>
}

export interface Series {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

/**
 * A database of its own below a folder, on loopback.
 * @param port Where it listened before it was stopped, to find it there again.
 */
export async function startInfluxd(folder: string, port?: number): Promise<Influxd> {
  const http = port ?? (await freePort())
  const config = join(folder, 'influxdb.conf')
  writeFileSync(
    config,
    `reporting-enabled = false
bind-address = "127.0.0.1:${await freePort()}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
log-enabled = false
flux-enabled = true
[ifql]
enabled = false
[monitor]
store-enabled = false
`
  )
  const child = spawn('influxd', ['-config', config], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${http}`
  const query = async (text: string) => {
    const answer = await fetch(`${url}/query?q=${encodeURIComponent(text)}`, { method: 'POST' })
    const { results = [], error } = (await answer.json()) as { results?: { series?: Series[] }[]; error?: string }
    if (error !== undefined) throw new Error(error)
    return results
  }
  for (let attempts = 0; ; attempts++) {
    const isUp = await fetch(`${url}/ping`).then(
      () => true,
      () => false
    )
    if (isUp) break
    if (attempts === 300 || child.exitCode !== null) throw new Error('influxd does not come up')
    await delay(50)
  }
  return {
    url,
    port: http,
    query,
    async write(db, lines) {
      const answer = await fetch(`${url}/write?db=${db}`, { method: 'POST', body: lines })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
