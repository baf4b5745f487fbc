/**
 * Writes docs/reference from the specifications of nodes, alert handlers, lambda functions, filters and transports, so
 * that a page cannot forget what there is. test/docs.test.ts compares the pages with the specifications.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { handlerKinds } from '../src/alert/handlers/index.ts'
import { FUNCTIONS } from '../src/lambda/functions/index.ts'
import { nodes } from '../src/nodes/index.ts'
import { filterKinds } from '../src/notify/filters/index.ts'
import { transportKindsOf } from '../src/notify/transports/index.ts'
import { functionsPage } from './reference/functions.ts'
import { nodesPage } from './reference/nodes.ts'
import { notifyPage } from './reference/notify.ts'

const folder = resolve(import.meta.dirname, '../docs/reference')

/** The pages by file name. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['nodes.md', nodesPage(nodes.map(({ spec }) => spec))],
    ['functions.md', functionsPage(FUNCTIONS)],
    ['filters-and-routes.md', notifyPage(filterKinds, transportKindsOf(handlerKinds))]
  ])
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of referencePages()) writeFileSync(resolve(folder, name), text)
}
