import type { CrashGuard } from '../alert/crash-guard.ts'
import type { DeliveryLimits } from '../alert/delivery.ts'
import { handlerKinds } from '../alert/handlers/index.ts'
import type { HandlerDeps, HandlerKind } from '../alert/handlers/handler.ts'
import { Turns } from '../alert/turns.ts'
import type { Clock } from '../core/clock.ts'
import { SecretFiles } from '../config/secret-files.ts'
import { messageOf } from '../core/errors.ts'
import { nanosOf } from '../core/instant.ts'
import type { Logger } from '../core/logger.ts'
import { within } from '../core/within.ts'
import type { DeadLetterRecord, DeltaRecord, MessageRecord, NotifyStore } from '../store/notify.ts'
import type { ActiveFilter } from './active-filter.ts'
import { type Alert, findProblem } from './alert.ts'
import { InvalidAlert } from './alert-json.ts'
import { filterBatch, type Pipeline, renderBatch, routeBatch } from './batch.ts'
import { Configuration } from './configuration.ts'
import { ConfinedFiles } from './confined-files.ts'
import { Dispatcher, type Intervals } from './dispatcher.ts'
import { UnknownDeadLetter } from './errors.ts'
import type { ScriptRunner } from './expression.ts'
import { prepareProgram } from './expression/compile.ts'
import type { FilterRun } from './filters/filter.ts'
import { filterKinds } from './filters/index.ts'
import { GroupCommit } from '../core/group-commit.ts'
import { AlertPool, type PoolLimits, type Taken } from './pool.ts'
import type { RouteFactory } from './route.ts'
import type { Trust } from './secrets.ts'
import { transportKindsOf } from './transports/index.ts'
import type { TransportDeps } from './transports/transport.ts'
import { runTrial, type Trial } from './trial.ts'

export interface NotifyOptions extends Intervals, PoolLimits {
  readonly store: NotifyStore
  readonly log: Logger
  readonly clock: Clock
  /** What handlers of topics ask of the world: transports use it too. */
  readonly handler: HandlerDeps
  /** Kinds of handlers that can be transports. Default: all. */
  readonly handlerKinds?: readonly HandlerKind[]
  /** Where scripts, templates and files of recipients are. */
  readonly folder: string
  /** '' for none. */
  readonly fallbackRoute: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Files of secrets that routes name. Default: files that nobody else names. */
  readonly secretFiles?: SecretFiles
  /** Runs what is no plain expression; undefined: only plain ones can be used. */
  readonly runner?: ScriptRunner | undefined
  /** Limits of transports that have none of their own. */
  readonly limits: DeliveryLimits
  /** When deliveries may begin. Default: at once. */
  readonly turns?: Turns
  /** Default: crashes are not counted. */
  readonly crashGuard?: CrashGuard
  /** Gives a number in [0, 1). */
  readonly random?: () => number
}

export interface NotifyCounters {
  /** Batches that had alerts. */
  batches: number
  /** Failures of filters for single alerts. */
  filterErrors: number
  /** Alerts that no route took. */
  unrouted: number
  delivered: number
  dead: number
}

/** What the numbers of the service are. */
export const STATISTICS = {
  alerts: 'Alerts that entered the pool.',
  refused: 'Alerts for which the pool had no room.',
  waiting: 'Alerts that wait for the next batch.',
  waiting_bytes: 'Bytes of alerts that wait for the next batch.',
  batches: 'Batches of alerts.',
  filter_errors: 'Failures of filters for single alerts.',
  unrouted: 'Alerts that no route took.',
  delivered: 'Messages that routes delivered.',
  dead_letters: 'Messages that routes gave up.'
} as const

const NO_ROUTE = 'no filter gave them a route that is there, and notify.fallback-route names none'

/** How long the end of the process waits for deliveries. */
const DRAIN_MS = 2000

/**
 * The pipeline of alerts: pool, filters, routes. An alert is in the journal before `post` resolves; a batch replaces
 * its alerts there by the messages that its routes send, in one transaction; a message leaves it when it has been
 * delivered or given up. So whenever the process ends, the next one goes on where it was.
 */
export class NotifyService {
  readonly configuration: Configuration
  readonly counters: NotifyCounters = { batches: 0, filterErrors: 0, unrouted: 0, delivered: 0, dead: 0 }
  readonly #options: NotifyOptions
  readonly #pool: AlertPool
  readonly #dispatcher: Dispatcher
  readonly #finished: GroupCommit<{ readonly message: MessageRecord; readonly reason?: string }>
  #lastSequence: bigint
  #isBatchUnderWay = false
  /** Callbacks for when the batch under way is through. */
  readonly #afterBatch: (() => void)[] = []

