import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { schemaFiles } from '../scripts/schemas.ts'
import { checkNotifyFiles } from '../src/notify/files/check.ts'

const read = (path: string): string => readFileSync(new URL(`../config/${path}`, import.meta.url), 'utf8')

t.test('the schemas in config/schema are those of the modules', (t) => {
  for (const [name, text] of schemaFiles()) t.equal(read(`schema/${name}`), text, `schema/${name} is old: npm run docs`)
  t.end()
})

t.test('the examples in config are valid, by the schemas and as a server sees them', async (t) => {
  const { problems, warnings, entries } = await checkNotifyFiles('config', {})
  t.strictSame([problems, warnings], [[], []])
  t.ok(entries.length > 5)
  const ajv = new Ajv({ strict: false, validateFormats: false })
  for (const [folder, schema] of [
    ['filters', 'filter.json'],
    ['routes', 'route.json']
  ] as const) {
    const validate = ajv.compile(JSON.parse(read(`schema/${schema}`)) as object)
    for (const name of readdirSync(new URL(`../config/${folder}`, import.meta.url))) {
      t.ok(validate(parse(read(join(folder, name)))), `${name}: ${JSON.stringify(validate.errors)}`)
    }
    t.notOk(validate(parse('{ type: nosuch }')))
  }
})
