import { setImmediate, setTimeout } from 'node:timers/promises'

/** Looks that follow each other at once; those after them spare the processor. */
const QUICK_LOOKS = 50
const PAUSE_MS = 5

/**
 * What `look` finds: anything but false and undefined. It looks again and again, and rejects where it finds nothing in
 * time: a test that waits for ever says nothing.
 * @param what A noun for the error: `a second post`.
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = 30_000
): Promise<Exclude<T, false | undefined>> {
  const end = performance.now() + withinMs
  for (let looks = 0; ; looks++) {
    const found = await look()
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>
    if (performance.now() > end) throw new Error(`there was not ${what} within ${withinMs} ms`)
    await (looks < QUICK_LOOKS ? setImmediate() : setTimeout(PAUSE_MS))
  }
}
