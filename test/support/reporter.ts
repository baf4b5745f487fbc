import { Transform, type TransformCallback } from 'node:stream'

/** What runs is JavaScript with the positions of the source (scripts/stripped-tests.ts), which is named in its place. */
const STRIPPED = /\.stripped\/([\w./-]+)\.js\b/g

/**
 * Tells one line a test file, when it has ended; and at the very end, where they are found, which tests were skipped
 * and all that failed.
 */
export default class Reporter extends Transform {
  #rest = ''
  /** What a file under way is remembered by: whatever did not pass. */
  #file: string[] = []
  /** For each depth, where the memory of the test under way at it begins. */
  #starts: number[] = []
  #isDiagnostic = false
  readonly #failed: string[] = []
  readonly #skipped: string[] = []
  readonly #last: string[] = []

  constructor() {
    super({ decodeStrings: false })
  }

  override _transform(chunk: string | Buffer, _encoding: string, done: TransformCallback): void {
    const lines = `${this.#rest}${chunk.toString()}`.split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#take(line)
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#rest !== '') this.#take(this.#rest)
    this.#tell('', ...this.#skipped)
    if (this.#failed.length > 0) this.#tell('', '# What failed', ...this.#failed)
    this.#tell('', ...this.#last)
    done()
  }

  #take(line: string): void {
    const [, indent = '', text = ''] = /^( *)(.*)$/.exec(line) ?? []
    const depth = Math.floor(indent.length / 4)
    if (this.#isDiagnostic) {
      this.#file.push(line)
      if (text === '...') this.#isDiagnostic = false
    } else if (depth === 0) {
      this.#takeOutermost(line)
    } else if (text.startsWith('# Subtest: ')) {
      this.#starts[depth] = this.#file.push(line) - 1
    } else if (text.startsWith('ok ')) {
      if (/ # SKIP/i.test(text)) this.#skipped.push(`# skipped: ${text.replace(/^ok \d+ - /, '')}`)
      if (this.#ends(depth, text)) this.#file.length = this.#starts[depth]!
    } else if (text !== '' && !/^(\d+\.\.\d+|TAP version \d+|# time=.*)$/.test(text)) {
      this.#file.push(line)
      this.#isDiagnostic = text === '---'
    }
  }

  /** Whether an assertion is the verdict on the test under way. */
  #ends(depth: number, text: string): boolean {
    const name = this.#file[this.#starts[depth]!]?.trim().slice('# Subtest: '.length)
    return name !== undefined && text.replace(/^ok \d+ - /, '').replace(/ # time=.*/, '') === name
  }

  #takeOutermost(line: string): void {
    if (line.startsWith('# Subtest: ')) {
      this.#file = []
      this.#starts = []
    } else if (/^(not )?ok /.test(line)) {
      this.#tell(line)
      const hasPassed = line.startsWith('ok')
      if (!hasPassed) this.#failed.push('', line, ...this.#file)
      // More on the verdict may follow.
      this.#file = hasPassed ? [] : this.#failed
    } else if (line === '  ---') {
      this.#file.push(line)
      this.#isDiagnostic = true
    } else if (line !== '' && !/^(TAP version \d+|\d+\.\.\d+|# No coverage generated)$/.test(line)) {
      this.#last.push(line)
    }
  }

  #tell(...lines: readonly string[]): void {
    for (const line of lines) this.push(`${line.replace(STRIPPED, '$1.ts')}\n`)
  }
}
