/**
 * Shell patterns as Go's `path.Match` reads them: `*` and `?` do not match `/`, `[a-z]`, `[^x]`, `\` escapes.
 * The whole name has to match.
 */
type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }

/** undefined where the pattern is malformed. */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const tokens = tokensOf([...pattern])
  if (tokens === undefined) return undefined
  return (name) => isMatch(tokens, [...name])
}

function tokensOf(chars: readonly string[]): Token[] | undefined {
  const tokens: Token[] = []
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (char === '*') tokens.push({ kind: 'star' })
    else if (char === '?') tokens.push({ kind: 'any' })
    else if (char === '\\') {
      const escaped = chars[++i]
      if (escaped === undefined) return undefined
      tokens.push({ kind: 'char', char: escaped })
    } else if (char === '[') {
      const negated = chars[i + 1] === '^'
      if (negated) i++
      const ranges: [string, string][] = []
      for (i++; chars[i] !== ']' || ranges.length === 0; i++) {
        const low = classChar()
        if (low === undefined) return undefined
        let high: string | undefined = low
        if (chars[i + 1] === '-') {
          i += 2
          high = classChar()
          if (high === undefined) return undefined
        }
        ranges.push([low, high])
      }
      tokens.push({ kind: 'class', negated, ranges })
    } else tokens.push({ kind: 'char', char })

    /** One character of a class at `i`, which moves to its last one. */
    function classChar(): string | undefined {
      const first = chars[i]
      if (first === undefined || first === '-' || first === ']') return undefined
      return first === '\\' ? chars[++i] : first
    }
  }
  return tokens
}

/** Goes back to the last star only, so it takes at most the product of the lengths. */
function isMatch(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0
  let at = 0
  let starToken = -1
  let starAt = 0
  while (at < name.length || token < tokens.length) {
    const current = tokens[token]
    if (current?.kind === 'star') {
      starToken = token++
      starAt = at
    } else if (current !== undefined && at < name.length && accepts(current, name[at]!)) {
      token++
      at++
    } else if (starToken >= 0 && starAt < name.length && name[starAt] !== '/') {
      token = starToken + 1
      at = ++starAt
    } else return false
  }
  return true
}

function accepts(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === char
    case 'any':
      return char !== '/'
    case 'class': {
      const code = char.codePointAt(0)!
      const isListed = token.ranges.some(([low, high]) => low.codePointAt(0)! <= code && code <= high.codePointAt(0)!)
      return isListed !== token.negated
    }
    case 'star':
      return false
  }
}
