import { execFileSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readTextFile } from '../../src/core/text-file.ts'
import { testFolder } from '../support/folder.ts'

t.test('a text is read without its byte order mark', async (t) => {
  const folder = testFolder(t, { plain: 'é\n', marked: '\ufeffa', empty: '' })
  t.strictSame(
    ['plain', 'marked', 'empty'].map((name) => readTextFile(join(folder, name))),
    ['é\n', 'a', '']
  )
  t.match(readTextFile('/proc/self/status'), /^Name:/, 'its size is said to be 0')
})

t.test('what is no file of text, or a long one, is refused', async (t) => {
  const folder = testFolder(t, { folder: {} })
  execFileSync('mkfifo', [join(folder, 'pipe')])
  writeFileSync(join(folder, 'binary'), Buffer.from([0x61, 0xff]))
  writeFileSync(join(folder, 'long'), 'x'.repeat(11))
  symlinkSync('circle', join(folder, 'circle'))
  const refusal = (name: string): unknown => {
    try {
      return readTextFile(join(folder, name), 10)
    } catch (error) {
      return (error as Error).message
    }
  }
  t.equal(refusal('folder'), 'it is a folder, not a file')
  t.equal(refusal('pipe'), 'it is a device, not a file')
  t.equal(refusal('/../../../../../../../../../../../dev/zero'), 'it is a device, not a file')
  t.match(refusal('binary'), /^the file is not UTF-8/)
  t.equal(refusal('long'), 'the file is longer than 10 bytes')
  t.match(refusal('circle'), /ELOOP/)
  t.match(refusal('nosuch'), /ENOENT/)
})
