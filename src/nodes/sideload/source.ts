import { readdirSync, realpathSync, statSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../core/errors.ts'
import { readTextFile } from '../../core/text-file.ts'
import { describeProblem, YamlDocument } from '../../core/yaml-document.ts'

/** What one file says, by key. */
export type Sheet = ReadonlyMap<string, unknown>
/** The files of a source, by their path below it with `/`. */
export type Sheets = ReadonlyMap<string, Sheet>

// A source is any directory that a script names, be it the whole file system.
const MAX_FILES = 100_000
const MAX_DEPTH = 32
/** Bytes that all files together may have. */
const MAX_BYTES = 16 * 1024 * 1024
const MAX_TOKENS = 500_000

/**
 * Reads all files below the directory that a `file://` URL names. Differs: a source of more than 100,000 files or of
 * more than 16 MiB is refused; Kapacitor reads whatever there is.
 * @throws Error with a text for the author of the script
 */
export function readSheets(source: string): Sheets {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(source)?.[1] ?? ''
  if (scheme !== 'file') throw new Error(`unsupported source scheme ${JSON.stringify(scheme)}, must be 'file'`)
  return new Source(fileURLToPath(source)).read()
}

/** The form in which the path of a sheet is looked up: `a//b/../c/` is `a/c`. */
export function cleanKey(key: string): string {
  const clean = posix.normalize(key)
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean
}

class Source {
  readonly #root: string
  readonly #sheets = new Map<string, Sheet>()
  /** Bytes that may still be read. */
  #bytesLeft = MAX_BYTES

  constructor(root: string) {
    this.#root = root
  }

  read(): Sheets {
    this.#readDirectory('', [])
    return this.#sheets
  }

  /** @param around Real paths of the directories that this one is in. */
  #readDirectory(below: string, around: readonly string[]): void {
    const directory = join(this.#root, below)
    const real = realpathSync(directory)
    if (around.includes(real)) throw new Error(`failed to read ${below}: it leads back to a directory that it is in`)
    if (around.length > MAX_DEPTH) throw new Error(`failed to read ${below}: more than ${MAX_DEPTH} directories deep`)
    for (const name of readdirSync(directory)) {
      // Differs: Kapacitor refuses a directory with hidden files; mounted configuration often has some.
      if (name.startsWith('.')) continue
      const path = posix.join(below, name)
      if (statSync(join(this.#root, path)).isDirectory()) this.#readDirectory(path, [...around, real])
      else this.#sheets.set(path, this.#readSheet(path))
      if (this.#sheets.size > MAX_FILES) throw new Error(`the source has more than ${MAX_FILES} files`)
    }
  }

  #readSheet(path: string): Sheet {
    const parse = PARSERS[extname(path)]
    if (parse === undefined) return new Map()
    let content: unknown
    try {
      content = parse(this.#readText(path))
    } catch (error) {
      throw new Error(`failed to read ${path}: ${messageOf(error)}`, { cause: error })
    }
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new Error(`failed to read ${path}: it must hold an object`)
    }
    return new Map(Object.entries(content))
  }

  #readText(path: string): string {
    const text = readTextFile(join(this.#root, path), this.#bytesLeft)
    this.#bytesLeft -= Buffer.byteLength(text)
    return text
  }
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.json': (text) => JSON.parse(text) as unknown,
  '.yml': parseYaml,
  '.yaml': parseYaml
}

function parseYaml(text: string): unknown {
  const document = new YamlDocument(text, { maxTokens: MAX_TOKENS })
  const [problem] = document.problems
  if (problem !== undefined) throw new Error(describeProblem(document, problem))
  return document.value
}
