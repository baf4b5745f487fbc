import type { HandlerKind } from './handler.ts'

/** The given kinds, of which some are turned off: their specs are accepted, and their handlers do nothing. */
export function withDisabled(kinds: readonly HandlerKind[], disabled: readonly string[]): readonly HandlerKind[] {
  return kinds.map((kind) => (disabled.includes(kind.kind) ? turnedOff(kind) : kind))
}

function turnedOff({ kind, secrecies, fromScript }: HandlerKind): HandlerKind {
  return {
    kind,
    secrecies,
    fromScript,
    open(_options, { log }) {
      log.error('a handler does nothing, since its kind is disabled', { kind })
      return { receive() {} }
    }
  }
}
