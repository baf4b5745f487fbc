/**
 * Writes config/schema: JSON Schemas of the configuration, made from what the modules say of their parameters, for
 * editors and pull requests. test/schemas.test.ts compares the files with the modules.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { schemaOf } from '../src/core/fields.ts'
import { sections } from '../src/config/sections.ts'
import { schemas } from '../src/notify/files/check.ts'
import { filterFileSchema, routeFileSchema } from '../src/notify/files/schemas.ts'

const folder = resolve(import.meta.dirname, '../config/schema')

/** The files by name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const kapok = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'kapok.yaml', ...schemaOf(sections) }
  return new Map([
    ['filter.json', textOf(filterFileSchema(schemas))],
    ['route.json', textOf(routeFileSchema(schemas))],
    ['kapok.json', textOf(kapok)]
  ])
}

function textOf(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of schemaFiles()) writeFileSync(join(folder, name), text)
}
