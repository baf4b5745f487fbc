import t from 'tap'
import { staticDot } from '../../src/graph/dot.ts'
import { recorded } from '../tick/conformance.ts'
import { define, startErrorOf } from './task.ts'

/** The original lists names in a random order. */
function ordered(message: string): string {
  return message.replace(/(?<=Names in scope: ).*/s, (names) => names.split(',').sort().join(','))
}

for (const { script, vars, http, error } of recorded.errors) {
  // The rest of the checks on the task itself is the API's.
  if (/^(must |cannot specify dbrp)/.test(error)) continue
  t.test(`${JSON.stringify(script)} gets the answer of Kapacitor`, async (t) => {
    const defined = define(script, vars)
    if (http === 400) return t.equal(defined.ok ? '' : ordered(defined.error.message), ordered(error))
    t.equal(defined.ok ? startErrorOf(defined.value) : `definition: ${defined.error.message}`, error)
  })
}

for (const { script, id, dot } of recorded.dot) {
  t.test(`${JSON.stringify(script)} is drawn as by Kapacitor`, async (t) => {
    const defined = define(script)
    t.equal(defined.ok ? staticDot(id, defined.value) : defined.error.message, dot)
  })
}
