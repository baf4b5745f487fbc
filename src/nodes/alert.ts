import { type Instant, nanosOf } from '../core/instant.ts'
import type { LogFields } from '../core/logger.ts'
import { GroupedNode } from '../graph/grouped-node.ts'
import { defineNode, type NodeContext, StartError } from '../graph/node.ts'
import type { AlertPort } from '../graph/ports.ts'
import { nodeSpec, type OptionsOf, t } from '../graph/spec.ts'
import type { Barrier, Batch } from '../model/batch.ts'
import { type AlertEvent, type Level, LEVELS } from '../model/event.ts'
import type { Group } from '../model/group.ts'
import type { Point } from '../model/point.ts'
import { resultJson, rowOfBatch } from '../model/row.ts'
import { intOf } from '../model/value.ts'
import { type Annotation, Annotator } from './alert/annotator.ts'
import { Flapping, flappingWeights } from './alert/flapping.ts'
import { anonymousTopic, handlerCallsOf, handlerProperties } from './alert/handlers.ts'
import { AlertHistory } from './alert/history.ts'
import { Inhibitor } from './alert/inhibitor.ts'
import { LevelEvaluator } from './alert/levels.ts'
import type { Subject } from './alert/occurrence.ts'
import { AlertTexts, DEFAULT_DETAILS } from './alert/texts.ts'

const properties = {
  id: t.string('Template of the id, which tells apart what the alert is about.').default('{{ .Name }}:{{ .Group }}'),
  message: t.string('Template of the message.').default('{{ .ID }} is {{ .Level }}'),
  details: t.string('HTML template of the details.').default(DEFAULT_DETAILS),
  info: t.lambda('Condition of the level INFO.'),
  warn: t.lambda('Condition of the level WARNING.'),
  crit: t.lambda('Condition of the level CRITICAL.'),
  infoReset: t.lambda('Condition without which INFO is not left for a lower level.'),
  warnReset: t.lambda('Condition without which WARNING is not left for a lower level.'),
  critReset: t.lambda('Condition without which CRITICAL is not left for a lower level.'),
  topic: t.string('Topic that the events go to, beside the handlers of the node.').default(''),
  category: t.string('Category by which other alerts can inhibit this one.').default(''),
  history: t.int('How many levels are remembered to detect flapping; at least 2.').default(21),
  flapping: t.call('Holds events back while the level changes too often.', {
    low: t.float('Share of changes, 0 to 1, below which flapping ends.'),
    high: t.float('Share of changes above which it starts.')
  }),
  levelTag: t.string('Tag that receives the level.').default(''),
  levelField: t.string('Field that receives the level.').default(''),
  idTag: t.string('Tag that receives the id.').default(''),
  idField: t.string('Field that receives the id.').default(''),
  messageField: t.string('Field that receives the message.').default(''),
  durationField: t.string('Field that receives the duration in nanoseconds.').default(''),
  all: t.flag('A batch has a level only if all of its points have it.'),
  noRecoveries: t.flag('Does not tell when a level goes back to OK.'),
  stateChangesOnly: t.list(t.duration('Tells only of changes of the level, and repeats an event after this time.')),
  inhibit: t
    .call('While this alert is not OK, holds back those of a category that have the same values of some tags.', {
      category: t.string('Category of the alerts to hold back.'),
      tags: t.rest(t.string('Tags to compare.'))
    })
    .all()
}

const spec = nodeSpec({
  name: 'alert',
  wants: 'either',
  provides: 'same',
  summary: 'Gives each point or batch a level, tells handlers and a topic of it, and passes on what raised an event.',
  // Which handlers there are is known at run time only; `handlerCallsOf` reads their options.
  properties: { ...properties, ...(handlerProperties as {}) },
  examples: [
    {
      script: `stream|from()|alert().crit(lambda: "v" > 5).stateChangesOnly().levelField('level')`,
      input: 'm v=1 1s\nm v=6 2s\nm v=7 3s\nm v=8 4s\nm v=2 5s\nm v=1 6s\nm v=9 7s',
      output: 'm v=6,level="CRITICAL" 2s\nm v=2,level="OK" 5s\nm v=9,level="CRITICAL" 7s'
    }
  ]
})

/** Differs: Kapacitor makes room for any number of levels in every group, and dies of too many. */
const MAX_HISTORY = 10_000

interface AlertState {
  readonly history: AlertHistory
  readonly inhibitors: readonly Inhibitor[]
  /** Whether the history has taken up the level that the topics hold. */
  isRestored: boolean
}

/** What raises an event. */
interface AlertTrigger {
  /** Measurement. */
  readonly name: string
  readonly group: Group
  readonly tags: Readonly<Record<string, string>>
  readonly time: Instant
  /** The point that decided the level. */
  readonly point: Point
  /** The batch that it is of; undefined on a stream. */
  readonly batch: Batch | undefined
}

