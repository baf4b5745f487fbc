import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeFiles } from './execute.ts'
import type { Difference } from './oracles/index.ts'

export interface Finding extends Difference {
  readonly kind: string
  readonly oracle: string
  readonly seed: number
}

/** What alike findings have in common. */
export function signatureOf({ kind, oracle, where }: Finding): string {
  return `${kind} ${oracle} ${where.replace(/: want .*/s, '').replace(/"[^"]*"|\d+/g, '#')}`
}

/** Files of the conformance case that shows a finding; expected.json is what the oracle says. */
export function filesOf({ case: { spec, files }, expected, ...finding }: Finding): Record<string, string> {
  return {
    'case.json': `${JSON.stringify({ ...spec, about: aboutOf(finding) }, null, 1)}\n`,
    ...files,
    'expected.json': `${JSON.stringify(expected, null, 1)}\n`
  }
}

function aboutOf({ kind, oracle, seed, where }: Omit<Finding, 'case' | 'expected'>): string {
  return `seed ${seed} of ${kind}, by ${oracle}: ${where}`
}

/** Writes the case below a folder, or prints it. */
export function report(finding: Finding, out: string | undefined): void {
  const { kind, oracle, seed, where, actual } = finding
  console.log(`\nDIFFERENCE: seed ${seed} of ${kind}, by ${oracle}: ${where}`)
  console.log(`  again: npm run fuzz -- --only ${kind} --oracle ${oracle} --seed ${seed} --trials 1`)
  const files = { ...filesOf(finding), 'actual.json': `${JSON.stringify(actual, null, 1)}\n` }
  if (out === undefined) {
    for (const [name, content] of Object.entries(files)) console.log(`--- ${name}\n${content.trimEnd()}`)
    return
  }
  const folder = join(out, `${kind}-${oracle}-${seed}`)
  mkdirSync(folder, { recursive: true })
  writeFiles(folder, files)
  console.log(`  written to ${folder}`)
}
