import { Allowance, type Budget, MAX_STEPS, OutOfSteps } from './budget.ts'
import { compile } from './compile.ts'
import { TemplateError } from './error.ts'
import { BUILTINS } from './functions.ts'
import { escapeTemplate, JOIN_ARGUMENTS } from './html/escape.ts'
import { ESCAPERS } from './html/escapers.ts'
import { parseTemplate } from './parser.ts'
import { sprint } from './printf.ts'
import type { Callable, Value } from './values.ts'

export interface TemplateOptions {
  /** Values are escaped for the place in the HTML document where they stand. */
  readonly html?: boolean
  /** Functions beside the builtin ones. */
  readonly functions?: ReadonlyMap<string, Callable>
  /** Default: the one that the templates of this thread share. */
  readonly allowance?: Allowance
}

/** How long a template may be, in characters. */
const MAX_LENGTH = 128 * 1024

const allowance = new Allowance(() => performance.now())

/** A template of Go's text/template or html/template, compiled. */
export class Template {
  readonly #name: string
  readonly #render: (data: Value, budget: Budget) => string
  readonly #allowance: Allowance
  /** Whether it ran out of steps, and has not been rendered with all of them since. */
  #hasRunOut = false

  constructor(name: string, render: (data: Value, budget: Budget) => string, allowance: Allowance) {
    this.#name = name
    this.#render = render
    this.#allowance = allowance
  }

  /** @throws TemplateError where the data is not what the template expects, or rendering it takes too many steps. */
  render(data: Value): string {
    const budget = this.#allowance.budgetFor(this.#hasRunOut)
    try {
      const text = this.#render(data, budget)
      if (budget.limit === MAX_STEPS) this.#hasRunOut = false
      return text
    } catch (error) {
      if (error instanceof RangeError) throw new TemplateError(`template: ${this.#name}: values are nested too deeply`)
      if (!(error instanceof OutOfSteps)) throw error
      this.#hasRunOut = true
      this.#allowance.ranOut(budget)
      throw new TemplateError(outOfSteps(this.#name, budget))
    }
  }
}

function outOfSteps(name: string, { limit }: Budget): string {
  const reason = limit === MAX_STEPS ? '' : `, all that it has for a while after it took more than ${MAX_STEPS}`
  return `template: ${name}: rendering takes more than ${limit} steps${reason}: let it loop over less, or write less`
}

const JOINER: Callable = { params: [], rest: 'any', call: sprint }

/**
 * @param name What errors call it: `template: NAME:LINE: …`
 * @throws TemplateError
 */
export function compileTemplate(name: string, text: string, options: TemplateOptions = {}): Template {
  // Differs: a template has a limit of its length, of how deep it may be nested, and of the work of a rendering, since
  // the server has other things to do.
  if (text.length > MAX_LENGTH) {
    throw new TemplateError(`template: ${name}: ${text.length} characters exceed the limit of ${MAX_LENGTH}`)
  }
  const functions = new Map([...BUILTINS, ...(options.functions ?? [])])
  const parsed = parseTemplate(name, text, new Set([...functions.keys(), 'and', 'or']))
  functions.set(JOIN_ARGUMENTS, JOINER)
  // Differs: what is wrong with a template as HTML is told here, and not when the first event comes.
  const definitions = options.html === true ? escapeTemplate(name, text, parsed) : parsed
  return new Template(name, compile(name, text, definitions, functions, ESCAPERS), options.allowance ?? allowance)
}
