import { formatFloat } from '../model/value.ts'
import { printFloat, printValue, signedExponent, sortedKeys } from './print.ts'
import { quote, unicodeName } from './quote.ts'
import { classify, Int, typeName, type Value } from './values.ts'

/** Go's fmt for the values that templates have. */

/** Spaces go between operands of which neither is a string. */
export function sprint(args: readonly Value[]): string {
  return args
    .map((arg, index) => {
      const isApart = index > 0 && typeof arg !== 'string' && typeof args[index - 1] !== 'string'
      return (isApart ? ' ' : '') + printValue(arg)
    })
    .join('')
}

export function sprintln(args: readonly Value[]): string {
  return `${args.map(printValue).join(' ')}\n`
}

interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
}

/** Widths and precisions past this are mistakes, and no reason to fill the memory. */
const MAX_SIZE = 1_000_000
const DIRECTIVE = /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?(.)?/gsu

export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0
  let isReordered = false
  const select = (index: string | undefined): void => {
    if (index === undefined) return
    next = Number(index) - 1
    isReordered = true
  }
  const text = format.replace(DIRECTIVE, (...match) => {
    const [, flagText, firstIndex, widthText, dot, secondIndex, precisionText, thirdIndex, verb] = match as (
      string | undefined
    )[]
    let problem = ''
    const size = (text: string | undefined, bad: string): number | undefined => {
      if (text !== '*') return text === undefined ? undefined : Math.min(Number(text), MAX_SIZE)
      const value = args[next++]
      const number = typeof value === 'bigint' ? value : value instanceof Int ? value.value : undefined
      if (number === undefined || number > MAX_SIZE || number < -MAX_SIZE) problem += bad
      else return Number(number)
      return undefined
    }
    const flags: Flags = {
      plus: flagText!.includes('+'),
      minus: flagText!.includes('-'),
      sharp: flagText!.includes('#'),
      space: flagText!.includes(' '),
      zero: flagText!.includes('0') && !flagText!.includes('-'),
      width: undefined,
      precision: undefined
    }
    select(firstIndex)
    flags.width = size(widthText, '%!(BADWIDTH)')
    if (flags.width !== undefined && flags.width < 0) {
      flags.width = -flags.width
      flags.minus = true
      flags.zero = false
    }
    select(secondIndex)
    if (dot !== undefined) flags.precision = precisionText === undefined ? 0 : size(precisionText, '%!(BADPREC)')
    if (flags.precision !== undefined && flags.precision < 0) {
      flags.precision = undefined
      problem += '%!(BADPREC)'
    }
    select(thirdIndex)
    if (verb === undefined) return `${problem}%!(NOVERB)`
    if (verb === '%') return `${problem}%`
    if (next < 0 || next >= args.length) return `${problem}%!${verb}(${isReordered ? 'BADINDEX' : 'MISSING'})`
    return problem + formatVerb(verb, args[next++], flags)
  })
  if (isReordered || next >= args.length) return text
  const extra = args.slice(next).map((arg) => (isNil(arg) ? '<nil>' : `${typeName(arg)}=${printValue(arg)}`))
  return `${text}%!(EXTRA ${extra.join(', ')})`
}

function isNil(value: Value): boolean {
  return value === null || value === undefined
}

function formatVerb(verb: string, value: Value, flags: Flags): string {
  if (verb === 'T') return pad(typeName(value), flags)
  if (isNil(value)) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  const one = classify(value)
  switch (one.kind) {
    case 'bool':
      return verb === 't' || verb === 'v' ? pad(String(one.value), flags) : bad(verb, value)
    case 'float':
      return formatFloatVerb(verb, one.value, flags) ?? bad(verb, value)
    case 'int': {
      const isNamed = one.type.print !== undefined && 'vsqxX'.includes(verb)
      if (isNamed) return formatString(verb, printValue(value), flags) ?? bad(verb, value)
      return formatInt(verb, one.value, flags) ?? bad(verb, value)
    }
    case 'slice':
      if (verb === 'v' && flags.sharp) return pad(goSyntax(value), flags)
      return `[${one.value.map((item) => formatVerb(verb, item, flags)).join(' ')}]`
    case 'map': {
      if (verb === 'v' && flags.sharp) return pad(goSyntax(value), flags)
      const entries = sortedKeys(one.value.keys()).map(
        (key) => `${formatVerb(verb, key, flags)}:${formatVerb(verb, one.value.get(key), flags)}`
      )
      return `map[${entries.join(' ')}]`
    }
    case 'struct': {
      const fields = [...one.value.type.fields.keys()].map((field) => {
        const text = formatVerb(verb, one.value.get(field), flags)
        return flags.plus && verb === 'v' ? `${field}:${text}` : text
      })
      return `{${fields.join(' ')}}`
    }
    default:
      return formatString(verb, printValue(value), flags) ?? bad(verb, value)
  }
}

function bad(verb: string, value: Value): string {
  return `%!${verb}(${typeName(value)}=${printValue(value)})`
}

