import type { Trial } from './trial.ts'

/** How many runs a shrinking may take. */
const MAX_RUNS = 100

/**
 * Makes a trial smaller as long as its answers still differ: leaves out lines, pieces of the script, requests, then
 * tags and fields of single lines.
 */
export async function shrink(trial: Trial, differs: (trial: Trial) => Promise<boolean>): Promise<Trial> {
  let runs = MAX_RUNS
  const stillDiffers = async (candidate: Trial): Promise<boolean> => runs-- > 0 && (await differs(candidate))
  let best = trial
  let size: number
  do {
    size = sizeOf(best)
    for (const part of PARTS) best = await smaller(best, part, stillDiffers)
  } while (runs > 0 && sizeOf(best) < size)
  return best
}

/** One list of a trial from which items can be left out. */
interface Part {
  read(trial: Trial): readonly unknown[]
  write(trial: Trial, items: readonly never[]): Trial
}

const PARTS: readonly Part[] = [
  { read: ({ bodies }) => bodies, write: (trial, bodies) => ({ ...trial, bodies }) },
  linesAs((line) => [line]),
  { read: ({ script }) => script, write: (trial, script) => ({ ...trial, script }) },
  { read: ({ requests }) => requests, write: (trial, requests) => ({ ...trial, requests }) },
  { read: ({ reads = [] }) => reads, write: (trial, reads) => ({ ...trial, reads }) },
  { read: ({ httpOut }) => httpOut, write: (trial, httpOut) => ({ ...trial, httpOut }) },
  // Tags and fields. An escaped one may be torn, and a line lose its fields; then both answers are of another kind.
  linesAs((line) => line.split(/(?=[, ])/))
]

const TIME = / -?\d+$/

/** Lines, or parts of them, of all bodies. Times stay: without one the clock would come in. */
function linesAs(split: (line: string) => readonly string[]): Part {
  return {
    read: ({ bodies }) =>
      bodies.flatMap((lines, body) =>
        lines.flatMap((line, at) => split(line.replace(TIME, '')).map((text) => ({ body, at, text })))
      ),
    write: (trial, items: readonly { readonly body: number; readonly at: number; readonly text: string }[]) => {
      const bodies = trial.bodies.map((lines, body) =>
        lines.map((line, at) => {
          const kept = items.filter((item) => item.body === body && item.at === at).map(({ text }) => text)
          return kept.length === 0 ? '' : `${kept.join('')}${TIME.exec(line)?.[0] ?? ''}`
        })
      )
      return { ...trial, bodies: bodies.map((lines) => lines.filter((line) => line !== '')).filter(isFilled) }
    }
  }
}

function isFilled(list: readonly unknown[]): boolean {
  return list.length > 0
}

/** Leaves out halves, quarters and so on, down to single items. */
async function smaller(trial: Trial, part: Part, differs: (trial: Trial) => Promise<boolean>): Promise<Trial> {
  let best = trial
  let items = part.read(best)
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < items.length;) {
      const kept = [...items.slice(0, start), ...items.slice(start + size)]
      const candidate = part.write(best, kept as never[])
      if (await differs(candidate)) {
        best = candidate
        items = part.read(best)
      } else start += size
    }
  }
  return best
}

function sizeOf(trial: Trial): number {
  return JSON.stringify(trial).length
}
