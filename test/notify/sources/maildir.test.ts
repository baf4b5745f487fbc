import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { silentLogger } from '../../../src/core/logger.ts'
import type { Alert } from '../../../src/notify/alert.ts'
import { PoolFull } from '../../../src/notify/pool.ts'
import { Maildir, type MaildirSettings } from '../../../src/notify/sources/maildir.ts'
import { testFolder } from '../../support/folder.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const GOOD = 'From: a@b\nSubject: s\n\ntext\n'

async function start(t: Test, mails: Record<string, string> = {}, change: Partial<MaildirSettings> = {}) {
  const dir = testFolder(t, { new: mails, cur: {}, tmp: {} })
  const clock = new ManualClock(1_600_000_000_000)
  const alerts: Alert[] = []
  const lines: string[] = []
  const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  let full = false
  const maildir = await Maildir.open(
    { dir, intervalMs: 10_000, remove: false, ...change },
    {
      clock,
      log: { ...silentLogger, warn: note, error: note },
      post(alert) {
        if (full) return Promise.reject(PoolFull('notify.max-waiting', 1))
        alerts.push(alert)
        return Promise.resolve()
      }
    }
  )
  t.teardown(() => maildir.close())
  return {
    ...{ dir, alerts, lines, maildir, clock },
    setFull: (isFull: boolean) => (full = isFull),
    async scan() {
      clock.advance(10_000)
      await maildir.idle()
    },
    files: () =>
      ['new', 'cur', 'bad'].flatMap((folder) =>
        existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)).map((name) => `${folder}/${name}`) : []
      )
  }
}

t.test('new mails become alerts in the order of their names, and go to cur', async (t) => {
  const rig = await start(t, {
    '2.x': GOOD.replace('s\n', 'second\n'),
    '1.x': GOOD.replace('s\n', 'first\n'),
    '3:2,F': GOOD
  })
  mkdirSync(join(rig.dir, 'new/folder'))
  t.strictSame(rig.alerts, [], 'the first look comes after the interval')
  await rig.scan()
  t.strictSame(
    rig.alerts.map(({ title }) => title),
    ['first', 'second', 's']
  )
  t.strictSame(rig.files(), ['new/folder', 'cur/1.x:2,S', 'cur/2.x:2,S', 'cur/3:2,F'])
  t.equal(readFileSync(join(rig.dir, 'cur/3:2,F'), 'utf8'), GOOD)
  await rig.scan()
  t.equal(rig.alerts.length, 3)
})

t.test('they can be deleted instead', async (t) => {
  const rig = await start(t, { a: GOOD, b: 'no mail' }, { remove: true })
  await rig.scan()
  t.strictSame([rig.alerts.length, rig.files()], [1, ['bad/b']])
})

t.test('a mail that is none is moved aside, and the others are taken in', async (t) => {
  const rig = await start(t, { a: 'garbage', b: GOOD, c: 'From: a@b\nSubject: s\n\nTitle:\n\nno title\n', d: '' })
  await rig.scan()
  t.strictSame([rig.alerts.length, rig.files()], [1, ['cur/b:2,S', 'bad/a', 'bad/c', 'bad/d']])
  t.match(rig.lines, [/^failed to parse a mail .*empty From/, /empty Title/, /empty From/])
})

t.test('a full pool lets mails wait', async (t) => {
  const rig = await start(t, { a: GOOD, b: GOOD })
  rig.setFull(true)
  await rig.scan()
  t.strictSame([rig.alerts.length, rig.files(), rig.lines.length], [0, ['new/a', 'new/b'], 1])
  rig.setFull(false)
  await rig.scan()
  t.equal(rig.alerts.length, 2)
})

t.test('a mail that cannot be moved is taken in once, and holds up no other', async (t) => {
  const rig = await start(t, { a: GOOD, b: GOOD })
  rmSync(join(rig.dir, 'cur'), { recursive: true })
  writeFileSync(join(rig.dir, 'cur'), 'no folder')
  await rig.scan()
  await rig.scan()
  t.strictSame([rig.alerts.length, rig.lines.length], [2, 2])
  t.match(rig.lines[0], /^failed to remove a mail/)
  rmSync(join(rig.dir, 'new/a'))
  await rig.scan()
  writeFileSync(join(rig.dir, 'new/a'), GOOD)
  await rig.scan()
  t.equal(rig.alerts.length, 3, 'another mail of that name')
})

t.test('a folder that comes later is read, one that cannot be is told of', async (t) => {
  const rig = await start(t)
  rmSync(rig.dir, { recursive: true })
  await rig.scan()
  t.strictSame(rig.lines, [])
  mkdirSync(rig.dir)
  writeFileSync(join(rig.dir, 'new'), 'no folder')
  await rig.scan()
  t.match(rig.lines, [/^failed to look into a maildir .*ENOTDIR/])
  rmSync(join(rig.dir, 'new'))
  mkdirSync(join(rig.dir, 'new'))
  writeFileSync(join(rig.dir, 'new/a'), GOOD)
  await rig.scan()
  t.equal(rig.alerts.length, 1)
  await rig.maildir.close()
  writeFileSync(join(rig.dir, 'new/b'), GOOD)
  await rig.scan()
  t.equal(rig.alerts.length, 1, 'nothing after the end')
})

t.test('settings that make no sense are refused in the words of kkok', async (t) => {
  const file = join(testFolder(t, { file: '' }), 'file')
  await t.rejects(start(t, {}, { dir: 'x' }), { message: 'maildir: dir is not an absolute path' })
  await t.rejects(start(t, {}, { intervalMs: 0 }), { message: 'maildir: invalid interval value' })
  await t.rejects(start(t, {}, { dir: '/dev/null' }), { message: 'maildir: dir is not a directory' })
  t.match((await start(t, {}, { dir: `${file}.nosuch` })).lines, [/does not exist/])
})
