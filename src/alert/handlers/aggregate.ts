import { type AlertEvent, BLANK_EVENT, type Level } from '../../model/event.ts'
import type { TopicEvent } from './topic-event.ts'
import { defineHandler, InvalidOptions } from './handler.ts'
import { option, optional } from './options.ts'
import { aggregateTemplate, type AggregateTemplate } from './templates.ts'
import { TemplateError } from '../../template/error.ts'

const MESSAGE = 'Received {{ .Count }} events in the last {{.Interval}}.'
/** Events of an interval whose messages and data are kept; the others only count. */
const KEPT_MAX = 10_000

/** Makes one event of all that come within an interval, which are counted from its creation. */
export default defineHandler({
  kind: 'aggregate',
  goType: '*alert.AggregateHandlerConfig',
  options: {
    interval: option.duration,
    topic: option.string,
    id: option.string,
    message: optional(option.string, MESSAGE)
  },
  open({ interval, topic, id, message }, { clock, log, publish }) {
    // Differs: an aggregate without an interval is refused; Kapacitor dies of it.
    if (interval <= 0) throw InvalidOptions('aggregate interval must be greater than zero')
    const given = aggregateTemplate(message)
    const render = orDefault(given, (error) =>
      log.error('failed to render the message of an aggregate', { topic, err: error })
    )
    let window: Window | undefined
    const timer = clock.every(interval / 1e6, flush)

    function flush(): void {
      if (window === undefined) return
      const { path } = window
      const event = eventOf(window, id, render({ Count: window.count, Interval: BigInt(interval) }))
      window = undefined
      publish(topic, { event, previousLevel: 0, path: [...path] })
    }

    return {
      receive(event) {
        window = addTo(window, event)
      },
      // Differs: what an aggregate has gathered when it ends is told; Kapacitor forgets it.
      close() {
        timer.cancel()
        flush()
      }
    }
  }
})

const renderDefault = aggregateTemplate(MESSAGE)

/** Differs: where the message fails its default stands in for it; Kapacitor loses the event. */
function orDefault(render: AggregateTemplate, onError: (error: string) => void): AggregateTemplate {
  return (data) => {
    try {
      return render(data)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      onError(error.message)
      return renderDefault(data)
    }
  }
}

/** What the events of an interval have come to. */
interface Window {
  count: number
  level: Level
  timeNs: bigint
  durationNs: bigint
  readonly messages: string[]
  readonly series: string[]
  readonly path: Set<string>
}

function addTo(window: Window | undefined, { event, path }: TopicEvent): Window {
  const { level, timeNs, durationNs } = event
  const into = window ?? { count: 0, level, timeNs, durationNs, messages: [], series: [], path: new Set() }
  into.count++
  if (level > into.level) into.level = level
  if (timeNs > into.timeNs) into.timeNs = timeNs
  if (durationNs > into.durationNs) into.durationNs = durationNs
  for (const topic of path) into.path.add(topic)
  if (into.count <= KEPT_MAX) {
    into.messages.push(event.message)
    const series = seriesOf(event.dataJson)
    if (series !== '') into.series.push(series)
  }
  return into
}

function eventOf({ level, timeNs, durationNs, messages, series }: Window, id: string, message: string): AlertEvent {
  return {
    ...BLANK_EVENT,
    ...{ id, message, timeNs, durationNs, level },
    details: messages.join('\n'),
    ...(series.length > 0 && { dataJson: `${BEFORE}${series.join(',')}${AFTER}` })
  }
}

const BEFORE = '{"series":['
const AFTER = ']}'

/** The rows of a result as `model/row.ts` prints it, without the brackets. */
function seriesOf(dataJson: string): string {
  return dataJson.startsWith(BEFORE) ? dataJson.slice(BEFORE.length, -AFTER.length) : ''
}
