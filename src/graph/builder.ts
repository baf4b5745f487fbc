import { GraphNode } from './graph.ts'
import type { NodeDefinition } from './node.ts'
import { CallProperty, FlagProperty, HandlerProperty, type Params, type Properties } from './spec.ts'
import type { DeadmanDefaults, EdgeType, GraphBuilder } from './link.ts'

/** The graph of a script while it is read. */
export class ScriptGraph implements GraphBuilder {
  readonly deadman: DeadmanDefaults
  /** Sources in the order of their creation. */
  readonly sources: GraphNode[] = []
  readonly #definitions: ReadonlyMap<string, NodeDefinition>
  #nextId = 0

  /** @param definitions By the TICKscript name of their spec. */
  constructor(definitions: ReadonlyMap<string, NodeDefinition>, deadman: DeadmanDefaults) {
    this.#definitions = definitions
    this.deadman = deadman
  }

  create(name: string, options: Record<string, unknown>, wants: EdgeType): GraphNode {
    const definition = this.#definitions.get(name)
    if (definition === undefined) throw new Error(`no node is called ${name}`)
    return this.make(definition, options, wants)
  }

  /** @param wants What it is attached to; counts where the node takes either. */
  make(definition: NodeDefinition, options: Record<string, unknown>, wants: EdgeType): GraphNode {
    const { spec } = definition
    const complete = { quiet: false, ...defaultOptions(spec, options) }
    if (spec.udfOptions !== undefined) Object.assign(complete, { calls: [] })
    return new GraphNode(definition, complete, spec.wants === 'either' ? wants : spec.wants)
  }

  link(parent: GraphNode, child: GraphNode): void {
    child.id = this.#nextId++
    parent.children.push(child)
    child.parents.push(parent)
  }

  addSource(node: GraphNode): void {
    node.id = this.#nextId++
    this.sources.push(node)
  }
}

/** Options as given, and for what is not given what the properties say. */
export function defaultOptions(
  { args, properties }: { readonly args: Params; readonly properties: Properties },
  given: Readonly<Record<string, unknown>>
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const name of Object.keys(args)) options[name] = given[name]
  for (const [name, property] of Object.entries(properties)) {
    if (Object.hasOwn(given, name)) options[name] = given[name]
    else if (property instanceof FlagProperty) options[name] = false
    else if (property instanceof HandlerProperty) options[name] = []
    else if (property instanceof CallProperty) options[name] = property.isAll ? [] : property.fallback
    else options[name] = property.fallbackArg === undefined ? property.fallback : given[property.fallbackArg]
  }
  return options
}

/** Below the receiver of the call, then below the nodes among the arguments, in their order. */
export function linkDefault(builder: GraphBuilder, parent: GraphNode, self: GraphNode): GraphNode {
  builder.link(parent, self)
  for (const [name, { type, isRest }] of Object.entries(self.spec.args)) {
    if (type !== 'node') continue
    const given = self.options[name]
    for (const other of (isRest ? given : [given]) as readonly GraphNode[]) builder.link(other, self)
  }
  return self
}
