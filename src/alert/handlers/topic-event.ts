import { formatInstant, instantOfNanos } from '../../core/instant.ts'
import type { AlertEvent, Level } from '../../model/event.ts'
import { jsonString } from '../../model/row.ts'
import { levelName } from '../../model/level.ts'

/** An event as one topic took it in: what its handlers get. Shared by them all. */
export class TopicEvent {
  readonly event: AlertEvent
  readonly topic: string
  /** Level that the topic held for the id before. */
  readonly previousLevel: Level
  /** Topics that publishing has led it through, this one last: how a loop is seen. */
  readonly path: readonly string[]
  #json: string | undefined

  constructor(event: AlertEvent, topic: string, previousLevel: Level, path: readonly string[]) {
    this.event = event
    this.topic = topic
    this.previousLevel = previousLevel
    this.path = path
  }

  /** Kapacitor's alert data, compact: the body of log, exec, tcp and post. */
  get json(): string {
    return (this.#json ??= alertJson(this.event, this.previousLevel))
  }
}

function alertJson(event: AlertEvent, previousLevel: Level): string {
  return (
    `{"id":${jsonString(event.id)},"message":${jsonString(event.message)},"details":${jsonString(event.details)},` +
    `"time":"${formatInstant(instantOfNanos(event.timeNs))}","duration":${event.durationNs},` +
    `"level":"${levelName(event.level)}","data":${event.dataJson},` +
    `"previousLevel":"${levelName(previousLevel)}","recoverable":${event.recoverable}}`
  )
}
