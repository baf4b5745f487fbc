import { messageOf } from '../core/errors.ts'
import { nanosOf } from '../core/instant.ts'
import { type AlertEvent, BLANK_EVENT } from '../model/event.ts'
import { TopicEvent } from './handlers/topic-event.ts'
import type { HandlerDeps, HandlerKind } from './handlers/handler.ts'
import type { ServiceTest, TestEvent, TestOptions } from './handlers/service-test.ts'
import { findEntry, Section } from './handlers/services.ts'
import { parseLevel } from '../model/level.ts'

/** How a test went: a failure is an answer too. */
export interface TestResult {
  readonly success: boolean
  /** '' where it went well. */
  readonly message: string
}

/** A service that can be tested, of alert handlers or another one. */
export interface TestableService {
  readonly name: string
  /** What a test sends unless told otherwise, in the order in which clients see it. */
  options(): TestOptions
  /** @param options Of the same types as the defaults. Rejects where the test fails. */
  test(options: TestOptions): Promise<void>
}

export async function resultOf(test: Promise<void>): Promise<TestResult> {
  try {
    await test
    return { success: true, message: '' }
  } catch (error) {
    return { success: false, message: messageOf(error) }
  }
}

/** The services of alert handlers: a test makes one attempt at delivering an event, as a topic handler would. */
export function handlerServices(
  tests: readonly ServiceTest[],
  kinds: readonly HandlerKind[],
  deps: HandlerDeps
): TestableService[] {
  return tests.map((test) => {
    const kind = kinds.find(({ kind }) => kind === test.kind)
    if (kind === undefined) throw new Error(`no handler delivers the test of ${test.name}`)
    return {
      name: test.name,
      options: () => test.options(findEntry(deps, test.name, '', '') ?? new Section({}), deps.clock.now()),
      test: (options) => tryOut(test, kind, options, deps)
    }
  })
}

async function tryOut(test: ServiceTest, kind: HandlerKind, given: TestOptions, deps: HandlerDeps): Promise<void> {
  const { options = {}, event = {} } = test.delivery(given)
  const handler = kind.open(options, deps)
  try {
    if ('send' in handler) await handler.send(topicEventOf(event, deps))
  } finally {
    handler.close?.()
  }
}

function topicEventOf({ level = 'OK', ...given }: TestEvent, { clock }: HandlerDeps): TopicEvent {
  const event: AlertEvent = { ...BLANK_EVENT, timeNs: nanosOf(clock.now()), ...given, level: parseLevel(level) }
  const topic = event.topics[0] ?? ''
  return new TopicEvent(event, topic, 0, [topic])
}
