import { writeFileSync } from 'node:fs'
import { trialOf } from './fuzz.ts'
import goTemplates from './kinds/go-templates.ts'
import { askGo, templatesOf } from './oracles/go.ts'

/** Writes what Go makes of the templates of seeded trials: `node --import tsx test/fuzz/record-answers.ts`. */
const TRIALS = 400
const FILE = new URL('./answers/go-templates.json', import.meta.url)

const go = askGo()
if (typeof go === 'string') throw new Error(go)
const answers: unknown[] = []
for (let seed = 1; seed <= TRIALS; seed++) {
  for (const { template, isHtml } of templatesOf(trialOf(goTemplates, seed))) {
    const [kind, text] = await go.render(template, isHtml)
    // The words of errors are those of a version of Go.
    answers.push({ html: isHtml, template, answer: kind === 'err' ? ['err'] : [kind, text] })
  }
}
go.end()
writeFileSync(FILE, `[\n${answers.map((answer) => JSON.stringify(answer)).join(',\n')}\n]\n`)
