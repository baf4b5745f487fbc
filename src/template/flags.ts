import type { Budget } from './budget.ts'

/** What stands between a `%` and its verb. */
export interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
}

export const NO_FLAGS: Flags = {
  ...{ plus: false, minus: false, sharp: false, space: false, zero: false },
  ...{ width: undefined, precision: undefined }
}

/** Widens a text; zeros go to its left only. */
export function pad(text: string, { width = 0, minus, zero }: Flags, budget: Budget): string {
  budget.spendOn(text.length * COUNT_PASSES)
  const missing = width - lengthOf(text)
  if (missing <= 0) return text
  budget.spendOn(missing)
  const fill = (zero && !minus ? '0' : ' ').repeat(missing)
  return minus ? text + fill : fill + text
}

/** Passes over a text that counting its characters makes, where it is not of ASCII. */
const COUNT_PASSES = 8
const ASCII = /^[\0-\x7f]*$/

/** Length in characters. */
function lengthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) if (isPair(text, i)) length--
  return length
}

/** The first so many characters. */
export function cut(text: string, precision: number | undefined, budget: Budget): string {
  if (precision === undefined || text.length <= precision) return text
  budget.spendOn(precision * COUNT_PASSES)
  let end = 0
  for (let count = 0; count < precision && end < text.length; count++) end += isPair(text, end) ? 2 : 1
  return text.slice(0, end)
}

function isPair(text: string, index: number): boolean {
  return text.codePointAt(index)! > 0xffff
}
