import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Deed, Scene } from '../abuse.ts'

/** Of the package libfaketime: it tells a process another time on the wall, and leaves spans alone. */
const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path))
const file = join(mkdtempSync(join(tmpdir(), 'kapok-abuse-clock-')), 'offset')
writeFileSync(file, '+0d')

const DAY_MS = 86_400_000

export default {
  name: 'clock-jump',
  what: 'the clock of the system set forward by a year, then back by two',
  isShort: true,
  ...(library === undefined && { missing: 'libfaketime is not installed' }),
  environment: {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1'
  },
  async run(scene) {
    await scene.define('a', "stream|from()|httpOut('o')")
    for (const days of [0, 365, -365]) {
      writeFileSync(file, `${days < 0 ? '' : '+'}${days}d`)
      await delay(1500) // Until every thread has looked at its clock.
      const wanted = Date.now() + days * DAY_MS
      const got = await stampOf(scene)
      if (Math.abs(got - wanted) > 5000)
        return `after a jump to ${days} days a point of now got ${new Date(got).toISOString()}`
    }
    return undefined
  }
} satisfies Deed

/** The time, in ms, that a point without one is given. */
async function stampOf(scene: Scene): Promise<number> {
  await scene.write('m v=1')
  const { text } = await scene.call('GET', '/kapacitor/v1/tasks/a/o')
  const { series } = JSON.parse(text) as { series: readonly { values: readonly (readonly [string])[] }[] }
  return Date.parse(series[0]!.values[0]![0])
}
