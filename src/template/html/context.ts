/**
 * Where in an HTML document a piece of a template stands, as far as it matters to what may be put there. Attribute
 * values, scripts and styles have states of their own; `delimiter` says that the place is within an attribute's value.
 */
export type State =
  | 'text' | 'rcdata' | 'comment'
  | 'tag' | 'attrName' | 'afterName' | 'beforeValue' | 'attr' | 'url' | 'srcset'
  | 'js' | 'jsDoubleQuoted' | 'jsSingleQuoted' | 'jsTemplate' | 'jsRegexp' | 'jsBlockComment' | 'jsLineComment'
  | 'css' | 'cssDoubleQuoted' | 'cssSingleQuoted' | 'cssDoubleQuotedUrl' | 'cssSingleQuotedUrl' | 'cssUrl'
  | 'cssBlockComment' | 'cssLineComment'
  | 'dead' // prettier-ignore

export interface Context {
  readonly state: State
  /** How the attribute's value ends; `none` outside of one. */
  readonly delimiter: 'none' | 'double' | 'single' | 'space'
  /** How far into a URL the text is. */
  readonly urlPart: 'none' | 'beforeQuery' | 'query' | 'unknown'
  /** What a slash starts in a script. */
  readonly slash: 'regexp' | 'division' | 'unknown'
  /** Open braces within each `${…}` of template literals, outermost first. */
  readonly braces: readonly number[]
  readonly attr: 'none' | 'script' | 'scriptType' | 'style' | 'url' | 'srcset'
  readonly element: 'none' | 'script' | 'style' | 'textarea' | 'title'
}

export const TEXT: Context = {
  state: 'text',
  delimiter: 'none',
  urlPart: 'none',
  slash: 'regexp',
  braces: [],
  attr: 'none',
  element: 'none'
}

/** What is wrong with a template as HTML. */
export class ContextError extends Error {}

export const ATTR_STATES: Readonly<Record<Context['attr'], State>> = {
  none: 'attr',
  script: 'js',
  scriptType: 'attr',
  style: 'css',
  url: 'url',
  srcset: 'srcset'
}

export function describe(context: Context): string {
  const { state, delimiter, urlPart, slash, attr, element } = context
  return `{${[state, delimiter, urlPart, slash, attr, element].join(' ')}}`
}

/** Equal for contexts that nothing can tell apart. */
export function contextKey(context: Context): string {
  return describe(context) + context.braces.join(',')
}

export function isSame(a: Context, b: Context): boolean {
  return a === b || contextKey(a) === contextKey(b)
}

export function isComment({ state }: Context): boolean {
  return state === 'comment' || state.endsWith('Comment')
}

/** The context of a value right here: a tag takes an attribute's name, and a missing quote means an unquoted value. */
export function nudge(context: Context): Context {
  switch (context.state) {
    case 'tag':
      return { ...context, state: 'attrName' }
    case 'beforeValue':
      return { ...context, state: ATTR_STATES[context.attr], delimiter: 'space', attr: 'none' }
    case 'afterName':
      return { ...context, state: 'attrName', attr: 'none' }
    default:
      return context
  }
}

/** The context after either of two branches; undefined where they disagree on more than a detail. */
export function join(a: Context, b: Context): Context | undefined {
  if (a.state === 'dead') return b
  if (b.state === 'dead' || isSame(a, b)) return a
  if (isSame({ ...a, urlPart: b.urlPart }, b)) return { ...a, urlPart: 'unknown' }
  if (isSame({ ...a, slash: b.slash }, b)) return { ...a, slash: 'unknown' }
  const [c, d] = [nudge(a), nudge(b)]
  return c === a && d === b ? undefined : join(c, d)
}
