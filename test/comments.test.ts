import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

/** Words that stand for a subject which is not there: `Of the file.`, `The same for texts.`, `They end first.` */
const WORDS = 'Of|Those|That|The same|They|It|Its|As|With|Without|By|In|At|To|For|From|After|Before'
const FRAGMENT = new RegExp(String.raw`/\*\*[\s*]+(?:${WORDS})\b[^\n]*`, 'g')

/** Doc comments without a subject, each with its place. */
function fragmentsIn(file: string, text: string): string[] {
  return [...text.matchAll(FRAGMENT)].map(({ 0: comment, index }) => {
    const line = text.slice(0, index).split('\n').length
    return `${file}:${line}: ${comment.replace(/[\s*/]+/g, ' ').trim()}`
  })
}

t.test('a doc comment begins with its subject', (t) => {
  const root = resolve(import.meta.dirname, '..')
  const found = ['src', 'workers'].flatMap((folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => fragmentsIn(join(folder, file), readFileSync(join(root, folder, file), 'utf8')))
  })
  t.strictSame(found, [])
  t.end()
})

t.test('a doc comment without a subject is named with its place', (t) => {
  const text = [
    '/** Bytes of the file. */',
    'a',
    '/** Of the file. */',
    'b',
    '/**',
    ' * The same for texts.',
    ' */',
    'c'
  ]
  t.strictSame(fragmentsIn('a.ts', text.join('\n')), ['a.ts:3: Of the file.', 'a.ts:5: The same for texts.'])
  t.end()
})