function formatString(verb: string, text: string, flags: Flags): string | undefined {
  const cut = flags.precision === undefined ? text : [...text].slice(0, flags.precision).join('')
  switch (verb) {
    case 'v':
      return flags.sharp ? pad(quote(text), flags) : pad(cut, flags)
    case 's':
      return pad(cut, flags)
    case 'q':
      if (flags.sharp && !cut.includes('`')) return pad(`\`${cut}\``, flags)
      return pad(quote(cut, '"', flags.plus), flags)
    case 'x':
    case 'X': {
      const bytes = [...Buffer.from(text).subarray(0, flags.precision)]
      const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
      const prefix = flags.sharp && digits.length > 0 ? '0x' : ''
      const hex = prefix + digits.join(flags.space ? ` ${prefix}` : '')
      return pad(verb === 'X' ? hex.toUpperCase() : hex, flags)
    }
    default:
      return undefined
  }
}

const BASES: ReadonlyMap<string, readonly [base: number, prefix: string]> = new Map([
  ['v', [10, '']],
  ['d', [10, '']],
  ['b', [2, '0b']],
  ['o', [8, '0']],
  ['O', [8, '0o']],
  ['x', [16, '0x']],
  ['X', [16, '0X']]
])

function formatInt(verb: string, value: bigint, flags: Flags): string | undefined {
  const base = BASES.get(verb)
  if (base !== undefined) {
    let digits = (value < 0n ? -value : value).toString(base[0])
    if (verb === 'X') digits = digits.toUpperCase()
    if (flags.precision !== undefined) digits = digits.padStart(flags.precision, '0')
    if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0)
    const prefix = flags.sharp || verb === 'O' ? base[1] : ''
    return padNumber(value < 0n ? '-' : '', prefix + digits, {
      ...flags,
      zero: flags.zero && flags.precision === undefined
    })
  }
  const isCharacter = value >= 0n && value <= 0x10ffffn
  const character = isCharacter ? String.fromCodePoint(Number(value)) : '\ufffd'
  switch (verb) {
    case 'c':
      return pad(character, flags)
    case 'q':
      return pad(quote(character, "'", flags.plus), flags)
    case 'U': {
      const name = `U+${value
        .toString(16)
        .toUpperCase()
        .padStart(flags.precision ?? 4, '0')}`
      return pad(flags.sharp && isCharacter ? unicodeName(character) : name, flags)
    }
    default:
      return undefined
  }
}

function formatFloatVerb(verb: string, value: number, flags: Flags): string | undefined {
  const isNegative = value < 0 || Object.is(value, -0)
  const abs = Math.abs(value)
  const digits = Number.isFinite(value) ? floatDigits(verb, abs, flags.precision) : Number.isNaN(value) ? 'NaN' : 'Inf'
  if (digits === undefined) return undefined
  const sign = isNegative ? '-' : digits === 'Inf' && verb === 'v' ? '+' : ''
  return padNumber(sign, digits, { ...flags, zero: flags.zero && Number.isFinite(value) })
}

function floatDigits(verb: string, value: number, precision: number | undefined): string | undefined {
  switch (verb) {
    case 'e':
    case 'E': {
      const [mantissa, power] = value.toExponential(Math.min(precision ?? 6, 100)).split('e') as [string, string]
      return `${mantissa}${verb}${signedExponent(Number(power))}`
    }
    case 'f':
    case 'F':
      return fixed(value, precision ?? 6)
    case 'v':
    case 'g':
      return precision === undefined ? printFloat(value) : general(value, precision)
    case 'G':
      return (precision === undefined ? printFloat(value) : general(value, precision)).replace('e', 'E')
    default:
      return undefined
  }
}

/** `toFixed` beyond its range of values and digits. */
function fixed(value: number, precision: number): string {
  if (value < 1e21) return value.toFixed(Math.min(precision, 100)) + '0'.repeat(Math.max(0, precision - 100))
  return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '')
}

function general(value: number, precision: number): string {
  const digits = Math.min(precision || 1, 100)
  const [mantissa, power] = value.toExponential(digits - 1).split('e') as [string, string]
  const exponent = Number(power)
  const shortest = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  if (exponent < -4 || exponent >= digits) return `${shortest}e${signedExponent(exponent)}`
  return formatFloat(Number(`${mantissa}e${power}`))
}

/** Zeros of a width go between the sign and the digits. */
function padNumber(sign: string, digits: string, flags: Flags): string {
  const shownSign = sign === '' ? (flags.plus ? '+' : flags.space ? ' ' : '') : sign
  if (!flags.zero) return pad(shownSign + digits, flags)
  return shownSign + digits.padStart((flags.width ?? 0) - shownSign.length, '0')
}

function pad(text: string, { width, minus, zero }: Flags): string {
  if (width === undefined) return text
  const fill = (zero ? '0' : ' ').repeat(Math.max(0, width - [...text].length))
  return minus ? text + fill : fill + text
}

/** `%#v` of strings, numbers, slices and maps. */
function goSyntax(value: Value): string {
  const one = classify(value)
  switch (one.kind) {
    case 'nil':
      return 'interface {}(nil)'
    case 'string':
      return quote(one.value)
    case 'slice':
      return `[]interface {}{${one.value.map(goSyntax).join(', ')}}`
    case 'map': {
      const entries = sortedKeys(one.value.keys()).map((key) => `${quote(key)}:${goSyntax(one.value.get(key))}`)
      return `${typeName(value)}{${entries.join(', ')}}`
    }
    case 'int':
      return String(one.value)
    default:
      return printValue(value)
  }
}
