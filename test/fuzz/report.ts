import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../conformance/case.ts'
import { formatCase } from '../conformance/format.ts'
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

/** Writes the conformance case that shows a finding below a folder, or prints it; it expects what the oracle says. */
export function report(finding: Finding, out: string | undefined): void {
  const { kind, oracle, seed, where, expected, actual } = finding
  const about = `seed ${seed} of ${kind}, by ${oracle}: ${where}`
  console.log(`\nDIFFERENCE: ${about}`)
  console.log(`  again: npm run fuzz -- --only ${kind} --oracle ${oracle} --seed ${seed} --trials 1`)
  const files = {
    [`${kind}-${oracle}-${seed}.yaml`]: formatCase({ ...finding.case, about }, expected as Result),
    [`${kind}-${oracle}-${seed}.actual.json`]: `${JSON.stringify(actual, null, 1)}\n`
  }
  if (out !== undefined) mkdirSync(out, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    if (out === undefined) console.log(`--- ${name}\n${content.trimEnd()}`)
    else writeFileSync(join(out, name), content)
  }
  if (out !== undefined) console.log(`  written to ${out}`)
}
