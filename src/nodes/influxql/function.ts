import type { Node, NodeContext, NodeDefinition } from '../../graph/node.ts'
import type { ArgsOf, Example, NodeSpec, Param, Params, RequiredFields } from '../../graph/spec.ts'
import { nodeSpec, t } from '../../graph/spec.ts'
import type { FieldType } from '../../model/value.ts'

/** What every function of this folder has in common: a field goes in, `as` comes out. */
export interface CommonOptions {
  readonly field: string
  readonly as: string
  readonly usePointTimes: boolean
  readonly quiet: boolean
}

export interface FunctionArgs extends Params {
  readonly field: Param<string | undefined>
}

export type FunctionOptions<A extends FunctionArgs> = CommonOptions & ArgsOf<A>

/** A function as its file describes it. `W` is what works off the values. */
export interface FunctionParts<A extends FunctionArgs, W> {
  readonly name: string
  readonly summary: string
  readonly args: A
  /** The class for each type of field that it takes. */
  readonly accepts: PerType<FunctionOptions<A>, W>
  /** Type of what it gives: that of the field, or always the same one. */
  readonly result: 'same' | 'int' | 'float'
  /** First part of the node's name, and default of `as`; where it is not the name. */
  readonly kind?: string
  readonly refuses?: (args: ArgsOf<A>) => string | undefined
  readonly examples: readonly Example[]
}

export type PerType<O, W> = Readonly<Partial<Record<FieldType, new (options: O) => W>>>

/** The only argument of most functions. */
export const field = t.string('Field to read.')

/**
 * Makes a function's node definition. To error messages all functions are one type of node; in names they are told
 * apart.
 *
 * @param requiredFields Fields of its input that it reads itself or that are read, through its output, below.
 */
export function defineFunction<A extends FunctionArgs, W, P extends FunctionParts<A, W>>(
  parts: P & FunctionParts<A, W>,
  provides: NodeSpec['provides'],
  requiredFields: (options: FunctionOptions<A>, below: RequiredFields) => RequiredFields,
  Class: new (parts: P, options: FunctionOptions<A>, context: NodeContext) => Node
): NodeDefinition {
  const { name, summary, args, refuses, examples, kind = name } = parts
  const spec = nodeSpec({
    name,
    hostType: 'InfluxQLNode',
    kind,
    wants: 'either',
    provides,
    summary,
    args: args as Params,
    properties: {
      as: t.string('Field of the output.').default(kind),
      usePointTimes: t.flag('Takes the time of the point that a result comes from, where it comes from one.')
    },
    ...(refuses !== undefined && { refuses: (values) => refuses(values as ArgsOf<A>) }),
    requiredFields: (options, below) => requiredFields(options as unknown as FunctionOptions<A>, below),
    examples
  })
  return {
    spec: spec as unknown as NodeSpec,
    create: (options, context) => new Class(parts, options as FunctionOptions<A>, context)
  }
}

/** Required fields of a function whose output has nothing of its input but what it made of the field. */
export function requireField({ field }: CommonOptions): RequiredFields {
  return new Set([field])
}
