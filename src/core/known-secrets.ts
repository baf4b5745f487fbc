import { type Redact, redactorOf } from './redact.ts'

type Source = () => readonly string[]

/** The secrets of a running server, wherever they are: for texts of crashes, which may hold any of them. */
export class KnownSecrets {
  readonly #sources: Source[] = []

  /** @param source Those that there are now. */
  add(source: Source): void {
    this.#sources.push(source)
  }

  readonly redact: Redact = (text) => redactorOf(this.#sources.flatMap(secretsFrom))(text)
}

/**
 * Secrets of one source. In a crash nothing is certain: a source that fails does not keep the others from being asked.
 */
function secretsFrom(source: Source): readonly string[] {
  try {
    return source()
  } catch {
    return []
  }
}
