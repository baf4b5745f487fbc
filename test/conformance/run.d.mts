export interface RunOptions {
  readonly mode: 'check' | 'record'
  readonly target: string
  readonly influx?: string
  /** Silence, in ms, after which nothing more is posted. */
  readonly settle?: number
  /** What makes the names of the case its own. */
  readonly nonce?: string
}

export function runCase(folder: string, options: RunOptions): Promise<Record<string, unknown>>

/** @returns Where two results differ and how; undefined where they do not. */
export function difference(want: unknown, got: unknown): string | undefined
