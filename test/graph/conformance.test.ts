import t from 'tap'
import { staticDot } from '../../src/graph/dot.ts'
import { nodes } from '../../src/nodes/index.ts'
import { recorded } from '../tick/conformance.ts'
import { define, startErrorOf } from './task.ts'

/** Whether a script needs a node that does not exist yet. */
function isEarly(script: string): boolean {
  const missing = ['batch', 'influxDBOut'].filter((name) => !nodes.some(({ spec }) => spec.name === name))
  return missing.some((name) => script.includes(name))
}

/** The original lists names in a random order. */
function ordered(message: string): string {
  return message.replace(/(?<=Names in scope: ).*/s, (names) => names.split(',').sort().join(','))
}

for (const { script, vars, http, error } of recorded.errors) {
  // The rest of the checks on the task itself is the API's.
  if (/^(must |cannot specify dbrp)/.test(error)) continue
  t.test(`${JSON.stringify(script)} gets the answer of Kapacitor`, { todo: isEarly(script) }, async (t) => {
    const defined = define(script, vars)
    if (http === 400) return t.equal(defined.ok ? '' : ordered(defined.error.message), ordered(error))
    t.equal(defined.ok ? startErrorOf(defined.value) : `definition: ${defined.error.message}`, error)
  })
}

for (const { script, id, dot } of recorded.dot) {
  t.test(`${JSON.stringify(script)} is drawn as by Kapacitor`, { todo: isEarly(script) }, async (t) => {
    const defined = define(script)
    t.equal(defined.ok ? staticDot(id, defined.value) : defined.error.message, dot)
  })
}
