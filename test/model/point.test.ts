import t from 'tap'
import { FieldsBuilder } from '../../src/model/point.ts'
import { Schema } from '../../src/model/schema.ts'

t.test('points with the fields of the one before share its schema; others have their own', (t) => {
  const builder = new FieldsBuilder()
  const build = (...fields: [string, 'int' | 'float', number][]): readonly [Schema, unknown] => {
    for (const [name, type, value] of fields) builder.set(name, type, value)
    const { schema, values } = builder.take()
    return [schema, values]
  }
  const named = (...names: string[]): Schema =>
    Schema.of(
      names,
      names.map(() => 'int')
    )

  t.strictSame(build(), [Schema.EMPTY, []])
  const [first] = build(['a', 'int', 1], ['b', 'int', 2])
  t.equal(first, named('a', 'b'))
  const [again, values] = build(['a', 'int', 3], ['b', 'int', 4])
  t.equal(again, first)
  t.strictSame(values, [3, 4])
  t.strictSame(build(['a', 'int', 1]), [named('a'), [1]], 'fewer')
  t.strictSame(build(['a', 'int', 1], ['c', 'int', 2], ['b', 'int', 3]), [named('a', 'c', 'b'), [1, 2, 3]], 'more')
  t.strictSame(build(['b', 'int', 1], ['a', 'int', 2]), [named('b', 'a'), [1, 2]], 'in another order')
  t.strictSame(build(['b', 'float', 1], ['a', 'int', 2]), [Schema.of(['b', 'a'], ['float', 'int']), [1, 2]])
  t.strictSame(build(), [Schema.EMPTY, []], 'none')
  t.end()
})

t.test('a name that is set twice keeps its place and takes the later value and type', (t) => {
  const builder = new FieldsBuilder()
  for (let round = 0; round < 2; round++) {
    builder.set('a', 'int', 1).set('b', 'int', 2).set('a', 'float', 3)
    t.strictSame(builder.take(), { schema: Schema.of(['a', 'b'], ['float', 'int']), values: [3, 2] })
  }
  t.end()
})
