import { Transform } from 'node:stream'

/**
 * Tells one line a test file, when it has ended; and at the very end, where they are found, which tests were skipped
 * and all that failed. A plain module, since the runner loads it without what reads TypeScript.
 */
export default class Reporter extends Transform {
  #rest = ''
  /** What a file under way is remembered by: whatever did not pass. */
  #file = []
  /** For each depth, where the memory of the test under way at it begins. */
  #starts = []
  #isDiagnostic = false
  #failed = []
  #skipped = []
  #last = []

  constructor() {
    super({ decodeStrings: false })
  }

  _transform(chunk, _encoding, done) {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop()
    for (const line of lines) this.#take(line)
    done()
  }

  _flush(done) {
    if (this.#rest !== '') this.#take(this.#rest)
    this.#tell('', ...this.#skipped)
    if (this.#failed.length > 0) this.#tell('', '# What failed', ...this.#failed)
    this.#tell('', ...this.#last)
    done()
  }

  #take(line) {
    const [, indent, text] = /^( *)(.*)$/.exec(line)
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
      if (this.#ends(depth, text)) this.#file.length = this.#starts[depth]
    } else if (text !== '' && !/^(\d+\.\.\d+|TAP version \d+|# time=.*)$/.test(text)) {
      this.#file.push(line)
      this.#isDiagnostic = text === '---'
    }
  }

  /** Whether an assertion is the verdict on the test under way. */
  #ends(depth, text) {
    const name = this.#file[this.#starts[depth]]?.trim().slice('# Subtest: '.length)
    return name !== undefined && text.replace(/^ok \d+ - /, '').replace(/ # time=.*/, '') === name
  }

  #takeOutermost(line) {
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

  #tell(...lines) {
    for (const line of lines) this.push(`${line}\n`)
  }
}
