import { posix } from 'node:path'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext, StartError } from '../graph/node.ts'
import { messageOf } from '../core/errors.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { Batch } from '../model/batch.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { resultJson, type Row, rowOfBatch, rowOfPoint } from '../model/row.ts'

const spec = nodeSpec({
  name: 'httpOut',
  hostType: 'HTTPOutNode',
  kind: 'http_out',
  wants: 'either',
  provides: 'same',
  summary: 'Serves the latest point or batch of each group below the path of the task.',
  args: { endpoint: t.string('Path below that of the task.') },
  // Differs: Kapacitor takes an empty path, which then hides the task itself.
  validate: ({ endpoint }) => (endpointPath(endpoint) === '' ? 'httpOut endpoint must not be empty' : undefined)
})

/** The latest that a group has sent; undefined where that was only a barrier. */
interface Latest {
  message: Point | Batch | undefined
}

/** Keeps messages as they are; rows are made when somebody asks. */
class HttpOut extends GroupedNode<OptionsOf<typeof spec>, Latest> {
  readonly #path: string
  #isEmpty = true
  #isServing = false

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#path = endpointPath(options.endpoint)
  }

  protected override get isOrdered(): boolean {
    return true
  }

  protected override createState(_group: Group): Latest {
    return { message: undefined }
  }

  override start(): void {
    try {
      this.context.ports.httpOut.register(this.#path, () => this.#body())
    } catch (error) {
      throw new StartError(messageOf(error))
    }
    this.#isServing = true
  }

  override stop(): void {
    if (this.#isServing) this.context.ports.httpOut.unregister(this.#path)
  }

  override point(point: Point): void {
    this.stateOf(point.group).message = point
    this.#isEmpty = false
    this.emit(point)
  }

  override batch(batch: Batch): void {
    this.stateOf(batch.group).message = batch
    this.#isEmpty = false
    this.emitBatch(batch)
  }

  /** `null` before the first message; after all groups are gone an empty list. */
  #body(): string {
    if (this.#isEmpty) return resultJson(null)
    const rows: Row[] = []
    for (const [, { message }] of this.states.entries()) {
      if (message !== undefined) rows.push(message instanceof Batch ? rowOfBatch(message) : rowOfPoint(message))
    }
    return resultJson(rows)
  }
}

/** An endpoint without slashes around it and detours in it. */
export function endpointPath(endpoint: string): string {
  return posix.join('/', endpoint).replace(/^\/|\/$/g, '')
}

export default defineNode(spec, HttpOut)
