import type { Clock, Timer } from './clock.ts'

/** Unlike those of `wallClock`, its timers keep the process alive: whoever waits for a promise has something to do. */
const OWN_TIMERS: Pick<Clock, 'after'> = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  }
}

/** What a promise comes to, or what `otherwise` gives where that takes longer. The promise itself goes on. */
export async function within<T, O>(
  limitMs: number,
  promise: Promise<T>,
  otherwise: () => O,
  clock: Pick<Clock, 'after'> = OWN_TIMERS
): Promise<T | O> {
  let timer: Timer | undefined
  const late = new Promise<O>((resolve) => (timer = clock.after(limitMs, () => resolve(otherwise()))))
  try {
    return await Promise.race([promise, late])
  } finally {
    timer?.cancel()
  }
}