  private constructor(options: NotifyOptions, lastSequence: bigint) {
    this.#options = options
    this.#lastSequence = lastSequence
    const { store, clock } = options
    this.#pool = new AlertPool(store, options, () => ++this.#lastSequence)
    this.#dispatcher = new Dispatcher(clock, options, () => this.#round())
    this.#finished = new GroupCommit((items) => this.#storeFinished(items))
    const deps = transportDepsOf(options)
    this.configuration = new Configuration({
      ...{ store, clock, log: options.log },
      filters: {
        kinds: new Map(filterKinds.map((kind) => [kind.type, kind])),
        files: new ConfinedFiles(options.folder),
        ...{ runner: options.runner, commands: options.handler.commands, log: options.log }
      },
      routes: this.#routeFactory(deps),
      betweenBatches: (work) => this.#betweenBatches(work)
    })
  }

  /** Restores what is in the store. Nothing moves before `start`. */
  static async open(options: NotifyOptions): Promise<NotifyService> {
    const service = new NotifyService(options, await options.store.lastSequence())
    service.#pool.restore(await options.store.alerts(), options.log)
    await service.configuration.load()
    return service
  }

  /** Starts to work on batches; called once the filters and routes of files are there. */
  async start(): Promise<void> {
    for (const message of await this.#options.store.messages()) this.#deliver(message)
    this.#dispatcher.start()
  }

  /** Resolves when no batch is under way, and all that was taken in or has been delivered is stored. */
  async idle(): Promise<void> {
    await this.#pool.idle()
    await this.#dispatcher.idle()
    await this.#finished.idle()
  }

  /** One last batch, then a short time for deliveries; what is left waits for the next process. */
  async close(): Promise<void> {
    await this.#pool.idle()
    await this.#dispatcher.stop()
    await within(DRAIN_MS, this.configuration.drained(), () => undefined, this.#options.clock)
    await this.#finished.idle()
    this.configuration.close()
  }

  /** Alerts that wait for the next batch, in the order in which they came. */
  get waiting(): readonly Alert[] {
    return this.#pool.waiting
  }

  /** How long it is until the next batch is taken. */
  get pauseLeftMs(): number {
    return this.#dispatcher.pauseLeftMs
  }

  /** What there is to count, by name. */
  get statistics(): Readonly<Record<keyof typeof STATISTICS, number>> {
    const { waiting, waitingBytes, accepted, refused } = this.#pool
    const { batches, filterErrors, unrouted, delivered, dead } = this.counters
    return {
      alerts: accepted,
      refused,
      waiting: waiting.length,
      waiting_bytes: waitingBytes,
      batches,
      filter_errors: filterErrors,
      unrouted,
      delivered,
      dead_letters: dead
    }
  }

  /** Resolves once the alert is in the journal. Fails with ALERT_INVALID or NOTIFY_POOL_FULL. */
  async post(alert: Alert): Promise<void> {
    const problem = findProblem(alert)
    if (problem !== undefined) throw InvalidAlert(problem)
    await this.#pool.add(alert)
    const { from, host, title } = alert
    this.#options.log.debug('new alert', { from, host, title })
  }

  /** What would become of these alerts; nothing is remembered and nothing sent. */
  async trial(alerts: readonly Alert[]): Promise<Trial> {
    return await runTrial(alerts, this.#pipeline(), () => this.#options.clock.now())
  }

  /** Messages that were given up, oldest first. */
  deadLetters(): Promise<readonly DeadLetterRecord[]> {
    return this.#options.store.deadLetters()
  }

  /** Tries a dead letter again. Fails with DEAD_LETTER_UNKNOWN. */
  async redeliver(sequence: bigint): Promise<void> {
    const { route, transport, payload } = await this.#deadLetter(sequence)
    const message = { sequence, route, transport, payload }
    await this.#options.store.revive(message)
    this.#deliver(message)
  }

  /** Fails with DEAD_LETTER_UNKNOWN. */
  async removeDeadLetter(sequence: bigint): Promise<void> {
    await this.#deadLetter(sequence)
    await this.#options.store.removeDeadLetter(sequence)
  }

  async #deadLetter(sequence: bigint): Promise<DeadLetterRecord> {
    const deadLetter = (await this.deadLetters()).find((one) => one.sequence === sequence)
    if (deadLetter === undefined) throw UnknownDeadLetter(String(sequence))
    return deadLetter
  }

  #pipeline(): Pipeline {
    const { filters, routes } = this.configuration
    return { filters: filters.list, routes, fallback: this.#options.fallbackRoute }
  }

  /** @returns Whether there was something to do. */
  async #round(): Promise<boolean> {
    const taken = this.#pool.take()
    if (taken === undefined) return false
    this.counters.batches++
    this.#isBatchUnderWay = true
    const runs: FilterTurn[] = []
    try {
      await this.configuration.removeExpired()
      await this.#process(taken, runs)
    } catch (error) {
      this.#options.log.error('a batch is put back', { nalerts: taken.alerts.length, err: messageOf(error) })
      for (const { filter, run } of runs) filter.rollBack(run)
      this.#pool.putBack(taken)
    } finally {
      this.#isBatchUnderWay = false
      for (const work of this.#afterBatch.splice(0)) work()
    }
    return true
  }

  /** @param runs Those of filters are added to it. */
  async #process({ alerts, last }: Taken, runs: FilterTurn[]): Promise<void> {
    const { log, store, clock } = this.#options
    const pipeline = this.#pipeline()
    const left = await filterBatch(
      alerts,
      pipeline,
      () => clock.now(),
      (filter, given, { run, left: rest }) => {
        runs.push({ filter, run })
        this.counters.filterErrors += run.errors.size
        for (const error of new Set(run.errors.values())) {
          log.error('failed to filter alerts', { filter: filter.id, err: error, nalerts: given.length })
        }
        if (rest.length === 0) log.info('filters reduced all alerts', { filter: filter.id })
      }
    )
    const routed = routeBatch(left, pipeline)
    const rendered = await renderBatch(routed, pipeline, log)
    const messages = rendered.map((message) => ({ ...message, sequence: ++this.#lastSequence }))
    const now = BigInt(clock.now().ms)
    await store.finishBatch({ last, messages, deltas: runs.flatMap(deltasOf), now })
    for (const id of routed.unknown) log.warn('non-existing route', { route: id })
    if (routed.unrouted.length > 0) {
      this.counters.unrouted += routed.unrouted.length
      const titles = routed.unrouted.slice(0, 3).map(({ title }) => title)
      log.warn('alerts without a route', { nalerts: routed.unrouted.length, titles, hint: NO_ROUTE })
    }
    for (const message of messages) this.#deliver(message, pipeline.routes)
  }

  #betweenBatches(work: () => void): void {
    if (this.#isBatchUnderWay) this.#afterBatch.push(work)
    else work()
  }

  #deliver(message: MessageRecord, routes = this.configuration.routes): void {
    const isTaken = routes.get(message.route)?.push(message) === true
    if (!isTaken) this.#finish(message, 'its route or transport is no longer there')
  }

  #finish(message: MessageRecord, reason?: string): void {
    if (reason === undefined) this.counters.delivered++
    else this.counters.dead++
    this.#finished.add(reason === undefined ? { message } : { message, reason }).catch((error: unknown) => {
      // The message stays in the journal, and is delivered again by the next process.
      this.#options.log.error('failed to store how a message ended: it is delivered again after a restart', {
        route: message.route,
        err: messageOf(error)
      })
    })
  }

  async #storeFinished(items: readonly { readonly message: MessageRecord; readonly reason?: string }[]): Promise<void> {
    const died = nanosOf(this.#options.clock.now())
    await this.#options.store.finishMessages(
      items.filter(({ reason }) => reason === undefined).map(({ message }) => message.sequence),
      items.flatMap(({ message, reason }) => (reason === undefined ? [] : [{ ...message, reason, died }]))
    )
  }

  #routeFactory(deps: (trust: Trust) => TransportDeps): RouteFactory {
    const { clock, log, limits, random = Math.random, handlerKinds: kinds = handlerKinds } = this.#options
    const { turns = new Turns(), crashGuard } = this.#options
    return {
      kinds: new Map(transportKindsOf(kinds).map((kind) => [kind.type, kind])),
      deps,
      outcomes: {
        delivered: (message) => this.#finish(message),
        died: (message, reason) => this.#finish(message, reason)
      },
      ...{ clock, log, random, limits, turns, crashGuard }
    }
  }
}

/** A filter's turn at a batch. */
interface FilterTurn {
  readonly filter: ActiveFilter
  readonly run: FilterRun
}

function deltasOf({ filter: { id, version }, run }: FilterTurn): DeltaRecord[] {
  return run.deltas.map(({ key, untilMs, count }) => ({
    ...{ id, version, key },
    until: BigInt(untilMs),
    count: BigInt(count)
  }))
}

function transportDepsOf(options: NotifyOptions): (trust: Trust) => TransportDeps {
  const { handler, folder, environment, secretFiles = new SecretFiles() } = options
  const files = new ConfinedFiles(folder)
  return (trust) => ({
    ...{ handler, files },
    secrets: { environment, confined: files, files: secretFiles, trust },
    prepare: (source, subject) => prepareProgram({ source, subject, scripts: [] }, options.runner)
  })
}
