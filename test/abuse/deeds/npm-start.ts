import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../../support/eventually.ts'
import type { Deed } from '../abuse.ts'

const LONGEST_START_MS = 120_000
const LONGEST_STOP_MS = 10_000

export default {
  name: 'npm-start',
  what: 'SIGTERM to `npm start`',
  isShort: false,
  async run({ dataDir }) {
    const args = ['start', '--', '--bind', '127.0.0.1:0', '--data-dir', join(dataDir, '../other')]
    const npm = spawn('npm', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    npm.stderr.on('data', (text: Buffer) => (log += text.toString()))
    const isUp = () => log.includes('"msg":"listening"') || npm.exitCode !== null
    await eventually('a line that says where it listens', isUp, LONGEST_START_MS)
    const [, url] = /"url":"([^"]+)","msg":"listening"/.exec(log) ?? []
    if (url === undefined) return `it did not start: ${log.slice(0, 200)}`
    const gone = once(npm, 'exit')
    npm.kill('SIGTERM')
    await Promise.race([gone, delay(LONGEST_STOP_MS)])
    const answers = await fetch(`${url}/kapacitor/v1/ping`).then(
      () => true,
      () => false
    )
    if (!answers) return undefined
    process.kill(Number(/"pid":(\d+)/.exec(log)?.[1]), 'SIGKILL')
    return 'npm has ended and the server has not'
  }
} satisfies Deed
