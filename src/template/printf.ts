import type { Budget } from './budget.ts'
import { type Flags, NO_FLAGS, pad } from './flags.ts'
import { formatBoolean, formatFloat, formatInteger, formatString } from './format.ts'
import { printValue, sortedKeys } from './print.ts'
import { BYTE, classify, type Classified, Int, type IntType, Safe, typeName, type Value } from './values.ts'

/** Go's fmt for the values that templates have. */

/** Spaces go between operands of which neither is a string. */
export function sprint(args: readonly Value[], budget: Budget): string {
  return args
    .map((arg, index) => {
      const isApart = index > 0 && !isString(arg) && !isString(args[index - 1])
      return (isApart ? ' ' : '') + printValue(arg, budget)
    })
    .join('')
}

function isString(value: Value): boolean {
  return typeof value === 'string' || value instanceof Safe
}

export function sprintln(args: readonly Value[], budget: Budget): string {
  return `${args.map((arg) => printValue(arg, budget)).join(' ')}\n`
}

export function sprintf(format: string, args: readonly Value[], budget: Budget): string {
  return new Formatter(format, args, budget).run()
}

/** Steps for finding one's way in a directive, and for a value. */
const DIRECTIVE_STEPS = 5
const VALUE_STEPS = 15
/** A number is read until it is greater; one that has digits even then takes the rest of the format with it. */
const MAX_NUMBER = 1_000_000

/** One use of a format. A problem of it or of an argument becomes a part of the text, as in `%!d(string=x)`. */
class Formatter {
  readonly #format: string
  readonly #args: readonly Value[]
  readonly #budget: Budget
  #index = 0
  #next = 0
  /** Some directive has named its argument. */
  #isReordered = false
  /** The directive at hand names an argument that there is. */
  #isGood = true
  /** What has just been read is an argument's number. */
  #isBehindNumber = false

  constructor(format: string, args: readonly Value[], budget: Budget) {
    this.#format = format
    this.#args = args
    this.#budget = budget
  }

  run(): string {
    let out = ''
    for (;;) {
      const start = this.#format.indexOf('%', this.#index)
      if (start < 0) break
      out += this.#format.slice(this.#index, start)
      this.#index = start + 1
      out += this.#directive()
    }
    return out + this.#format.slice(this.#index) + this.#extra()
  }

