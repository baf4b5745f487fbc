import { execute } from '../execute.ts'
import { caseOf, type Trial } from '../trial.ts'
import { compare } from './compare.ts'
import { type Oracle, type OracleOptions, targetOf } from './index.ts'
import { type Entry, functionOf } from './model-functions.ts'

/**
 * A model of windows and of the functions over them, written from their description and apart from the nodes: plain
 * lists, worked off again for every batch. Where the description leaves something open, it does not answer.
 */
export async function modelOracle({ start }: OracleOptions): Promise<Oracle> {
  const server = await start()
  return {
    async judge(trial, settle) {
      const expected = expectedOf(trial)
      if (expected === undefined) return undefined
      const run = caseOf(trial)
      const { posts = {}, define } = await execute(run, targetOf(server, settle))
      if (define !== undefined) return undefined
      const lanes = Object.entries(posts as Readonly<Record<string, unknown>>)
      const known = lanes.filter(([lane]) => expected.paths.includes(lane.split(' ')[1]!))
      return compare(run, { posts: expected.posts }, { posts: Object.fromEntries(known) })
    },
    close: () => server.stop()
  }
}

interface Expected {
  /** Paths of posts that the model knows all about. */
  readonly paths: readonly string[]
  readonly posts: Readonly<Record<string, readonly unknown[]>>
}

/** Tags that a point is grouped by; undefined: all of them. */
type Dimensions = readonly string[] | undefined

interface WindowOptions {
  readonly periodNs: bigint
  readonly everyNs: bigint
  readonly periodCount: number
  readonly everyCount: number
  readonly isAligned: boolean
  readonly fills: boolean
}

interface Group {
  readonly tags: Readonly<Record<string, string>>
  buffer: Entry[]
  next: bigint | undefined
  seen: number
}

export interface WindowBatch {
  readonly tags: Readonly<Record<string, string>>
  readonly tmax: bigint
  readonly points: readonly Entry[]
}

/** Conditions and moved times are another matter. */
const HEAD =
  /^var w = stream\|from\(\)(\.(measurement|groupBy|groupByMeasurement)\([^)]*\))*\|window\(\)(\.(period|every|periodCount|everyCount|align|fillPeriod)\([^)]*\))*$/

function expectedOf({ script, bodies }: Trial): Expected | undefined {
  const text = script.join('')
  const [head, ...ends] = text.split('\nw')
  if (head === undefined || !HEAD.test(head)) return undefined
  const entries = bodies.flat().map(entryOf)
  if (!entries.every((entry) => entry !== undefined)) return undefined
  const batches = windowed(entries, dimensionsOf(head), windowOf(head))
  const posts: Record<string, unknown[]> = {}
  const paths: string[] = []
  for (const end of ends) {
    const [, call, path] = /^(.*)\|httpPost\('@CAPTURE@(.*?)'\)\s*$/s.exec(end) ?? []
    if (call === undefined || path === undefined) return undefined
    const rows = call === '' ? batches.map(rowOfBatch) : functionOf(call)?.(batches)
    if (rows === undefined) continue
    paths.push(path)
    for (const row of rows) {
      const lane = `POST ${path} ${row.name} ${JSON.stringify(row.tags ?? {})}`
      ;(posts[lane] ??= []).push({ series: [row] })
    }
  }
  return { paths, posts }
}

function dimensionsOf(head: string): Dimensions {
  const [, list] = /\.groupBy\((.*?)\)/.exec(head) ?? []
  if (list === '*') return undefined
  return [...(list ?? '').matchAll(/'(.*?)'/g)].map(([, name]) => name!)
}

function windowOf(head: string): WindowOptions {
  const durationOf = (name: string): bigint => durationNs(new RegExp(`\\.${name}\\((\\w+)\\)`).exec(head)?.[1] ?? '0s')
  const countOf = (name: string): number => Number(new RegExp(`\\.${name}\\((\\d+)\\)`).exec(head)?.[1] ?? 0)
  return {
    periodNs: durationOf('period'),
    everyNs: durationOf('every'),
    periodCount: countOf('periodCount'),
    everyCount: countOf('everyCount'),
    isAligned: head.includes('.align()'),
    fills: head.includes('.fillPeriod()')
  }
}

const UNITS_NS: Readonly<Record<string, bigint>> = { ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n }

export function durationNs(text: string): bigint {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(text)!
  return BigInt(count!) * UNITS_NS[unit!]!
}

