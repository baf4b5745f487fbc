import { Memo } from '../core/memo.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { Schema } from '../model/schema.ts'
import type { Series, Tags } from '../model/series.ts'
import { FieldAndTagNode } from './field-and-tag-node.ts'
import type { TagChange } from './retag.ts'

const spec = nodeSpec({
  name: 'delete',
  wants: 'either',
  provides: 'same',
  summary: 'Removes fields and tags; a removed tag is no dimension of the group any more.',
  properties: {
    field: t.call('A field to remove.', { name: t.string('Field.') }).all(),
    tag: t.call('A tag to remove.', { name: t.string('Tag.') }).all()
  },
  // The node's own fields are required, too, since it counts those that it removes.
  requiredFields: ({ field }, below) => unionOfFields(new Set(field.map(({ name }) => name)), below),
  examples: [
    {
      script: `stream|from().groupBy('host', 'dc')|delete().field('n').tag('dc')`,
      input: 'm,host=a,dc=x v=7,n=2i 2s',
      output: 'm,host=a v=7 2s'
    }
  ]
})

/** The fields of a schema that stay. */
interface Rest {
  readonly schema: Schema
  readonly indexes: readonly number[]
}

class Delete extends FieldAndTagNode<OptionsOf<typeof spec>> {
  readonly #fields: ReadonlySet<string>
  readonly #tags: ReadonlySet<string>
  readonly #rests = new Memo((schema: Schema) => this.#restOf(schema))
  #fieldsDeleted = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#fields = new Set(options.field.map(({ name }) => name))
    this.#tags = new Set(options.tag.map(({ name }) => name))
  }

  override counters(): Readonly<Record<string, number>> {
    return { fields_deleted: this.#fieldsDeleted, tags_deleted: this.tagChanges }
  }

  protected override changeFields(point: Point): Point {
    const { schema, indexes } = this.#rests.get(point.schema)
    if (schema === point.schema) return point
    this.#fieldsDeleted += point.schema.size - schema.size
    return point.withFields(
      schema,
      indexes.map((index) => point.values[index]!)
    )
  }

  protected override changeTags(tags: Tags): TagChange {
    const count = tags.keys.names.filter((name) => this.#tags.has(name)).length
    return { tags: count === 0 ? tags : tags.without(this.#tags), count }
  }

  protected override regroup(series: Series, { dimensions }: Group): Group {
    const tagNames = dimensions.tagNames.filter((name) => !this.#tags.has(name))
    return this.context.groups.get(series.name, series.tags, { byName: dimensions.byName, tagNames })
  }

  #restOf(schema: Schema): Rest {
    const indexes = [...schema.names.keys()].filter((index) => !this.#fields.has(schema.names[index]!))
    const names = indexes.map((index) => schema.names[index]!)
    return {
      schema: Schema.of(
        names,
        indexes.map((index) => schema.types[index]!)
      ),
      indexes
    }
  }
}

export default defineNode(spec, Delete)
