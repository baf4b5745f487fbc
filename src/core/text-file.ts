import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { defineError, messageOf } from './errors.ts'

/** What a file of definitions or settings may have. */
export const TEXT_MAX_BYTES = 1024 * 1024

const FileUnreadable = defineError('FILE_UNREADABLE', 500, (detail: string) => detail)

/**
 * The text of a regular file in UTF-8, without a byte order mark. A pipe or a device, which might never end, is not
 * read. Fails with FILE_UNREADABLE, whose message does not name the file, or with the system's error (`ENOENT` …).
 */
export function readTextFile(path: string, maxBytes = TEXT_MAX_BYTES): string {
  // A pipe that nobody writes to would block the process as it is opened.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw FileUnreadable(`it is ${stat.isDirectory() ? 'a folder' : 'a device'}, not a file`)
    const bytes = readUpTo(file, maxBytes + 1, stat.size)
    if (bytes.length > maxBytes) throw FileUnreadable(`the file is longer than ${maxBytes} bytes`)
    return decode(bytes)
  } finally {
    closeSync(file)
  }
}

/** @param expected Size that the file says it has; those of the system's own file systems say 0. */
function readUpTo(file: number, maxBytes: number, expected: number): Buffer {
  const chunks: Buffer[] = []
  let size = 0
  while (size < maxBytes) {
    const chunk = Buffer.alloc(Math.min(maxBytes - size, Math.max(expected - size + 1, 4096)))
    const count = readSync(file, chunk)
    if (count === 0) break
    chunks.push(chunk.subarray(0, count))
    size += count
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw FileUnreadable(`the file is not UTF-8: ${messageOf(error)}`)
  }
}
