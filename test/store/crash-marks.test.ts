import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CrashMarks } from '../../src/store/crash-marks.ts'
import { testFolder } from '../support/folder.ts'

t.test('what was under way at a crash is known after it, with how many there were', (t) => {
  const path = join(testFolder(t), 'marks')
  const first = CrashMarks.open(path)
  for (const key of ['a-1', 'b-2', 'c-3']) first.begin(key)
  first.end('b-2')
  first.forget('c-3')
  first.begin('d-4')

  // None of them is closed: each time the process is gone.
  const second = CrashMarks.open(path)
  const crashesIn = (marks: CrashMarks) => ['a-1', 'b-2', 'c-3', 'd-4'].map((key) => marks.crashesOf(key)).join()
  t.equal(crashesIn(second), '1,0,0,1')
  t.equal(second.suspects, 2)
  second.begin('a-1')

  const third = CrashMarks.open(path)
  t.equal(crashesIn(third), '2,0,0,1', 'what was not under way is not counted again')
  third.begin('d-4')
  third.end('d-4')
  third.begin('b-2')
  third.close()
  third.begin('a-1')

  const fourth = CrashMarks.open(path)
  t.equal(crashesIn(fourth), '2,0,0,1', 'an end in order is no crash')
  fourth.forget('a-1')
  fourth.forget('d-4')
  fourth.close()
  t.equal(CrashMarks.open(path).suspects, 0)
  t.end()
})

t.test('the file of marks stays small, and what is damaged in it is left out', (t) => {
  const path = join(testFolder(t), 'marks')
  const marks = CrashMarks.open(path)
  for (let i = 0; i < 20_000; i++) {
    marks.begin(`a-${i}`)
    marks.end(`a-${i}`)
  }
  t.equal(statSync(path).size, 64)
  for (let i = 0; i < 20_000; i++) marks.begin(`b-${i}`)
  t.ok(statSync(path).size <= 4096 * 64)
  marks.close()
  appendFileSync(path, `u x y\n\0\0\0\nu 1 kept\n${'z'.repeat(100)}`)
  const again = CrashMarks.open(path)
  t.equal(again.suspects, 1)
  t.equal(again.crashesOf('kept'), 2)
  for (let i = 0; i < 4096; i++) again.begin(`c-${i}`)
  t.equal(again.suspects, 0, 'what waits makes room')
  t.strictSame([again.dropped, again.failed], [1, 0])
  again.begin('one-more')
  t.equal(again.dropped, 2, 'where all are under way, what begins has no mark')
  t.end()
})

t.test('a key that does not fit is an error of ours, and no mark of another', (t) => {
  const marks = CrashMarks.open(join(testFolder(t), 'marks'))
  marks.begin('k'.repeat(56))
  for (const key of ['', 'a b', 'a\nb', 'ä', 'k'.repeat(57)])
    t.throws(() => marks.begin(key), { code: 'ERR_ASSERTION' }, key)
  marks.close()
  t.end()
})

t.test('a crash while the file of marks is made anew loses no mark', (t) => {
  const path = join(testFolder(t), 'marks')
  CrashMarks.open(path).begin('a-1')
  writeFileSync(`${path}.new`, 'u 1')
  t.equal(CrashMarks.open(path).crashesOf('a-1'), 1, 'half of a new file is none')
  t.notOk(existsSync(`${path}.new`))
  const before = readFileSync(path, 'utf8')
  mkdirSync(`${path}.new`)
  const marks = CrashMarks.open(path)
  t.equal(marks.crashesOf('a-1'), 1)
  t.equal(marks.failed, 1)
  marks.begin('b-2')
  t.equal(marks.failed, 2, 'a mark that is not written is counted')
  marks.close()
  t.equal(readFileSync(path, 'utf8'), before, 'what cannot be replaced stays as it was')
  t.end()
})
