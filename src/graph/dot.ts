import { formatGoDuration } from '../core/duration.ts'
import type { TaskStats } from './task.ts'
import type { Graph, GraphNode } from './graph.ts'

/**
 * Nodes with parents before children, as the original creates and lists them: of the children of one node the
 * latest sub-graph comes first; what hangs below a later source (stats) comes after the main graph.
 */
export function executionOrder({ sources }: Pick<Graph, 'sources'>): GraphNode[] {
  const finished: GraphNode[] = []
  const seen = new Set<GraphNode>()
  for (const source of sources.toReversed()) {
    // Depth first, parents after their children. A stack of its own: chains may be long.
    const open: { readonly node: GraphNode; next: number }[] = []
    const visit = (node: GraphNode) => {
      if (seen.has(node)) return
      seen.add(node)
      open.push({ node, next: 0 })
    }
    visit(source)
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const child = top.node.children[top.next++]
      if (child !== undefined) visit(child)
      else finished.push(open.pop()!.node)
    }
  }
  return finished.reverse()
}

/** The graph of a task that does not run, and of a template. */
export function staticDot(id: string, graph: Graph): string {
  const lines = [`digraph ${id} {`]
  for (const node of graph.nodes) {
    if (isBatchSource(node)) continue
    for (const child of node.children) lines.push(`${node.name} -> ${child.name};`)
  }
  return `${lines.join('\n')}\n}`
}

export type DotView = 'attributes' | 'labels'

/** The graph of a task that runs, with its statistics. */
export function runningDot(id: string, graph: Graph, stats: TaskStats, view: DotView): string {
  const throughput = `${stats.throughput.toFixed(2)} ${graph.type === 'stream' ? 'points' : 'batches'}/s`
  const isLabels = view === 'labels'
  const lines = [
    `digraph ${id} {`,
    isLabels
      ? `graph [label="Throughput: ${throughput}" forcelabels=true pad="0.8,0.5"];`
      : `graph [throughput="${throughput}"];`
  ]
  const edges = new Map<string, string[]>()
  for (const { parent, child, count } of stats.edges) {
    const line = `${parent} -> ${child} [${isLabels ? `label="processed=${count}"` : `processed="${count}"`}];`
    edges.set(parent, [...(edges.get(parent) ?? []), line])
  }
  for (const node of graph.nodes) {
    if (isBatchSource(node)) continue
    const { name } = node
    const pairs = attributesOf(stats.nodes[name] ?? {})
    lines.push(
      '',
      isLabels
        ? `${name} [xlabel="${pairs.map(([key, value]) => `${key}=${value}`).join('\\r')}"];`
        : `${name} [${pairs.map(([key, value]) => `${key}="${value}" `).join('')}];`,
      ...(edges.get(name) ?? [])
    )
  }
  return `${lines.join('\n')}\n}`
}

/** What DOT shows of a node's statistics, sorted. */
function attributesOf(statistics: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(statistics)
    .filter(([key]) => key !== 'collected' && key !== 'emitted')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, key === 'avg_exec_time_ns' ? formatGoDuration(BigInt(value)) : String(value)])
}

/** A batch source emits nothing itself: its queries are the roots of the picture. */
function isBatchSource(node: GraphNode): boolean {
  return node.spec.name === 'batch'
}
