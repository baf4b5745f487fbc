import type { ConfigProblem } from '../config/config-file.ts'

/** As editors and CI take them: `config/filters/a.yaml:3:1: unknown key …`, with a line feed. */
export function problemLine({ file, line, column, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${message}\n`
}
