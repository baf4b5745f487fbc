import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { AppError } from '../core/errors.ts'
import type { Mistake, Path, Raw } from './check.ts'

/** A mistake in a configuration file. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Dotted path of the key; '' for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** CONFIG_INVALID; its message has a line for each problem: `config/kapok.yaml:3:5: unknown key …`. */
export class ConfigInvalid extends AppError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    super('CONFIG_INVALID', 500, lines.join('\n'))
    this.problems = problems
  }
}

/** A YAML file that can say where its parts are. */
export class ConfigFile {
  readonly #file: string
  readonly #document: Document.Parsed
  readonly #lines = new LineCounter()

  /** @param file Its name in messages. */
  constructor(file: string, text: string) {
    this.#file = file
    this.#document = parseDocument(text, { lineCounter: this.#lines })
  }

  /** Values by key; keys without a value are left out. Fails with CONFIG_INVALID where it is no YAML. */
  read(): Raw {
    const { errors } = this.#document
    if (errors.length === 0) return withoutNulls(this.#document.toJS() ?? {}) as Raw
    throw new ConfigInvalid(errors.map(({ pos, message }) => this.#at(pos[0], '', firstLineOf(message))))
  }

  locate({ path, message }: Mistake): ConfigProblem {
    return this.#at(this.#offsetOf(path), path.join('.'), message)
  }

  #at(offset: number, path: string, message: string): ConfigProblem {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1), path, message }
  }

  /** Where the key is written, or the item of a list, or the nearest part around that is in the file. */
  #offsetOf(path: Path): number {
    let node: unknown = this.#document.contents
    let offset = 0
    for (const part of path) {
      if (isMap(node) && typeof part === 'number') continue // A list of one that was written as a section.
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined
      const item = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined
      offset = startOf(pair?.key ?? item) ?? offset
      node = pair?.value ?? item
    }
    return offset
  }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

/** The parser's message repeats the position and draws the line. */
function firstLineOf(message: string): string {
  return message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
}

/** `slack:` with nothing behind it is as good as not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)]))
}
