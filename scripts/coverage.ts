/**
 * What the tests ran of each room of `src`, in lines, from what test/support/coverage.mjs has written: a line counts
 * where code stands in it (no comments, types or blanks), and is covered where the first of that code has run in the
 * process of a test or in one of its workers; programs that tests start are not watched. Exits 1 where the whole is
 * below the floor. A floor holds for the whole suite alone: with fewer test files it says how many there were.
 *
 * `node --import tsx scripts/coverage.ts FLOOR`, the floor in percent.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'acorn'
import { STRIPPED } from './stripped-tests.ts'

type Gap = readonly [start: number, end: number]

interface ThreadReport {
  /** The test file, where this is its process. */
  readonly program: string
  /** What was not run of the files that were loaded. */
  readonly files: Readonly<Record<string, readonly Gap[]>>
}

const REPORTS = '.tap/covered'
const WORST_FILES = 10

class Tally {
  lines = 0
  covered = 0

  add({ lines, covered }: Tally): void {
    this.lines += lines
    this.covered += covered
  }

  get percent(): number {
    return this.lines === 0 ? 100 : (100 * this.covered) / this.lines
  }
}

const floor = Number(process.argv[2])
const reports = readdirSync(REPORTS).map(
  (name) => JSON.parse(readFileSync(join(REPORTS, name), 'utf8')) as ThreadReport
)
const gaps = gapsOf(reports)
const files = new Map<string, Tally>()
for (const file of filesBelow('src', '.js')) files.set(file, tallyOf(file))
const whole = printRooms()
printWorst()
checkFloor(whole)

/** What no thread has run of a file; none for a file that no thread has loaded. */
function gapsOf(reports: readonly ThreadReport[]): Map<string, readonly Gap[]> {
  const gaps = new Map<string, readonly Gap[]>()
  for (const report of reports) {
    for (const [file, found] of Object.entries(report.files)) {
      const known = gaps.get(file)
      gaps.set(file, known === undefined ? found : common(known, found))
    }
  }
  return gaps
}

/** The parts that are in both. */
function common(some: readonly Gap[], others: readonly Gap[]): Gap[] {
  const parts: Gap[] = []
  for (let i = 0, j = 0; i < some.length && j < others.length;) {
    const [a, b] = [some[i]!, others[j]!]
    const [start, end] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])]
    if (start < end) parts.push([start, end])
    if (a[1] < b[1]) i++
    else j++
  }
  return parts
}

function tallyOf(file: string): Tally {
  const tally = new Tally()
  const found = gaps.get(file)
  const firsts = new Map<number, number>()
  parse(readFileSync(join(STRIPPED, 'src', file), 'utf8'), {
    ...{ ecmaVersion: 'latest', sourceType: 'module', locations: true },
    onToken: ({ loc, start }) => {
      if (!firsts.has(loc!.start.line)) firsts.set(loc!.start.line, start)
    }
  })
  for (const first of firsts.values()) {
    tally.lines++
    if (found !== undefined && !found.some(([start, end]) => start <= first && first < end)) tally.covered++
  }
  return tally
}

function printRooms(): Tally {
  const rooms = new Map<string, Tally>()
  const whole = new Tally()
  for (const [file, tally] of files) {
    const room = file.includes('/') ? file.slice(0, file.indexOf('/')) : '(src)'
    if (!rooms.has(room)) rooms.set(room, new Tally())
    rooms.get(room)!.add(tally)
    whole.add(tally)
  }
  print('Lines of src that the tests ran:')
  for (const [room, tally] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1))) printTally(room, tally)
  printTally('all', whole)
  return whole
}

function printWorst(): void {
  const missed = ({ lines, covered }: Tally): number => lines - covered
  const worst = [...files].sort(([, a], [, b]) => missed(b) - missed(a)).slice(0, WORST_FILES)
  print('Files with the most lines that did not run:')
  for (const [file, tally] of worst) printTally(file.replace(/js$/, 'ts'), tally)
}

function printTally(name: string, tally: Tally): void {
  const { lines, covered, percent } = tally
  print(`  ${name.padEnd(44)} ${percent.toFixed(1).padStart(5)} %  ${covered} of ${lines}`)
}

function checkFloor({ percent }: Tally): void {
  const tests = filesBelow('test', '.test.js')
  const programs = new Set(reports.map(({ program }) => program))
  const ran = tests.filter((file) => programs.has(resolve(STRIPPED, 'test', file)))
  if (ran.length < tests.length) return print(`${ran.length} of ${tests.length} test files ran: no floor holds.`)
  if (percent >= floor) return
  print(`The tests ran ${percent.toFixed(1)} % of the lines; the floor is ${floor} % (package.json, posttest).`)
  process.exitCode = 1
}

function filesBelow(folder: string, ending: string): string[] {
  const names = readdirSync(join(STRIPPED, folder), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith(ending)).sort()
}

function print(line: string): void {
  console.log(line)
}
