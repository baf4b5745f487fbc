import { Memo } from '../core/memo.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series, Tags } from '../model/series.ts'
import type { Value } from '../model/value.ts'
import { FieldAndTagNode } from './field-and-tag-node.ts'
import { type FieldDefault, fieldDefaults, refuseDefaults } from './field-defaults.ts'
import type { TagChange } from './retag.ts'

const spec = nodeSpec({
  name: 'default',
  wants: 'either',
  provides: 'same',
  summary: 'Sets fields and tags that a point lacks.',
  properties: {
    field: t.call('A field and its value.', { name: t.string('Field.'), value: t.any('Its value.') }).all(),
    tag: t.call('A tag and its value.', { name: t.string('Tag.'), value: t.string('Its value.') }).all()
  },
  validate: ({ field }) => refuseDefaults(field),
  // The node's own fields are required, too: one that is not parsed would count as missing.
  requiredFields: ({ field }, below) => unionOfFields(new Set(field.map(({ name }) => name)), below),
  examples: [
    {
      script: `stream|from()|default().field('n', 0).tag('dc', 'none')`,
      input: 'm,host=a,dc=x v=7,n=2i 2s\nm,host=b v=8 3s',
      output: 'm,host=a,dc=x v=7,n=2i 2s\nm,host=b,dc=none v=8,n=0i 3s'
    }
  ]
})

/** What a schema lacks, by position in the schema that has it. */
interface Filling {
  readonly schema: Schema
  readonly values: readonly { readonly index: number; readonly value: Value }[]
}

class Default extends FieldAndTagNode<OptionsOf<typeof spec>> {
  readonly #fields: readonly FieldDefault[]
  readonly #tags: ReadonlyMap<string, string>
  readonly #fillings = new Memo((schema: Schema) => this.#fillingOf(schema))
  #fieldsDefaulted = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#fields = fieldDefaults(options.field)
    this.#tags = new Map(options.tag.map(({ name, value }) => [name, value]))
  }

  override counters(): Readonly<Record<string, number>> {
    return { fields_defaulted: this.#fieldsDefaulted, tags_defaulted: this.tagChanges }
  }

  protected override changeFields(point: Point): Point {
    const filling = this.#fillings.get(point.schema)
    if (filling.values.length === 0) return point
    const values = point.values.slice()
    for (const { index, value } of filling.values) values[index] = value
    this.#fieldsDefaulted += filling.values.length
    return point.withFields(filling.schema, values)
  }

  protected override changeTags(tags: Tags): TagChange {
    const missing = [...this.#tags].filter(([name]) => (tags.get(name) ?? '') === '')
    return { tags: missing.length === 0 ? tags : tags.with(missing), count: missing.length }
  }

  protected override regroup(series: Series, group: Group): Group {
    return this.context.groups.regroup(series, group)
  }

  #fillingOf(schema: Schema): Filling {
    let filled = schema
    const values = []
    for (const { name, type, value } of this.#fields) {
      const present = schema.typeOf(name)
      if (present !== undefined && present !== 'null') continue
      filled = filled.with(name, type)
      values.push({ index: filled.indexOf(name), value })
    }
    return { schema: filled, values }
  }
}

export default defineNode(spec, Default)
