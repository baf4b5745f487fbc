import t from 'tap'
import { listKey } from '../../src/core/list-key.ts'

t.test('different lists have different texts, whatever stands in them', (t) => {
  const lists = [
    [],
    [''],
    ['', ''],
    ['a', 'b'],
    ['a\0b'],
    ['ab'],
    ['1:a'],
    ['a', '1:b'],
    ['a1:b'],
    ['a\0', 'b'],
    ['a', '\0b']
  ]
  t.equal(new Set(lists.map(listKey)).size, lists.length)
  t.end()
})
