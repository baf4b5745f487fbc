import { readFileSync } from 'node:fs'

/** Answers of Kapacitor 1.5.7. */
interface Recorded {
  readonly format: readonly { readonly in: string; readonly out: string }[]
  readonly dot: readonly { readonly script: string; readonly id: string; readonly dot: string }[]
  readonly errors: readonly {
    readonly category: string
    readonly script: string
    readonly http: number
    readonly error: string
    readonly vars?: unknown
  }[]
}

export const recorded = JSON.parse(
  readFileSync(new URL('../conformance/tickscript.json', import.meta.url), 'utf8')
) as Recorded
