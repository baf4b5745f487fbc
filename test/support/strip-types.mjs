import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Hooks that let Node read TypeScript where it cannot by itself: types become blanks, so that every position is that of
// the source and no source map is needed, for stack traces or for coverage. What was stripped once is kept by its hash.

const KEPT = new URL('../../.tap/stripped/', import.meta.url)
/** Goes up where the same source is stripped otherwise. */
const VERSION = 1

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts') || !url.startsWith('file:')) return nextLoad(url, context)
  return { format: 'module', source: await strip(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true }
}

/** @returns JavaScript of the same length and with the same lines. */
export async function strip(source) {
  const kept = new URL(`${createHash('sha1').update(`${VERSION} ${source}`).digest('hex')}.js`, KEPT)
  try {
    return readFileSync(kept, 'utf8')
  } catch {
    const { default: blankTypes } = await import('ts-blank-space')
    const stripped = blankTypes(source)
    keep(kept, stripped)
    return stripped
  }
}

/** Other processes may be at the same file: they must not find a part of it. */
function keep(file, text) {
  const unfinished = new URL(`${file.href}.${process.pid}`)
  mkdirSync(KEPT, { recursive: true })
  writeFileSync(unfinished, text)
  renameSync(unfinished, file)
}
