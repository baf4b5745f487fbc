/** The entities that matter inside of scripts, styles and URLs; others stay as they are. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  quot: '"',
  nbsp: '\u00a0',
  colon: ':',
  sol: '/',
  quest: '?',
  num: '#',
  equals: '=',
  lpar: '(',
  rpar: ')',
  Tab: '\t',
  NewLine: '\n'
}

export function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|([a-z]+));?/gi, (all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? all
    const code = hex === undefined ? parseInt(decimal!, 10) : parseInt(hex, 16)
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code)
  })
}
