import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Outcome, outcomeOf } from './data.ts'

/** Recorded from html/template of Go 1.26 on the data of `data.ts`; the names of contexts in messages are cut off. */
const ANSWERS = JSON.parse(readFileSync(new URL('html-answers.json', import.meta.url), 'utf8')) as [
  template: string,
  ...outcome: Outcome
][]

for (const [template, ...outcome] of ANSWERS) {
  t.test(`${JSON.stringify(template)} comes to what Go makes of it`, async (t) => {
    const [kind, text] = outcomeOf(template, true)
    t.strictSame([kind, kind === 'err' ? text.replace(/: \{.*$/s, '') : text], outcome)
  })
}

t.test('the default details are an escaped JSON document and a newline', async (t) => {
  t.strictSame(outcomeOf('{{ json .Fields.s }}', true), ['ok', '&#34;q\\u003c\\&#34;\\u0026&#39;\\u003e&#34;\n'])
})

t.test('a value may not end what it stands in', async (t) => {
  const payload = '{{ "\\"\'><script>alert(1)</script><!-- javascript:x */ ` \\\\ " }}'
  const places: [before: string, after: string][] = [
    ['<p>', '</p>'],
    ['<p title="', '">'],
    ["<p title='", "'>"],
    ['<p title=', '>'],
    ['<a href="', '">'],
    ['<a href="?q=', '">'],
    ['<a onclick="f(', ')">'],
    ['<p style="color: ', '">'],
    ['<script>var x = ', ';</script>'],
    ['<script>var x = "', '";</script>'],
    ['<script>var x = /', '/;</script>'],
    ['<style>p { content: "', '" }</style>'],
    ['<textarea>', '</textarea>'],
    ['<!-- ', ' --><p>']
  ]
  for (const [before, after] of places) {
    const [kind, text] = outcomeOf(before + payload + after, true)
    t.equal(kind, 'ok', before)
    const inner = text.slice(before.length, text.length - after.length)
    t.notMatch(inner, /<script>alert|<\/script>/, before)
    t.notOk(inner.includes(before.at(-1) === "'" ? "'" : '"') && /=["']$/.test(before), before)
  }
})
