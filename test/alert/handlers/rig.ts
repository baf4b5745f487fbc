import type { HandlerCall } from '../../../src/graph/spec.ts'
import { callsIn } from './script.ts'
import type { HandlerDeps, HandlerKind, OpenHandler } from '../../../src/alert/handlers/handler.ts'
import { DeliveryClient } from '../../../src/alert/handlers/http-client.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import type { Raw } from '../../../src/config/check.ts'
import { withDefaults } from '../../../src/config/env.ts'
import type { Fields, Section } from '../../../src/core/fields.ts'
import { valuesOf } from '../../../src/config/load.ts'
import { sections as configuration } from '../../../src/config/sections.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { NetworkGuard } from '../../../src/net/network-guard.ts'
import { ANYTHING } from '../../support/allowed.ts'
import { ManualClock } from '../../support/manual-clock.ts'

export const CLIENT_URL = 'http://host:9092/kapacitor/v1'

/** A handler of a kind, as a topic handler with these options and this configuration. */
export function openHandler(
  kind: string,
  options: object = {},
  sections: Readonly<Record<string, unknown>> = {}
): OpenHandler {
  return openWith(depsOf(sections), kind, options)
}

/** Handlers of one service have their `deps` in common. */
export function openWith(deps: HandlerDeps, kind: string, options: object): OpenHandler {
  const opened = kindOf(kind).open(options, deps)
  if ('receive' in opened) throw new Error(`${kind} does not send`)
  return opened
}

function kindOf(name: string): HandlerKind {
  const kind = handlerKinds.find(({ kind }) => kind === name)
  if (kind === undefined) throw new Error(`no kind ${name}`)
  return kind
}

/** @param sections What the configuration sets of some; the rest is as it is by default. */
export function depsOf(sections: Readonly<Record<string, unknown>>, clock: Clock = new ManualClock()): HandlerDeps {
  // A section is the same object until something in it changes, as on a server.
  const complete = new Map<string, unknown>()
  const section = (name: string): unknown => {
    const key = `${name} ${JSON.stringify(sections[name])}`
    if (!complete.has(key)) complete.set(key, completed(name, sections[name]))
    return complete.get(key)
  }
  return {
    clock,
    log: silentLogger,
    http: new DeliveryClient(),
    guard: new NetworkGuard([]),
    ...ANYTHING,
    section,
    clientUrl: CLIENT_URL,
    publish: () => {}
  }
}

/** A section as a server has it: what is not given has its default. */
function completed(name: string, given: unknown): unknown {
  if (given === undefined) return undefined
  const { fields } = (configuration as Fields)[name] as Section<Fields>
  const complete = (raw: unknown) => valuesOf(fields, withDefaults(fields, raw as Raw))
  return Array.isArray(given) ? given.map(complete) : complete(given)
}

/** The options of a topic handler that are the same as this call in a script: its kind and they. */
export function optionsIn(script: string): { readonly kind: string; readonly options: Record<string, unknown> } {
  const calls = callsIn(script)
  if (typeof calls === 'string') throw new Error(calls)
  const [{ kind, options }] = calls as [HandlerCall]
  return { kind, options: kindOf(kind).fromScript(options) }
}
