import type { MessageRecord } from '../store/notify.ts'
import type { Alert } from './alert.ts'
import { ID, InvalidDefinition, type PartDefinition, unknownKeys } from './params.ts'
import { nextRevision } from './revision.ts'
import type { Trust } from './secrets.ts'
import { type Outcomes, type QueueOptions, TransportQueue } from './transport-queue.ts'
import type { OpenTransport, TransportDeps, TransportKind } from './transports/transport.ts'

/** What routes are made with. */
export interface RouteFactory extends QueueOptions {
  readonly kinds: ReadonlyMap<string, TransportKind>
  readonly deps: (trust: Trust) => TransportDeps
  readonly outcomes: Outcomes
}

/** A message before it has a number: for which transport it is, and what it says. */
export type Rendered = Omit<MessageRecord, 'sequence'>

interface RouteTransport {
  /** Names the transport within the route, also for the process after this one. */
  readonly name: string
  readonly type: string
  readonly transport: OpenTransport
  readonly queue: TransportQueue
}

/** A route at work: its transports, in order, each with a queue of its own. */
export class Route {
  readonly id: string
  readonly definition: readonly PartDefinition[]
  /** Whether the route comes from a file, not over the API. */
  readonly isStatic: boolean
  readonly revision = nextRevision()
  /** What its definition says in vain. */
  readonly warnings: readonly string[]
  readonly #transports: readonly RouteTransport[]

  private constructor(
    id: string,
    definition: readonly PartDefinition[],
    isStatic: boolean,
    warnings: readonly string[],
    transports: readonly RouteTransport[]
  ) {
    this.id = id
    this.definition = definition
    this.isStatic = isStatic
    this.warnings = warnings
    this.#transports = transports
  }

  /**
   * All or nothing. Fails with NOTIFY_DEFINITION and the like.
   * @param trustOf On whose word the transport of an index names files and variables. Default: the owner's for a file.
   */
  static async open(
    id: string,
    definition: readonly PartDefinition[],
    isStatic: boolean,
    factory: RouteFactory,
    trustOf: (index: number) => Trust = () => (isStatic ? 'owner' : 'client')
  ): Promise<Route> {
    if (!ID.test(id)) throw InvalidDefinition(`invalid route id: ${id}`)
    const opened: OpenTransport[] = []
    try {
      for (const [index, one] of definition.entries()) {
        opened.push(await openTransport(one, trustOf(index), factory))
      }
    } catch (error) {
      for (const transport of opened) transport.close?.()
      throw error
    }
    const names = namesOf(definition)
    const transports = opened.map((transport, index): RouteTransport => {
      const name = names[index]!
      const queue = new TransportQueue(`${id}/${name}`, transport, factory.outcomes, factory)
      return { name, type: typeOf(definition[index]!), transport, queue }
    })
    const warnings = definition.flatMap((one) => warningsOf(one, id, factory))
    return new Route(id, definition, isStatic, warnings, transports)
  }

  get backlog(): number {
    return this.#transports.reduce((sum, { queue }) => sum + queue.backlog, 0)
  }

  /** What its transports send of the alerts of a batch. */
  async render(alerts: readonly Alert[]): Promise<Rendered[]> {
    const messages: Rendered[] = []
    for (const { name, transport } of this.#transports) {
      const payloads = await transport.render(alerts)
      messages.push(...payloads.map((payload) => ({ route: this.id, transport: name, payload })))
    }
    return messages
  }

  /** @returns false where it has no such transport. */
  push(message: MessageRecord): boolean {
    const queue = this.findQueue(message.transport)
    queue?.push(message)
    return queue !== undefined
  }

  /** Ends the route; what its transports have left goes on in those of `successor` that have their names. */
  retire(successor: Route | undefined): void {
    for (const { name, queue } of this.#transports) queue.retire(successor?.findQueue(name))
  }

  async drained(): Promise<void> {
    await Promise.all(this.#transports.map(({ queue }) => queue.drained()))
  }

  close(): void {
    for (const { queue } of this.#transports) queue.close()
  }

  /** The transports as GET shows them: secrets masked. */
  show(): PartDefinition[] {
    return this.#transports.map(({ type, transport }) => ({ type, ...transport.shown }))
  }

  get secrets(): string[] {
    return this.#transports.flatMap(({ transport }) => transport.secrets)
  }

  /** Alike for routes that work alike. Holds secrets. */
  get fingerprint(): string {
    return JSON.stringify(this.#transports.map(({ name, transport }) => [name, transport.fingerprint]))
  }

  /** @param name Of a transport. */
  findQueue(name: string): TransportQueue | undefined {
    return this.#transports.find((transport) => transport.name === name)?.queue
  }
}

async function openTransport(definition: PartDefinition, trust: Trust, factory: RouteFactory): Promise<OpenTransport> {
  const type = typeOf(definition)
  const kind = factory.kinds.get(type)
  if (kind === undefined) throw InvalidDefinition(`no such transport type: ${type}`)
  return await kind.open(definition, factory.deps(trust))
}

function warningsOf(definition: PartDefinition, route: string, { kinds }: RouteFactory): string[] {
  const params = kinds.get(typeOf(definition))?.params
  return params === undefined ? [] : unknownKeys(params, [], definition, `${typeOf(definition)} of the route ${route}`)
}

/** Type and label, with a number where two are alike. */
function namesOf(definitions: readonly PartDefinition[]): string[] {
  const counts = new Map<string, number>()
  return definitions.map((definition) => {
    const label = typeof definition.label === 'string' && definition.label !== '' ? ` ${definition.label}` : ''
    const name = `${typeOf(definition)}${label}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count === 1 ? name : `${name} #${count}`
  })
}

function typeOf({ type }: PartDefinition): string {
  return typeof type === 'string' ? type : ''
}
