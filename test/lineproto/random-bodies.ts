import type { Precision } from '../../src/lineproto/precision.ts'
import { Random } from '../support/random.ts'

/** Bodies of line protocol, good and bad, full of what is read in more than one way. */
export class RandomBodies {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  precision(): Precision {
    return this.#random.pick(['n', 'n', 'n', 'u', 'ms', 's', 'm', 'h'])
  }

  body(maxLines = 3): string {
    const lines = this.#list(1 + this.#random.int(maxLines), () => this.line())
    return lines.join('\n') + this.#random.pick(['', '\n', '\n\n'])
  }

  line(): string {
    return this.#one(
      () => this.#noise(),
      () => {
        const tags = this.#list(this.#random.int(3), () => `,${this.#name()}=${this.#name()}`).join('')
        const fields = this.#list(1 + this.#random.int(3), () => `${this.#name()}=${this.#value()}`).join(',')
        return `${this.#random.pick(['', '', '', '', ' ', '\t', '#'])}${this.#name()}${tags} ${fields}${this.#time()}`
      },
      () => `m,t=${this.#random.pick(['a', 'b', 'c'])} v=${this.#number()}${this.#time()}`,
      () => `m v=${this.#value()},w=${this.#value()} 5`
    )
  }

  #noise(): string {
    const pieces = [
      ...['m', ',', '=', ' ', '\\', '"', '\n', '#', '\t', '\0', 'é', 'v=1', 'a=b', '=1', '="x"'],
      ...['5', 't', 'true', '.', '-', '+', 'e', '1e', 'i', 'u', 'N', 'n', '9223372036854775807']
    ]
    return this.#list(this.#random.int(12), () => this.#random.pick(pieces)).join('')
  }

  #name(): string {
    const pieces = ['a', 'b', '\\ ', '\\,', '\\=', '\\"', '\\', '\\\\', '"', 'é', '\t', '=']
    return this.#one(
      () => this.#random.pick(['m', 'cpu', 'a', 'b', 'ab']),
      () => this.#list(1 + this.#random.int(4), () => this.#random.pick(pieces)).join('')
    )
  }

  #value(): string {
    const words = [...['t', 'f', 'T', 'F', 'true', 'True', 'TRUE', 'false', 'False', 'FALSE'], ...['tru', 'tRUE', 'x']]
    return this.#one(
      () => this.#number(),
      () => this.#string(),
      () => this.#random.pick(words),
      () => this.#string() + this.#noise(),
      () => ''
    )
  }

  #number(): string {
    const pieces = ['1', '0', '.', 'e', 'E', '-', '+', 'i', 'u', 'n']
    return this.#one(
      () => String(this.#random.int(100)),
      () => String(this.#random.next() * 1e6),
      () => `${this.#random.int(1e9)}i`,
      () => this.#list(1 + this.#random.int(6), () => this.#random.pick(pieces)).join(''),
      () => '9'.repeat(this.#random.int(10) === 0 ? 300 + this.#random.int(20) : this.#random.int(30)),
      () => `${'0'.repeat(this.#random.int(30))}1i`,
      () => `${'9'.repeat(16 + this.#random.int(5))}i`,
      () => this.#random.pick(['-9223372036854775808i', '1e400', '1e-400'])
    )
  }

  #string(): string {
    const pieces = ['a', ' ', ',', '=', '\\"', '\\\\', '\\', '\n', 'é', '\\,', '\\n']
    return `"${this.#list(this.#random.int(5), () => this.#random.pick(pieces)).join('')}"`
  }

  #time(): string {
    const texts = [
      ...['', ' 1500000000000000000', ' 9223372036854775806', ' 9223372036854775807', ' 99999999999999999999'],
      ...[' 5 ', '  5', ' -', ' 000000000000000000000005', ' 9007199254740993']
    ]
    return this.#one(
      () => this.#random.pick(texts),
      () => ` ${this.#random.int(1e9)}`,
      () => ` -${this.#random.int(1e9)}`,
      () => ` ${this.#noise()}`
    )
  }

  #list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make)
  }

  #one(...makers: (() => string)[]): string {
    return this.#random.pick(makers)()
  }
}
