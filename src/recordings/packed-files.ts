import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { messageOf } from '../core/errors.ts'
import { ArchiveUnreadable } from '../archive/reader.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** Larger files stay as they are: DuckDB has packed what is in them. */
const MAX_BYTES = 8 * 1024 * 1024
const SUFFIX = '.gz'
const UNFINISHED = '.packing'
const OPEN = '.open'

/** The unpacked copy of a packed file while somebody reads it. */
interface Copy {
  readonly path: Promise<string>
  readers: number
}

/**
 * Files of which small ones are packed while nobody reads them: a DuckDB file of three points has 1.5 MB, nearly all
 * of it zeros. Whoever reads one gets a copy that lives as long as it has readers.
 */
export class PackedFiles {
  readonly #folder: string
  readonly #copies = new Map<string, Copy>()
  #count = 0

  /** @param folder Copies are made below it, and removed by `tidy`. */
  constructor(folder: string) {
    this.#folder = join(folder, OPEN)
  }

  /** Packs a file that is small and that nobody writes to. Where there is no room for that, it stays as it is. */
  async pack(path: string): Promise<void> {
    const size = await sizeOf(path)
    if (size === undefined || size > MAX_BYTES || (await sizeOf(`${path}.wal`)) !== undefined) return
    const unfinished = `${path}${UNFINISHED}`
    try {
      await writeWhole(unfinished, await pack(await readFile(path)))
      await rename(unfinished, `${path}${SUFFIX}`)
      await rm(path)
    } catch {
      await rm(unfinished, { force: true })
    }
  }

  /**
   * Lets `work` read a file, packed or not. Fails with RECORDING_UNREADABLE where it cannot be unpacked.
   * @param work Gets where it can be read.
   */
  async read<T>(path: string, work: (file: string) => Promise<T>): Promise<T> {
    if ((await sizeOf(`${path}${SUFFIX}`)) === undefined) return await work(path)
    let copy = this.#copies.get(path)
    if (copy === undefined) this.#copies.set(path, (copy = { path: this.#unpack(path), readers: 0 }))
    copy.readers++
    try {
      return await work(await copy.path)
    } finally {
      if (--copy.readers === 0) await this.#forget(path, copy)
    }
  }

  /** Bytes that a file takes; undefined where there is none. */
  async sizeOf(path: string): Promise<number | undefined> {
    return (await sizeOf(`${path}${SUFFIX}`)) ?? (await sizeOf(path))
  }

  /** Who reads it goes on. */
  async remove(path: string): Promise<void> {
    this.#copies.delete(path)
    for (const file of [path, `${path}${SUFFIX}`, `${path}${UNFINISHED}`]) await rm(file, { force: true })
  }

  /**
   * Removes what a crash has left behind.
   * @param names All that lies in the folder.
   * @returns The names, of packed files those that they are to be asked for by.
   */
  async tidy(folder: string, names: readonly string[]): Promise<string[]> {
    const found = new Set(names)
    await rm(this.#folder, { recursive: true, force: true })
    for (const name of names) {
      const whole = name.slice(0, -SUFFIX.length)
      const isLeftover = name.endsWith(UNFINISHED) || (name.endsWith(SUFFIX) && found.has(whole))
      if (isLeftover) await rm(join(folder, name), { force: true })
      if (isLeftover || name === OPEN || name.endsWith(SUFFIX)) found.delete(name)
      if (name.endsWith(SUFFIX)) found.add(whole)
    }
    return [...found]
  }

  async #unpack(path: string): Promise<string> {
    try {
      const bytes = await unpack(await readFile(`${path}${SUFFIX}`), { maxOutputLength: MAX_BYTES })
      const place = join(this.#folder, String(this.#count++))
      try {
        await mkdir(place, { recursive: true, mode: 0o700 })
        return await writeInto(place, basename(path), bytes)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        // Where the disk is full, what was recorded can be read all the same.
        return await writeInto(await mkdtemp(join(tmpdir(), 'kapok-recording-')), basename(path), bytes)
      }
    } catch (error) {
      throw ArchiveUnreadable(path, messageOf(error))
    }
  }

  async #forget(path: string, copy: Copy): Promise<void> {
    if (this.#copies.get(path) === copy) this.#copies.delete(path)
    const file = await copy.path.catch(() => undefined)
    if (file !== undefined) await rm(join(file, '..'), { recursive: true, force: true })
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch {
    return undefined
  }
}

/** Makes a file in a folder that is its own, and is removed where that fails. */
async function writeInto(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  try {
    await writeWhole(path, bytes)
    return path
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
