import { compile } from './compile.ts'
import { BUILTINS, textOf } from './functions.ts'
import { escapeTemplate, JOIN_ARGUMENTS } from './html/escape.ts'
import { ESCAPERS } from './html/escapers.ts'
import { parseTemplate } from './parser.ts'
import type { Callable, Value } from './values.ts'

export interface TemplateOptions {
  /** Values are escaped for the place in the HTML document where they stand. */
  readonly html?: boolean
  /** Beside the builtin ones. */
  readonly functions?: ReadonlyMap<string, Callable>
}

/** A template of Go's text/template or html/template, compiled. */
export class Template {
  readonly #render: (data: Value) => string

  constructor(render: (data: Value) => string) {
    this.#render = render
  }

  /** @throws TemplateError where the data is not what the template expects. */
  render(data: Value): string {
    return this.#render(data)
  }
}

const JOINER: Callable = { params: [], rest: 'any', call: textOf }

/**
 * @param name What errors call it: `template: NAME:LINE: …`
 * @throws TemplateError
 */
export function compileTemplate(name: string, text: string, options: TemplateOptions = {}): Template {
  const functions = new Map([...BUILTINS, ...(options.functions ?? [])])
  const parsed = parseTemplate(name, text, new Set([...functions.keys(), 'and', 'or']))
  functions.set(JOIN_ARGUMENTS, JOINER)
  // Differs: what is wrong with a template as HTML is told here, and not when the first event comes.
  const definitions = options.html === true ? escapeTemplate(name, text, parsed) : parsed
  return new Template(compile(name, text, definitions, functions, ESCAPERS))
}
