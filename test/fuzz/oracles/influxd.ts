import type { Result } from '../../conformance/case.ts'
import { execute } from '../execute.ts'
import { caseOf, type Trial } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'

interface Series {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

interface Answer {
  readonly status: number
  readonly error: string
}

/** Precisions that InfluxDB knows; Kapacitor takes any other for nanoseconds. */
const PRECISIONS: readonly string[] = ['n', 'ns', 'u', 'ms', 's', 'm', 'h']

/** One field with two types: Kapacitor stores nothing, and takes it. */
const STORAGE_REFUSAL = /field type conflict/

/**
 * InfluxDB 1.x, whose parser of lines Kapacitor uses: it refuses the same lines, and holds the same points.
 * It is not asked about lines with a NUL, which it repeats in a header, where none may be; nor about carriage returns,
 * of which we think otherwise on purpose; nor about two backslashes before a comma: it keeps such a measurement, but
 * selects nothing from it. Where its storage, and not its parser, refuses a line, its answer says nothing of ours.
 */
export async function influxdOracle({ start, influx }: OracleOptions): Promise<Oracle | string> {
  try {
    await fetch(`${influx}/ping`)
  } catch {
    return `no InfluxDB at ${influx}`
  }
  const ours = await start()
  let databases = 0
  return {
    async judge(trial, settle) {
      const precision = new URLSearchParams(trial.query).get('precision') ?? 'n'
      if (!PRECISIONS.includes(precision) || /[\0\r]|\\\\,/.test(trial.bodies.flat().join())) return undefined
      const run = caseOf(trial)
      const result = await execute(run, targetOf(ours, settle))
      if (result['define'] !== undefined) return undefined // A shrunk script that is none.
      const asked = await Promise.all(
        trial.bodies.map((lines) => askFor(influx, `fuzz_${process.pid}_${databases++}`, precision, lines.join('\n')))
      )
      if (asked.some(({ answer }) => STORAGE_REFUSAL.test(answer.error))) return undefined
      const expected = {
        answers: asked.map(({ answer }) => answer),
        points: sorted(asked.flatMap(({ points }) => points))
      }
      return compare(run, expected, { answers: answersOf(trial, result), points: sorted(pointsOf(result)) })
    },
    close: () => ours.stop()
  }
}

/** What a body becomes in a database of its own. */
async function askFor(
  url: string,
  database: string,
  precision: string,
  body: string
): Promise<{ answer: Answer; points: unknown[] }> {
  await query(url, `CREATE DATABASE ${database}`)
  try {
    const written = await fetch(`${url}/write?db=${database}&precision=${precision}`, { method: 'POST', body })
    const text = await written.text()
    if (!written.ok) {
      const { error } = JSON.parse(text) as { readonly error: string }
      // It keeps the good lines of a bad body, and says so.
      return {
        answer: { status: written.status, error: error.replace(/^partial write: | dropped=\d+$/g, '') },
        points: []
      }
    }
    const series = await query(url, `SELECT * FROM ${database}.autogen./.*/ GROUP BY *`)
    return { answer: { status: written.status, error: '' }, points: series.flatMap(rowsOf) }
  } finally {
    await query(url, `DROP DATABASE ${database}`)
  }
}

async function query(url: string, text: string): Promise<readonly Series[]> {
  const answer = await fetch(`${url}/query?q=${encodeURIComponent(text)}`, { method: 'POST' })
  const { results } = (await answer.json()) as { readonly results: readonly { readonly series?: readonly Series[] }[] }
  return results[0]?.series ?? []
}

function answersOf({ bodies }: Trial, { writeErrors = [] }: Result): Answer[] {
  const answers = [...(writeErrors as readonly Answer[])]
  // The runner leaves out bodies of white space.
  return bodies.map((lines) => {
    const { status, error } = lines.join('\n').trim() === '' ? { status: 204, error: '' } : answers.shift()!
    return { status, error: error.trimEnd() }
  })
}

function pointsOf({ posts = {} }: Result): unknown[] {
  const bodies = Object.values(posts as Readonly<Record<string, readonly { readonly series: readonly Series[] }[]>>)
  return bodies.flat().flatMap(({ series }) => series.flatMap(rowsOf))
}

/** Each row with its filled columns alone. */
function rowsOf({ name, tags = {}, columns, values }: Series): unknown[] {
  const ownTags = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ''))
  return values.map((row) => {
    const cells = columns.map((column, i) => [column, row[i]] as const).filter(([, value]) => value !== null)
    const fields = Object.fromEntries(cells.slice(1).sort(([a], [b]) => (a < b ? -1 : 1)))
    return { name, tags: ownTags, fields, time: cells[0]![1] }
  })
}

function sorted(points: readonly unknown[]): unknown[] {
  return [...points].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
