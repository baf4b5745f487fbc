import { parseDuration, parseGoDuration } from '../../core/duration.ts'
import { defineError } from '../../core/errors.ts'
import type { HandlerDeps } from './handler.ts'

export const ServiceNotEnabled = defineError('SERVICE_NOT_ENABLED', 500, () => 'service is not enabled')

/** The values of a section of the configuration; what is missing or of another type counts as not set. */
export class Section {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  /** @param fallback Where it is not set or ''. */
  text(name: string, fallback = ''): string {
    const value = this.#values[name]
    return typeof value === 'string' && value !== '' ? value : fallback
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  int(name: string, fallback: number): number {
    const value = this.#values[name]
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : fallback
  }

  /** Milliseconds of a duration, which is a text such as `30s` or a number of nanoseconds. */
  durationMs(name: string, fallbackMs: number): number {
    const value = this.#values[name]
    if (typeof value === 'number' || typeof value === 'bigint') return Number(value) / 1e6
    const duration = typeof value === 'string' ? (parseGoDuration(value) ?? parseDuration(value)) : undefined
    return duration === undefined ? fallbackMs : Number(duration) / 1e6
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  }

  /** What is given, else what is configured; undefined where that is nothing. */
  listOr(name: string, given: readonly string[]): readonly string[] | undefined {
    const list = given.length > 0 ? given : this.texts(name)
    return list.length > 0 ? list : undefined
  }

  /** Texts by key. */
  map(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name]
    if (!isTable(value)) return {}
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
  }

  get isEnabled(): boolean {
    return this.flag('enabled')
  }
}

/** The section of a service, as it is now. Fails with SERVICE_NOT_ENABLED. */
export function serviceOf({ section }: HandlerDeps, name: string): Section {
  const service = sectionsOf(section(name))[0]
  if (service?.isEnabled !== true) throw ServiceNotEnabled()
  return service
}

/**
 * An entry of a service that may be configured several times.
 * @param id '' means the default one.
 * @returns undefined where there is none of that id.
 */
export function findEntry({ section }: HandlerDeps, name: string, key: string, id: string): Section | undefined {
  const entries = sectionsOf(section(name))
  if (id !== '') return entries.find((entry) => entry.text(key) === id)
  return entries.find((entry) => entry.flag('default')) ?? (entries.length === 1 ? entries[0] : undefined)
}

/** Whether a service is turned on at all, by one of its entries where there are several. */
export function isAnyEnabled({ section }: HandlerDeps, name: string): boolean {
  return sectionsOf(section(name)).some(({ isEnabled }) => isEnabled)
}

function sectionsOf(value: unknown): Section[] {
  return (Array.isArray(value) ? value : [value]).filter(isTable).map((table) => new Section(table))
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
