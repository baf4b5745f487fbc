import t from 'tap'
import { nodes } from '../../src/nodes/index.ts'
import { check } from '../support/check.ts'

for (const { spec } of nodes) {
  for (const example of spec.examples) {
    t.test(`an example of ${spec.name} is wrong`, (t) => {
      check(example, t)
      t.end()
    })
  }
}
