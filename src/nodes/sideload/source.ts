import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseYaml } from 'yaml'
import { messageOf } from '../../core/errors.ts'

/** What one file says, by key. */
export type Sheet = ReadonlyMap<string, unknown>
/** The files of a source, by their path below it with `/`. */
export type Sheets = ReadonlyMap<string, Sheet>

/**
 * Reads all files below the directory that a `file://` URL names.
 * @throws Error with a text for the author of the script
 */
export function readSheets(source: string): Sheets {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(source)?.[1] ?? ''
  if (scheme !== 'file') throw new Error(`unsupported source scheme ${JSON.stringify(scheme)}, must be 'file'`)
  const sheets = new Map<string, Sheet>()
  readDirectory(fileURLToPath(source), '', sheets)
  return sheets
}

/** The form in which the path of a sheet is looked up: `a//b/../c/` is `a/c`. */
export function cleanKey(key: string): string {
  const clean = posix.normalize(key)
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean
}

function readDirectory(root: string, below: string, sheets: Map<string, Sheet>): void {
  for (const name of readdirSync(join(root, below))) {
    // Differs: Kapacitor refuses a directory with hidden files; mounted configuration often has some.
    if (name.startsWith('.')) continue
    const path = posix.join(below, name)
    const file = join(root, path)
    if (statSync(file).isDirectory()) readDirectory(root, path, sheets)
    else sheets.set(path, readSheet(file, path))
  }
}

function readSheet(file: string, path: string): Sheet {
  const parse = PARSERS[extname(path)]
  if (parse === undefined) return new Map()
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`failed to read ${path}: ${messageOf(error)}`, { cause: error })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Error(`failed to read ${path}: it must hold an object`)
  }
  return new Map(Object.entries(content))
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  '.json': (text) => JSON.parse(text) as unknown,
  '.yml': (text) => parseYaml(text) as unknown,
  '.yaml': (text) => parseYaml(text) as unknown
}
