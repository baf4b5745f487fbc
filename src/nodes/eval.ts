import { PairMemo } from '../core/memo.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import type { CompiledLambda, LambdaInstance } from '../lambda/contract.ts'
import { Batch } from '../model/batch.ts'
import { unionOfFields } from '../model/required-fields.ts'
import type { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import type { Schema } from '../model/schema.ts'
import type { Series, TagKeys } from '../model/series.ts'
import { EvalPlan, type EvalRequest } from './eval/plan.ts'
import { TagWriter } from './eval/tag-writer.ts'
import { compileOrRefuse, referencesOf } from './lambda.ts'

const spec = nodeSpec({
  name: 'eval',
  wants: 'either',
  provides: 'same',
  summary: 'Computes new fields, or tags, from those of each point.',
  args: { lambdas: t.rest(t.lambda('Expressions, evaluated in order; each sees the results of those before it.')) },
  properties: {
    as: t.list(t.string('A name for each result.')).default([]),
    tags: t.list(t.string('Results that become tags.')).default([]),
    keep: t.list(t.string('Fields to pass on; without names, all fields and all results.'))
  },
  validate({ lambdas, as, tags }) {
    if (lambdas.length !== as.length) {
      return `must specify same number of expressions and .as() names: got ${as.length} as names, and ${lambdas.length} expressions.`
    }
    const unknown = tags.find((name) => !as.includes(name))
    return unknown === undefined
      ? undefined
      : `invalid tag name ${JSON.stringify(unknown)}, name is not present is .as() names`
  },
  requiredFields({ lambdas, keep }, below) {
    const references = referencesOf(...lambdas)
    return keep?.length === 0 ? unionOfFields(references, below) : unionOfFields(references, new Set(keep))
  },
  examples: [
    {
      script: `stream|from()|eval(lambda: "v" * 2.0, lambda: "w" + 1.0).as('w', 'x').keep('v', 'x')`,
      input: 'm,host=a,dc=x v=3,n=4i 1s',
      output: 'm,host=a,dc=x v=3,x=7 1s'
    }
  ]
})

/** A group's own copies of the lambdas: their functions may keep state. */
type Instances = readonly LambdaInstance[]

class Eval extends GroupedNode<OptionsOf<typeof spec>, Instances> {
  readonly #lambdas: readonly CompiledLambda[]
  readonly #plans: PairMemo<Schema, TagKeys, EvalPlan>
  readonly #tagWriter: TagWriter | undefined

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { lambdas, as: names, tags, keep } = options
    this.#lambdas = lambdas.map((lambda, i) => compileOrRefuse(lambda, `Failed to compile ${i} expression: `))
    const references = this.#lambdas.map((lambda) => lambda.references)
    const request: EvalRequest = { references, names, tags, keep }
    this.#plans = new PairMemo((schema, keys) => new EvalPlan(request, schema, keys))
    this.#tagWriter = tags.length === 0 ? undefined : new TagWriter(context, tags)
  }

  protected override createState(): Instances {
    return this.#lambdas.map((lambda) => lambda.instantiate())
  }

  override point(point: Point): void {
    const evaluated = this.#evaluate(this.stateOf(point.group), point, undefined)
    if (evaluated !== undefined) this.emit(evaluated)
  }

  /** The batch keeps its tags and its group, also where those of its points change. */
  override batch(batch: Batch): void {
    const instances = this.stateOf(batch.group)
    const points: Point[] = []
    for (const point of batch.points) {
      const evaluated = this.#evaluate(instances, point, batch.group)
      if (evaluated !== undefined) points.push(evaluated)
    }
    this.emitBatch(new Batch(batch.name, batch.group, batch.tmax, points))
  }

  /** @param batchGroup The group of the batch that the point is in; undefined on a stream. */
  #evaluate(instances: Instances, point: Point, batchGroup: Group | undefined): Point | undefined {
    const { series, schema, values, time } = point
    const { tags } = series
    const plan = this.#plans.get(schema, tags.keys)
    for (let i = 0; i < instances.length; i++) {
      const instance = instances[i]!
      const view = plan.views[i]
      const isDone =
        view === undefined
          ? instance.evaluate(schema, values, tags, time)
          : instance.evaluate(view.schemaFor(instances), view.valuesFor(values, instances), tags, time)
      if (!isDone) return this.#refuse(instance.error)
    }

    let outSeries: Series = series
    let outGroup = batchGroup ?? point.group
    if (this.#tagWriter !== undefined) {
      const written = this.#tagWriter.write(point, plan, instances)
      if (typeof written === 'string') return this.#refuse(written)
      outSeries = written.series
      outGroup = batchGroup ?? this.#tagWriter.groupOf(written, point.group)
    }
    if (plan.missing !== undefined) {
      return this.#refuse(`cannot keep field ${JSON.stringify(plan.missing)}, field does not exist`)
    }
    return new Point(outSeries, outGroup, time, plan.schemaFor(instances), plan.valuesFor(values, tags, instances))
  }

  /** A quiet eval does not even count. */
  #refuse(err: string): undefined {
    if (!this.options.quiet) this.error('error evaluating expression', { err })
    return undefined
  }
}

export default defineNode(spec, Eval)
