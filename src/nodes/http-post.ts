import { messageOf } from '../core/errors.ts'
import { Fifo } from '../core/fifo.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext } from '../graph/node.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import { type Barrier, Batch } from '../model/batch.ts'
import { Group } from '../model/group.ts'
import { Point } from '../model/point.ts'
import { rowOfBatch, rowOfPoint } from '../model/row.ts'
import { type Posted, PostTarget } from './http-post/target.ts'
import { weightOf } from './weight.ts'

/** Messages that wait in one node at most; a batch counts for as many as it has points. Writers are held up long before, but one body can hold many points. */
const MAX_WAITING = 1_000_000

const spec = nodeSpec({
  name: 'httpPost',
  hostType: 'HTTPPostNode',
  kind: 'http_post',
  wants: 'either',
  provides: 'same',
  summary: 'Posts each point or batch as JSON and passes it on when the answer has come.',
  args: { urls: t.rest(t.string('Template of the URL, at most one.')) },
  properties: {
    endpoint: t.call('Posts to a configured endpoint instead.', { name: t.string('Its name.') }).all(),
    header: t.call('Sets a header.', { key: t.string('Its name.'), value: t.string('Its value.') }).all(),
    codeField: t.string('Field that receives the status of the answer, 0 where none came.').default(''),
    captureResponse: t.flag('Logs the body of an answer that is no success.'),
    timeout: t.duration('Longest time that a request may take; 0: no limit.').default(0n)
  },
  validate({ urls, endpoint, header }) {
    if (urls.length > 1) return `httpPost expects 0 or 1 arguments, got ${urls.length}`
    if (endpoint.length > 1) return `httpPost expects 0 or 1 endpoints, got ${endpoint.length}`
    if (urls.length + endpoint.length === 0) return 'must provide url or endpoint'
    if (urls.length + endpoint.length > 1) return 'only one endpoint and url may be specified'
    const refused = header.some(({ key }) => key.toLowerCase() === 'authenticate')
    return refused ? "cannot set 'authenticate' header" : undefined
  }
})

/** A `Group` stands for its delete. */
type Message = Point | Batch | Barrier | Group

const NOTHING = {}

/** One request at a time, in order; what comes meanwhile waits, barriers and deletes too. */
class HttpPost extends GroupedNode<OptionsOf<typeof spec>, object> {
  readonly #target: PostTarget
  /** The first one's request may be under way. */
  readonly #waiting = new Fifo<Message>()
  #weight = 0
  #isBusy = false

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    this.#target = new PostTarget(options, context)
  }

  protected override createState(): object {
    return NOTHING
  }

  override point(point: Point): void {
    this.stateOf(point.group)
    this.#take(point)
  }

  override batch(batch: Batch): void {
    this.stateOf(batch.group)
    this.#take(batch)
  }

  override barrier(barrier: Barrier): void {
    this.stateOf(barrier.group)
    this.#take(barrier)
  }

  override deleteGroup(group: Group): void {
    if (this.states.delete(group)) this.#take(group)
  }

  /** Differs: where messages come in without end while a server does not answer, Kapacitor holds up every task. */
  #take(message: Message): void {
    if (this.#weight >= MAX_WAITING) return this.error('too many messages wait to be posted, dropped one')
    this.#weight += weightOf(message)
    this.#waiting.push(message)
    this.context.ports.pending(1)
    if (!this.#isBusy) this.#proceed()
  }

  /** Goes on until a request is under way or nothing waits. */
  #proceed(): void {
    this.#isBusy = true
    for (let { first } = this.#waiting; first !== undefined; { first } = this.#waiting) {
      if (isData(first) && this.#post(first)) return
      this.#passOn(0)
    }
    this.#isBusy = false
  }

  /** @returns Whether an answer is to be waited for. */
  #post(message: Point | Batch): boolean {
    const fail = (err: string): void => this.error('failed to POST data', { err })
    const request = this.#target.request(postedOf(message), fail)
    if (request === undefined) return false
    const { http, turn } = this.context.ports
    http.post(request).then(
      ({ status, body }) =>
        turn(() => {
          this.#checkStatus(status, body)
          this.#passOn(status)
          this.#proceed()
        }),
      (error: unknown) =>
        turn(() => {
          fail(messageOf(error))
          this.#passOn(0)
          this.#proceed()
        })
    )
    return true
  }

  #checkStatus(status: number, body: string): void {
    if (status >= 200 && status < 300) return
    const err = this.options.captureResponse
      ? body
      : 'unknown error, use .captureResponse() to capture the HTTP response'
    this.error('POST returned non 2xx status code', { code: status, err })
  }

  /** Lets the first message that waits go on. */
  #passOn(status: number): void {
    const message = this.#waiting.shift()!
    this.#weight -= weightOf(message)
    this.context.ports.pending(-1)
    if (message instanceof Point) this.emit(this.#withCode(message, status))
    else if (message instanceof Batch) this.emitBatch(this.#batchWithCode(message, status))
    else if (message instanceof Group) this.emitDelete(message)
    else this.emitBarrier(message)
  }

  #withCode(point: Point, status: number): Point {
    const { codeField } = this.options
    return codeField === '' ? point : point.with(codeField, 'int', status)
  }

  #batchWithCode(batch: Batch, status: number): Batch {
    if (this.options.codeField === '') return batch
    const points = batch.points.map((point) => this.#withCode(point, status))
    return new Batch(batch.name, batch.group, batch.tmax, points)
  }
}

function isData(message: Message): message is Point | Batch {
  return message instanceof Point || message instanceof Batch
}

function postedOf(message: Point | Batch): Posted {
  if (message instanceof Point) return { row: rowOfPoint(message), times: [message.time] }
  return { row: rowOfBatch(message), times: message.points.map(({ time }) => time) }
}

export default defineNode(spec, HttpPost)
