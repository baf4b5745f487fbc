import type { AlertEvent } from '../../src/model/event.ts'
import { TopicEvent } from '../../src/alert/handlers/topic-event.ts'

export function event(change: Partial<AlertEvent> = {}): AlertEvent {
  return {
    topics: ['t'],
    id: 'id',
    message: 'id is CRITICAL',
    details: '',
    timeNs: 1_500_000_000_000_000_000n,
    durationNs: 0n,
    level: 3,
    recoverable: true,
    dataJson: '{"series":[{"name":"cpu","columns":["time","v"],"values":[["2017-07-14T02:40:00Z",31]]}]}',
    taskName: 'task',
    name: 'cpu',
    group: '',
    category: '',
    tags: {},
    fields: { v: { type: 'int', value: 31 } },
    ...change
  }
}

export function collected(change: Partial<AlertEvent> = {}): TopicEvent {
  return new TopicEvent(event(change), 't', 0, ['t'])
}

/** Lets everything run that waits for no timer and no input. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
}