/** Of the lines that generators of points make; a shrunk one may be torn. */
function entryOf(line: string): Entry | undefined {
  const [, key, fields, time] = /^(m(?:,\w+=\w+)*) (\w+=.*) (-?\d+)$/s.exec(line) ?? []
  if (key === undefined) return undefined
  const [, ...tags] = key.split(',')
  const values = [...fields!.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)/gs)]
  return {
    tags: Object.fromEntries(tags.sort().map((tag) => tag.split('='))) as Record<string, string>,
    fields: Object.fromEntries(values.map(([, name, text]) => [name!, valueOf(text!)])),
    timeNs: BigInt(time!)
  }
}

function valueOf(text: string): Entry['fields'][string] {
  if (text.startsWith('"')) return { type: 'string', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') }
  if (/^[tTfF]/.test(text)) return { type: 'boolean', value: /^[tT]/.test(text) }
  return text.endsWith('i') ? { type: 'int', value: BigInt(text.slice(0, -1)) } : { type: 'float', value: Number(text) }
}

function windowed(points: readonly Entry[], dimensions: Dimensions, options: WindowOptions): WindowBatch[] {
  const groups = new Map<string, Group>()
  const batches: WindowBatch[] = []
  const push = options.periodCount > 0 ? pushCounted : pushTimed
  for (const point of points) {
    const names = dimensions ?? Object.keys(point.tags)
    const tags = Object.fromEntries([...names].sort().map((name) => [name, point.tags[name] ?? '']))
    const key = JSON.stringify(tags)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { tags, buffer: [], next: undefined, seen: 0 }))
    const emission = push(group, point, options)
    if (emission !== undefined) batches.push({ tags, ...emission })
  }
  return batches
}

type Emission = Omit<WindowBatch, 'tags'>

/** The window is [next - period, next), or, without `every`, (time - period, time]. */
function pushTimed(group: Group, point: Entry, options: WindowOptions): Emission | undefined {
  const { periodNs, everyNs } = options
  const { timeNs } = point
  group.next ??= firstTime(timeNs, options)
  const isDue = timeNs >= group.next
  if (everyNs === 0n) {
    group.buffer.push(point)
    if (!isDue) return undefined
    group.next = timeNs
    dropFront(group, (time) => time <= timeNs - periodNs)
    return { tmax: timeNs, points: [...group.buffer] }
  }
  let emission: Emission | undefined
  if (isDue) {
    const boundary = group.next
    dropFront(group, (time) => time < boundary - periodNs)
    emission = { tmax: boundary, points: [...group.buffer] }
    group.next = aligned(timeNs + everyNs, options)
  }
  group.buffer.push(point)
  return emission
}

function firstTime(timeNs: bigint, options: WindowOptions): bigint {
  const { periodNs, everyNs, fills, isAligned } = options
  if (!fills) return aligned(timeNs + everyNs, options)
  const filled = timeNs + periodNs
  if (!isAligned) return filled
  const boundary = aligned(filled, options)
  return boundary > filled ? boundary : boundary + everyNs
}

/** Multiples of a duration count from the year 1. */
const YEAR_ONE_NS = -62_135_596_800_000_000_000n

function aligned(timeNs: bigint, { everyNs, isAligned }: WindowOptions): bigint {
  return isAligned && everyNs > 0n ? timeNs - ((timeNs - YEAR_ONE_NS) % everyNs) : timeNs
}

/** Only up to the first that is young enough: late points stay behind it. */
function dropFront(group: Group, isOld: (timeNs: bigint) => boolean): void {
  const first = group.buffer.findIndex(({ timeNs }) => !isOld(timeNs))
  group.buffer = first < 0 ? [] : group.buffer.slice(first)
}

function pushCounted(group: Group, point: Entry, options: WindowOptions): Emission | undefined {
  const { periodCount, everyCount, fills } = options
  group.next ??= BigInt(fills ? periodCount : everyCount)
  group.seen++
  group.buffer = [...group.buffer, point].slice(-periodCount)
  if (BigInt(group.seen) !== group.next) return undefined
  group.next += BigInt(everyCount)
  return { tmax: point.timeNs, points: [...group.buffer] }
}

export interface Row {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns?: readonly string[]
  readonly values?: readonly (readonly unknown[])[]
}

/** Columns are those of the first point: its fields, and its tags that are not the group's. */
export function rowOfBatch({ tags, points }: Pick<WindowBatch, 'tags' | 'points'>): Row {
  const head = { name: 'm', ...(Object.keys(tags).length > 0 && { tags }) }
  const [first] = points
  if (first === undefined) return head
  const names = [...Object.keys(first.fields), ...Object.keys(first.tags).filter((name) => !(name in tags))].sort()
  return {
    ...head,
    columns: ['time', ...names],
    values: points.map((point) => [
      textOf(point.timeNs),
      ...names.map((name) => plain(point.fields[name]?.value ?? point.tags[name] ?? null))
    ])
  }
}

export function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

export function textOf(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  const fraction = String(timeNs % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
}
