import { compile, type Escapers } from './compile.ts'
import { BUILTINS } from './functions.ts'
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

const NO_ESCAPERS: Escapers = new Map()

/**
 * @param name What errors call it: `template: NAME:LINE: …`
 * @throws TemplateError
 */
export function compileTemplate(name: string, text: string, options: TemplateOptions = {}): Template {
  const functions = new Map([...BUILTINS, ...(options.functions ?? [])])
  const names = new Set([...functions.keys(), 'and', 'or'])
  const definitions = parseTemplate(name, text, names)
  return new Template(compile(name, text, definitions, functions, NO_ESCAPERS))
}
