import type { ConfigProblem } from '../config/config-file.ts'

/** A problem as editors and CI take it: `config/filters/a.yaml:3:1: unknown key …`, with a line feed. */
export function problemLine({ file, line, column, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${message}\n`
}
