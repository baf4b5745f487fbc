import type { HandlerCall } from '../../../src/graph/spec.ts'
import { callsIn } from './script.ts'
import type { HandlerDeps, HandlerKind, OpenHandler } from '../../../src/alert/handlers/handler.ts'
import { DeliveryClient } from '../../../src/alert/handlers/http-client.ts'
import { handlerKinds } from '../../../src/alert/handlers/index.ts'
import { ManualClock } from '../../../src/core/clock.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { NetworkGuard } from '../../../src/net/network-guard.ts'

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

export function depsOf(sections: Readonly<Record<string, unknown>>): HandlerDeps {
  return {
    clock: new ManualClock(),
    log: silentLogger,
    http: new DeliveryClient(),
    guard: new NetworkGuard([]),
    section: (name) => sections[name],
    clientUrl: CLIENT_URL,
    publish: () => {}
  }
}

/** The options of a topic handler that are the same as this call in a script: its kind and they. */
export function optionsIn(script: string): { readonly kind: string; readonly options: Record<string, unknown> } {
  const calls = callsIn(script)
  if (typeof calls === 'string') throw new Error(calls)
  const [{ kind, options }] = calls as [HandlerCall]
  return { kind, options: kindOf(kind).fromScript(options) }
}
