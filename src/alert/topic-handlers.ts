import { type AppError, defineError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { isJsonObject, type Json, jsonKindOf, parseJson, plainOf } from '../core/json.ts'
import { secretsOfOptions } from '../core/secret-values.ts'
import { maskOptions, type Secrecies, unmaskOptions } from '../core/secrecy.ts'
import { compareBytes } from '../model/bytes.ts'
import { readRows } from '../store/read-rows.ts'
import type { HandlerRecord, TopicStore } from '../store/topics.ts'
import { InvalidPatchedSpec, specOf, type TopicHandlerSpec, validateSpec } from './handler-spec.ts'
import { isForbidden } from './handlers/handler.ts'
import { applyPatch, PatchError } from './json-patch.ts'
import type { OpenedHandler } from './handler-factory.ts'

export const UnknownHandler = defineError(
  'UNKNOWN_HANDLER',
  404,
  (id: string) => `unknown handler: ${JSON.stringify(id)}`
)
const HandlerNotCreated = defineError(
  'HANDLER_NOT_CREATED',
  500,
  (detail: string) => `failed to create handler: ${detail}`
)
const HandlerNotUpdated = defineError(
  'HANDLER_NOT_UPDATED',
  500,
  (detail: string) => `failed to update handler: ${detail}`
)
/** A mask that stands for nothing, or for what would be sent to another address. */
const SecretNotKept = defineError(
  'HANDLER_SECRET',
  400,
  (kind: string, problem: string) => `invalid handler spec: options of ${kind}: ${problem}`
)
const InvalidPatch = defineError('INVALID_PATCH_JSON', 400, (detail: string) => `invalid patch json: ${detail}`)
const PatchNotApplied = defineError('PATCH_NOT_APPLIED', 400, (detail: string) => `failed to apply patch: ${detail}`)

/** Where handlers are attached. */
export interface HandlerHost {
  /** Which options of a kind are secrets; none for a kind that is unknown. */
  secreciesOf(kind: string): Secrecies
  /** Makes a handler of a spec; throws where it cannot be. */
  open(spec: TopicHandlerSpec): OpenedHandler
  /** Puts it in the place of the one of that id, where there is one, whose events it goes on with. */
  attach(topic: string, id: string, handler: OpenedHandler): void
  /** Takes a handler off its topic at once; what it holds is still delivered. */
  detach(topic: string, id: string): void
}

/** The handlers that clients put on topics: kept in the store, at work in the host. */
export class TopicHandlers {
  readonly #store: TopicStore
  readonly #host: HandlerHost
  readonly #log: Logger
  readonly #topics = new Map<string, Map<string, TopicHandlerSpec>>()

  constructor(store: TopicStore, host: HandlerHost, log: Logger) {
    this.#store = store
    this.#host = host
    this.#log = log
  }

  /** Attaches what the store has. One that cannot be made any more stays listed and is logged. */
  async load(): Promise<void> {
    const rows = await this.#store.handlers()
    const keyOf = ({ topic, id }: HandlerRecord): string => `${topic}/${id}`
    const specs = readRows(this.#log, 'topic_handlers', rows, keyOf, ({ optionsJson, ...rest }) => ({
      ...rest,
      options: JSON.parse(optionsJson) as TopicHandlerSpec['options']
    }))
    for (const spec of specs) {
      this.#remember(spec)
      try {
        this.#host.attach(spec.topic, spec.id, this.#host.open(spec))
      } catch (error) {
        this.#log.error('failed to create handler', {
          topic: spec.topic,
          handler: spec.id,
          err: messageOf(error)
        })
      }
    }
  }

  /** Handlers of a topic, by id. An unknown topic has none. */
  list(topic: string): TopicHandlerSpec[] {
    return [...(this.#topics.get(topic)?.values() ?? [])].sort((a, b) => compareBytes(a.id, b.id))
  }

  /** Secrets in the options of all handlers. */
  get secrets(): string[] {
    const specs = [...this.#topics.values()].flatMap((handlers) => [...handlers.values()])
    return specs.flatMap(({ kind, options }) => secretsOfOptions(this.#host.secreciesOf(kind), options))
  }

  has(topic: string, id: string): boolean {
    return this.#topics.get(topic)?.has(id) === true
  }

  /** Fails with UNKNOWN_HANDLER. */
  get(topic: string, id: string): TopicHandlerSpec {
    const spec = this.#topics.get(topic)?.get(id)
    if (spec === undefined) throw UnknownHandler(id)
    return spec
  }

  /**
   * The spec as clients see it. Differs: secrets in the options of handlers (tokens, keys, headers, webhooks,
   * credentials in URLs) are masked, and a masked one that is put back means the one that is there; Kapacitor shows
   * them to whoever may read handlers.
   */
  masked(spec: TopicHandlerSpec): TopicHandlerSpec {
    const { kind, options } = spec
    return options === null ? spec : { ...spec, options: maskOptions(this.#host.secreciesOf(kind), options) }
  }

  /** @param spec Holds no masks: there is nothing that they could stand for. Fails with HANDLER_SECRET. */
  async create(spec: TopicHandlerSpec): Promise<void> {
    validateSpec(spec)
    this.#unmasked(spec, undefined)
    await orElse(HandlerNotCreated, () => this.#put(spec, undefined))
  }

  /**
   * Puts `spec`, which may have another id, in the place of a handler.
   * @param masks What a mask in the spec means: the secret that is there, or a problem. Fails with HANDLER_SECRET.
   */
  async replace(id: string, spec: TopicHandlerSpec, masks: 'kept' | 'refused' = 'kept'): Promise<void> {
    const old = this.get(spec.topic, id)
    validateSpec(spec)
    const whole = this.#unmasked(spec, masks === 'kept' ? old : undefined)
    await orElse(HandlerNotUpdated, () => this.#put(whole, old))
  }

  #unmasked(spec: TopicHandlerSpec, old: TopicHandlerSpec | undefined): TopicHandlerSpec {
    const { kind, options } = spec
    if (options === null) return spec
    const before = old?.kind === kind ? (old.options ?? undefined) : undefined
    const fail = (problem: string): Error => SecretNotKept(kind, problem)
    return { ...spec, options: unmaskOptions(this.#host.secreciesOf(kind), options, before, fail) }
  }

  /**
   * Changes what clients see: no operation copies, moves or tests a secret.
   * @param patch JSON: operations of RFC 6902.
   * @returns Its id.
   */
  async patch(topic: string, id: string, patch: string): Promise<string> {
    const shown = this.masked(this.get(topic, id))
    const spec = specOf(jsonOf(patched(shown, operationsIn(patch))), InvalidPatchedSpec)
    if (spec.topic !== topic) throw HandlerNotUpdated('cannot change topic in update')
    await this.replace(id, spec)
    return spec.id
  }

  /** Does nothing where there is none. */
  async remove(topic: string, id: string): Promise<void> {
    if (!this.has(topic, id)) return
    this.#forget(topic, id)
    this.#host.detach(topic, id)
    await this.#store.removeHandler(topic, id)
  }

  /** Works at once and then is stored; where that fails, all is as before. */
  async #put(spec: TopicHandlerSpec, old: TopicHandlerSpec | undefined): Promise<void> {
    const { topic, id, kind, match } = spec
    const handler = this.#host.open(spec)
    if (id !== old?.id && this.has(topic, id)) {
      handler.handler.close?.()
      throw new Error(`cannot register handler, handler with ID ${JSON.stringify(id)} already exists`)
    }
    this.#swap(old, spec, handler)
    try {
      await this.#store.putHandler({ topic, id, kind, match, optionsJson: JSON.stringify(spec.options) }, old?.id)
    } catch (error) {
      this.#swap(spec, old, old === undefined ? undefined : this.#host.open(old))
      throw error
    }
  }

  /** @param handler Of `to`. */
  #swap(
    from: TopicHandlerSpec | undefined,
    to: TopicHandlerSpec | undefined,
    handler: OpenedHandler | undefined
  ): void {
    if (from !== undefined) {
      this.#host.detach(from.topic, from.id)
      this.#forget(from.topic, from.id)
    }
    if (to !== undefined && handler !== undefined) {
      this.#host.attach(to.topic, to.id, handler)
      this.#remember(to)
    }
  }

  #remember(spec: TopicHandlerSpec): void {
    let specs = this.#topics.get(spec.topic)
    if (specs === undefined) this.#topics.set(spec.topic, (specs = new Map()))
    specs.set(spec.id, spec)
  }

  #forget(topic: string, id: string): void {
    const specs = this.#topics.get(topic)
    specs?.delete(id)
    if (specs?.size === 0) this.#topics.delete(topic)
  }
}

/** Fails with INVALID_PATCH_JSON. */
function operationsIn(patch: string): readonly unknown[] {
  const json = parseJson(patch)
  if (!json.ok) throw InvalidPatch(json.message)
  const operations = json.value ?? []
  if (!Array.isArray(operations)) throw InvalidPatch(mismatch(operations, 'Patch'))
  const odd = (operations as readonly Json[]).find((operation) => operation !== null && !isJsonObject(operation))
  if (odd !== undefined) throw InvalidPatch(mismatch(odd, 'Operation'))
  return (operations as readonly Json[]).map(plainOf)
}

function mismatch(given: Json, goType: 'Patch' | 'Operation'): string {
  return `json: cannot unmarshal ${jsonKindOf(given)} into Go value of type jsonpatch.${goType}`
}

function patched({ topic, id, kind, options, match }: TopicHandlerSpec, operations: readonly unknown[]): unknown {
  try {
    return applyPatch({ id, kind, match, options, topic }, operations)
  } catch (error) {
    if (error instanceof PatchError) throw PatchNotApplied(error.message)
    throw error
  }
}

/** A changed document in the form that specs are read from. */
function jsonOf(document: unknown): Json {
  const json = parseJson(JSON.stringify(document))
  return json.ok ? json.value : null
}

/** What the configuration does not allow is told as it is: with 400. */
async function orElse(wrap: (detail: string) => AppError, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (isForbidden(error)) throw error
    throw wrap(messageOf(error))
  }
}
