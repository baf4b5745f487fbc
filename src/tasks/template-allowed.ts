import type { BuiltScript } from '../graph/build.ts'
import type { HandlerCall } from '../graph/spec.ts'
import type { ScriptValue } from '../tick/value.ts'
import { TASK_MASTER, taskTopicsOf } from './task-topics.ts'

/** A template whose variables have these values, or those that it declares; undefined where it cannot be built so. */
type BuildTemplate = (values: ReadonlyMap<string, ScriptValue>) => BuiltScript | undefined

/**
 * Throws where the configuration does not allow what handlers of a template name. What comes from a variable is left
 * to the tasks, which may give another value: it is told from the rest by trying other values.
 * @param check Throws where a handler is not allowed.
 */
export function checkTemplateAllowed(build: BuildTemplate, check: (call: HandlerCall) => void): void {
  const template = build(new Map())
  if (template === undefined) return
  let variants: readonly (BuiltScript | undefined)[] | undefined
  for (const [index, call] of callsOf(template).entries()) {
    const error = errorOf(call, check)
    if (error === undefined) continue
    variants ??= variantsOf(template, build)
    const isFixed = variants.every((variant) => {
      const other = variant && callsOf(variant)[index]
      return other !== undefined && errorOf(other, check)?.message === error.message
    })
    if (isFixed) throw error
  }
}

function callsOf({ graph }: BuiltScript): readonly HandlerCall[] {
  return taskTopicsOf(TASK_MASTER, '', graph, []).flatMap(({ handlers }) => handlers)
}

function errorOf(call: HandlerCall, check: (call: HandlerCall) => void): Error | undefined {
  try {
    check(call)
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** One for each variable that holds a text, with another value of it. */
function variantsOf({ declarations }: BuiltScript, build: BuildTemplate): readonly (BuiltScript | undefined)[] {
  return declarations
    .filter(({ type }) => type === 'string')
    .map(({ name, default: value }) => {
      const own = value?.type === 'string' ? value.value : ''
      for (const text of [`${own}x`, ...OTHER_TEXTS]) {
        const variant = build(new Map([[name, { type: 'string', value: text }]]))
        if (variant !== undefined) return variant
      }
      return undefined
    })
}

/** Texts for variables that are checked where they are used. */
const OTHER_TEXTS = ['http://localhost/x', '/x']
