import { AppError } from '../core/errors.ts'
import { YamlDocument } from '../core/yaml-document.ts'
import type { PathProblem, Raw } from './check.ts'

/** A problem in a configuration file. Lines and columns count from 1. */
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
  readonly #document: YamlDocument

  /** @param file Its name in messages. */
  constructor(file: string, text: string) {
    this.#file = file
    this.#document = new YamlDocument(text)
  }

  /** Values by key; keys without a value are left out. Fails with CONFIG_INVALID where it is no YAML. */
  read(): Raw {
    const { problems, value } = this.#document
    if (problems.length === 0) return withoutNulls(value ?? {}) as Raw
    throw new ConfigInvalid(problems.map(({ offset, message }) => this.#at(offset, '', message)))
  }

  locate({ path, message }: PathProblem): ConfigProblem {
    return this.#at(this.#document.offsetOf(path), path.join('.'), message)
  }

  #at(offset: number, path: string, message: string): ConfigProblem {
    return { file: this.#file, ...this.#document.position(offset), path, message }
  }
}

/** `slack:` with nothing behind it is as good as not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)]))
}
