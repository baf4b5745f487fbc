import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const src = resolve('src')

/** Where each code is declared: by `defineError`, or by an error class of its own. */
function declarations(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(src, file), 'utf8')
    for (const [, code] of text.matchAll(/(?:defineError|new Refused|super)\(\s*'([A-Z][A-Z0-9_]+)'/g)) {
      found.set(code!, [...(found.get(code!) ?? []), file])
    }
  }
  return found
}

t.test('the code of an error stands for one error', (t) => {
  const all = declarations()
  t.ok(all.size > 100, `${all.size} codes`)
  t.same(
    [...all].filter(([, files]) => files.length > 1),
    []
  )
  t.end()
})
