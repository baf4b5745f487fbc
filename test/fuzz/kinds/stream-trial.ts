import type { Trial } from '../trial.ts'

/** A trial that is one script and what is written to it. */
export function streamTrial(
  about: string,
  script: readonly string[],
  bodies: readonly (readonly string[])[],
  httpOut: readonly string[] = []
): Trial {
  return { about, script, bodies, requests: [], httpOut }
}