class Alert extends GroupedNode<OptionsOf<typeof spec>, AlertState> {
  readonly #evaluator: LevelEvaluator
  readonly #texts: AlertTexts
  readonly #annotator: Annotator
  readonly #topics: readonly string[]
  readonly #flappingWeights: readonly number[]
  readonly #isChangesOnly: boolean
  readonly #repeatAfterNs: number
  readonly #triggered: [number, number, number, number] = [0, 0, 0, 0]
  #inhibited = 0

  constructor(options: OptionsOf<typeof spec>, context: NodeContext) {
    super(options, context)
    const { flapping, history, stateChangesOnly, topic } = options
    const globals = context.ports.alerts.globals
    const report = (message: string, details: LogFields): void => this.error(message, details)
    this.#texts = new AlertTexts(options, context, (err) => report('failed to render template', { err }))
    this.#evaluator = new LevelEvaluator(options, report)
    if (flapping !== undefined && (flapping.low > 1 || flapping.high > 1)) {
      throw new StartError('alert flap thresholds are percentages and should be between 0 and 1')
    }
    if (history > MAX_HISTORY) throw new StartError(`alert history must not be longer than ${MAX_HISTORY}`)
    this.#flappingWeights = flapping === undefined ? [] : flappingWeights(Math.max(2, Number(history)))
    this.#isChangesOnly = stateChangesOnly !== undefined || globals?.stateChangesOnly === true
    this.#repeatAfterNs = stateChangesOnly?.length === 1 ? Number(stateChangesOnly[0]) : 0
    const hasHandlers = handlerCallsOf(context.node, globals?.kinds).length > 0
    this.#topics = [
      ...(hasHandlers ? [anonymousTopic(context.taskMaster, context.taskId, context.node)] : []),
      ...(topic === '' ? [] : [topic])
    ]
    this.#annotator = new Annotator(options, context.groups)
  }

  protected override get isOrdered(): boolean {
    return true
  }

  protected override createState(group: Group): AlertState {
    const { flapping, inhibit } = this.options
    return {
      history: new AlertHistory(flapping && new Flapping(flapping, this.#flappingWeights), this.#repeatAfterNs),
      inhibitors: inhibit.map(({ category, tags }) => new Inhibitor(category, tags, group.tags)),
      isRestored: false
    }
  }

  override point(point: Point): void {
    const { group, time } = point
    const state = this.stateOf(group)
    const { history } = state
    const { name } = point
    if (!state.isRestored) this.#restore(state, { name, group, tags: point.series.tags.toObject() }, time)

    const level = this.#evaluator.evaluate(point, history.level)
    history.add(time, level)
    if (history.isFlapping || !this.#raisesEvent(history)) return
    const tags = point.series.tags.toObject()
    const annotation = this.#trigger(state, { name, group, tags, time, point, batch: undefined })
    if (annotation !== undefined) this.emit(this.#annotator.point(point, annotation))
  }

  override batch(batch: Batch): void {
    const { group, name, points } = batch
    const state = this.stateOf(group)
    const { history } = state
    if (!state.isRestored) this.#restore(state, { name, group, tags: group.tags.toObject() }, batch.tmax)
    if (points.length === 0) return

    // All points are judged against the level before the batch.
    let lowest: Level = 3
    let highest: Level = 0
    let decisive = points[0]!
    for (const point of points) {
      const level = this.#evaluator.evaluate(point, history.level)
      if (level < lowest) lowest = level
      if (level > highest) {
        highest = level
        decisive = point
      }
    }
    const { all } = this.options
    const level = all ? lowest : highest
    const time = all || level === 0 ? batch.tmax : decisive.time
    history.add(time, level)
    // Unlike that of a point, the recovery of a batch does not mind flapping.
    if ((history.isFlapping && level !== 0) || !this.#raisesEvent(history)) return
    const tags = group.tags.toObject()
    const annotation = this.#trigger(state, { name, group, tags, time, point: decisive, batch })
    if (annotation !== undefined) this.emitBatch(this.#annotator.batch(batch, annotation))
  }

  /** A group begins with its first data: a barrier has neither name nor level. */
  override barrier(barrier: Barrier): void {
    this.emitBarrier(barrier)
  }

  // Differs: in Kapacitor the inhibitor of a deleted group stays, and may inhibit for ever.
  override deleteGroup(group: Group, source: number): void {
    this.#release(this.states.get(group))
    super.deleteGroup(group, source)
  }

  override stop(): void {
    for (const [, state] of this.states.entries()) this.#release(state)
  }

  override counters(): Readonly<Record<string, number>> {
    const [oks, infos, warns, crits] = this.#triggered
    return {
      alerts_inhibited: this.#inhibited,
      alerts_triggered: oks + infos + warns + crits,
      crits_triggered: crits,
      infos_triggered: infos,
      oks_triggered: oks,
      warns_triggered: warns
    }
  }

  #raisesEvent({ level, isChanged, isExpired }: AlertHistory): boolean {
    return isChanged || (level !== 0 && (!this.#isChangesOnly || isExpired))
  }

  /** @returns What the data are to carry on, or undefined where they go no further. */
  #trigger(state: AlertState, trigger: AlertTrigger): Annotation | undefined {
    const { history } = state
    this.#recordTrigger(state, trigger.time)
    if (this.options.noRecoveries && history.level === 0) return undefined

    const { name, group, tags, time, point } = trigger
    const { level, durationNs } = history
    const id = this.#texts.id(trigger)
    const occurrence = { name, group, tags, id, level, time, durationNs, point }
    const message = this.#texts.message(occurrence)

    if (this.context.ports.alerts.isInhibited(this.options.category, tags)) this.#inhibited++
    else {
      this.#triggered[level]++
      if (this.#topics.length > 0) {
        const details = this.#texts.details(occurrence, message)
        this.#emitEvent(this.#eventOf(trigger, { id, message, details, level, durationNs }))
      }
    }
    return { level: LEVELS[level], id, message, duration: intOf(durationNs) }
  }

  #eventOf(
    { name, group, tags, time, point, batch }: AlertTrigger,
    texts: Pick<AlertEvent, 'id' | 'message' | 'details' | 'level' | 'durationNs'>
  ): AlertEvent {
    return {
      topics: this.#topics,
      id: texts.id.toWellFormed(),
      message: texts.message.toWellFormed(),
      details: texts.details.toWellFormed(),
      timeNs: nanosOf(time),
      durationNs: texts.durationNs,
      level: texts.level,
      recoverable: !this.options.noRecoveries,
      dataJson: batch === undefined ? this.#texts.data(point) : resultJson([rowOfBatch(batch)]),
      taskName: this.context.taskId,
      name,
      group: group.id,
      category: this.options.category,
      tags: wellFormed(tags),
      fields: fieldsOf(point)
    }
  }

  #emitEvent(event: AlertEvent): void {
    const { alerts, log } = this.context.ports
    log.debug(this.context.name, 'alert triggered', {
      level: LEVELS[event.level],
      id: event.id,
      event_message: event.message,
      data: event.dataJson
    })
    if (!alerts.emit(event)) this.error('too many events at once, dropped one', { event: event.id })
  }

  /**
   * Goes on from the level that the topics hold for an id: as it was before the task was restarted, or as another group
   * of the same id has it.
   *
   * @param first What begins the group: its first point with all of its tags, or its first batch.
   */
  #restore(state: AlertState, first: Subject, time: Instant): void {
    state.isRestored = true
    if (this.#topics.length === 0) return
    const held = this.#reconcile(this.#texts.id(first))
    if (held === undefined || held.level === 0) return
    state.history.add(time, held.level)
    this.#recordTrigger(state, held.time)
  }

  /**
   * Finds the state of an id: that of the anonymous topic, else that of the named one. Where the levels of the two
   * differ, the other topic takes it over.
   */
  #reconcile(eventId: string): ReturnType<AlertPort['findState']> {
    const { alerts } = this.context.ports
    const [first, named] = this.#topics
    const state = alerts.findState(first!, eventId)
    const other = named === undefined ? undefined : alerts.findState(named, eventId)
    if (other === undefined || other.level === (state?.level ?? 0)) return state ?? other
    const copy = state === undefined ? { from: named!, to: first! } : { from: first!, to: named! }
    alerts.copyState({ eventId, ...copy })
    return state ?? other
  }

  #recordTrigger({ history, inhibitors }: AlertState, time: Instant): void {
    history.trigger(time)
    for (const inhibitor of inhibitors) inhibitor.set(this.context.ports.alerts, history.level !== 0)
  }

  #release(state: AlertState | undefined): void {
    for (const inhibitor of state?.inhibitors ?? []) inhibitor.remove(this.context.ports.alerts)
  }
}

/** Events are told to the world, which reads no bytes of cut characters. */
function wellFormed(tags: AlertEvent['tags']): AlertEvent['tags'] {
  if (Object.values(tags).every((value) => value.isWellFormed())) return tags
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, value.toWellFormed()]))
}

function fieldsOf({ schema, values }: Point): AlertEvent['fields'] {
  return Object.fromEntries(
    values.map((value, index) => [
      schema.names[index]!,
      { type: schema.types[index]!, value: typeof value === 'string' ? value.toWellFormed() : value }
    ])
  )
}

export default defineNode(spec, Alert)