  #directive(): string {
    this.#budget.spend(DIRECTIVE_STEPS)
    this.#isGood = true
    const flags = this.#flags()
    this.#argNumber()
    let problem = ''
    if (this.#take('*')) {
      flags.width = this.#integerArg()
      if (flags.width === undefined) problem = '%!(BADWIDTH)'
      else if (flags.width < 0) {
        flags.width = -flags.width
        flags.minus = true
        flags.zero = false
      }
      this.#isBehindNumber = false
    } else {
      flags.width = this.#number()
      if (this.#isBehindNumber && flags.width !== undefined) this.#isGood = false
    }
    if (this.#index + 1 < this.#format.length && this.#take('.')) {
      if (this.#isBehindNumber) this.#isGood = false
      this.#argNumber()
      if (this.#take('*')) {
        const precision = this.#integerArg()
        if (precision === undefined || precision < 0) problem += '%!(BADPREC)'
        else flags.precision = precision
        this.#isBehindNumber = false
      } else flags.precision = this.#number() ?? 0
    }
    if (!this.#isBehindNumber) this.#argNumber()
    return problem + this.#verb(flags)
  }

  #flags(): Flags {
    const flags = { ...NO_FLAGS }
    for (; ; this.#index++) {
      switch (this.#format[this.#index]) {
        case '+':
          flags.plus = true
          break
        case '-':
          flags.minus = true
          break
        case '#':
          flags.sharp = true
          break
        case ' ':
          flags.space = true
          break
        case '0':
          flags.zero = true
          break
        default:
          return flags
      }
      this.#budget.spend(1)
    }
  }

  #verb(flags: Flags): string {
    const code = this.#format.codePointAt(this.#index)
    if (code === undefined) return '%!(NOVERB)'
    const verb = String.fromCodePoint(code)
    this.#index += verb.length
    if (verb === '%') return '%'
    if (!this.#isGood) return `%!${verb}(BADINDEX)`
    if (this.#next >= this.#args.length) return `%!${verb}(MISSING)`
    return new Printer(verb, flags, this.#budget).arg(this.#args[this.#next++])
  }

  /** `[3]` */
  #argNumber(): void {
    this.#isBehindNumber = false
    if (this.#format[this.#index] !== '[') return
    this.#isReordered = true
    const start = this.#index + 1
    const end = this.#format.indexOf(']', start)
    this.#budget.spendOn((end < 0 ? this.#format.length : end) - start)
    if (end < 0 || this.#format.length - this.#index < 3) {
      this.#index = start
      this.#isGood = false
      return
    }
    this.#index = start
    const number = this.#number(end)
    const isNumber = number !== undefined && this.#index === end
    this.#index = end + 1
    this.#isBehindNumber = isNumber
    if (isNumber && number >= 1 && number <= this.#args.length) this.#next = number - 1
    else this.#isGood = false
  }

  /** undefined where there is none, or one that is too large, behind which nothing is read. */
  #number(end = this.#format.length): number | undefined {
    let number: number | undefined
    for (; this.#index < end; this.#index++) {
      const digit = this.#format.charCodeAt(this.#index) - 48
      if (!(digit >= 0 && digit <= 9)) break
      if (number !== undefined && number > MAX_NUMBER) {
        this.#index = end
        return undefined
      }
      number = (number ?? 0) * 10 + digit
    }
    return number
  }

  #integerArg(): number | undefined {
    if (this.#next >= this.#args.length) return undefined
    const classified = classify(this.#args[this.#next++])
    if (classified.kind !== 'int') return undefined
    const number = Number(classified.value)
    return Math.abs(number) > MAX_NUMBER ? undefined : number
  }

  #take(character: string): boolean {
    if (this.#format[this.#index] !== character) return false
    this.#index++
    return true
  }

  /** What the format leaves over of the arguments. */
  #extra(): string {
    if (this.#isReordered || this.#next >= this.#args.length) return ''
    const extra = this.#args.slice(this.#next).map((arg) => {
      return isNil(arg) ? '<nil>' : `${typeName(arg)}=${printValue(arg, this.#budget)}`
    })
    return `%!(EXTRA ${extra.join(', ')})`
  }
}

function isNil(value: Value): boolean {
  return value === null || value === undefined
}

/** Verbs for which a type with a text of its own is that text. */
const TEXT_VERBS = 'vsxXq'
const UINT64: IntType = { name: 'uint64' }

/** Values under one verb; flags are those of each value within. */
class Printer {
  readonly #verb: string
  readonly #flags: Flags
  readonly #budget: Budget
  /** `%#v` */
  readonly #isSyntax: boolean
  /** `%+v` */
  readonly #hasNames: boolean
  /** Whether it shows a value that the verb does not suit: types have no texts then. */
  #isBad = false

  constructor(verb: string, flags: Flags, budget: Budget) {
    this.#verb = verb
    this.#budget = budget
    const isValue = verb === 'v' || verb === 'w'
    this.#isSyntax = isValue && flags.sharp
    this.#hasNames = isValue && flags.plus
    this.#flags = isValue ? { ...flags, sharp: false, plus: false } : flags
  }

  arg(value: Value): string {
    if (isNil(value))
      return 'Tv'.includes(this.#verb) ? pad('<nil>', this.#flags, this.#budget) : `%!${this.#verb}(<nil>)`
    if (this.#verb === 'T') return this.#string('s', typeName(value), value)
    if (this.#verb === 'p') return this.#bad(value)
    return this.#value(value, this.#verb)
  }

  #value(value: Value, verb: string): string {
    this.#budget.spend(VALUE_STEPS)
    const classified = classify(value)
    switch (classified.kind) {
      case 'nil':
        return this.#isSyntax ? 'interface {}(nil)' : '<nil>'
      case 'bool':
        return formatBoolean(verb, classified.value, this.#flags, this.#budget) ?? this.#bad(value)
      case 'float':
        return formatFloat(verb, classified.value, this.#flags, this.#budget) ?? this.#bad(value)
      case 'string':
        return this.#string(verb, classified.value, value)
      case 'safe':
        return this.#string(verb, classified.value.text, value)
      case 'int':
        return this.#integer(classified, verb, value)
      case 'time':
        return this.#time(classified.value, verb, value)
      default:
        if (verb === 'w' && !this.#isBad) return this.#bad(value)
        return this.#composite(classified, verb, value)
    }
  }

  #string(verb: string, text: string, value: Value): string {
    if (this.#isSyntax && verb === 'v') return this.#quoted(text)
    return formatString(verb, text, this.#flags, this.#budget) ?? this.#bad(value)
  }

  #quoted(text: string): string {
    return formatString('q', text, this.#flags, this.#budget)!
  }

  #integer({ type, value }: Extract<Classified, { kind: 'int' }>, verb: string, whole: Value): string {
    if (type.print !== undefined && !this.#isBad && !this.#isSyntax) {
      if (verb === 'w') return this.#bad(whole)
      if (TEXT_VERBS.includes(verb)) return this.#string(verb, printValue(whole, this.#budget), whole)
    }
    if (this.#isSyntax && verb === 'v' && (type === BYTE || type === UINT64)) {
      return formatInteger('x', value, { ...this.#flags, sharp: true }, this.#budget)!
    }
    return formatInteger(verb, value, this.#flags, this.#budget) ?? this.#bad(whole)
  }

  #time(time: Extract<Classified, { kind: 'time' }>['value'], verb: string, value: Value): string {
    if (!this.#isBad) {
      if (verb === 'w') return this.#bad(value)
      if (this.#isSyntax) return this.#string('s', time.toGoString(), value)
      if (TEXT_VERBS.includes(verb)) return this.#string(verb, printValue(value, this.#budget), value)
    }
    // The members of Go's struct: nanoseconds, seconds since the year 1, and the location, which is nil for UTC.
    const members = [
      this.#member('wall', this.#value(new Int(UINT64, BigInt(time.nanosecond)), verb)),
      this.#member('ext', this.#value(time.secondsSinceYear1, verb)),
      this.#member('loc', this.#nilPointer('*time.Location', verb))
    ]
    return this.#isSyntax ? `time.Time{${members.join(', ')}}` : `{${members.join(' ')}}`
  }

  #member(name: string, text: string): string {
    return this.#isSyntax || this.#hasNames ? `${name}:${text}` : text
  }

  #nilPointer(type: string, verb: string): string {
    if (this.#isSyntax) return `(${type})(nil)`
    if ('bodxX'.includes(verb)) return formatInteger(verb, 0n, this.#flags, this.#budget)!
    const nil = pad('<nil>', this.#flags, this.#budget)
    return verb === 'v' ? nil : `%!${this.#verb}(${type}=${nil})`
  }

  #composite(
    classified: Extract<Classified, { kind: 'struct' | 'slice' | 'map' }>,
    verb: string,
    value: Value
  ): string {
    const separator = this.#isSyntax ? ', ' : ' '
    const items = this.#items(classified, verb).join(separator)
    if (this.#isSyntax) return `${typeName(value)}{${items}}`
    if (classified.kind === 'struct') return `{${items}}`
    return classified.kind === 'map' ? `map[${items}]` : `[${items}]`
  }

  #items(classified: Extract<Classified, { kind: 'struct' | 'slice' | 'map' }>, verb: string): readonly string[] {
    switch (classified.kind) {
      case 'slice':
        return classified.value.map((item) => this.#value(item, verb))
      case 'map': {
        const keys = sortedKeys(classified.value, this.#budget)
        return keys.map((key) => `${this.#value(key, verb)}:${this.#value(classified.value.get(key), verb)}`)
      }
      case 'struct': {
        const names = [...classified.value.type.fields.keys()]
        return names.map((name) => this.#member(name, this.#value(classified.value.get(name), verb)))
      }
    }
  }

  /** `%!d(string=x)` */
  #bad(value: Value): string {
    this.#isBad = true
    const text = `%!${this.#verb}(${typeName(value)}=${this.#value(value, 'v')})`
    this.#isBad = false
    return text
  }
}
