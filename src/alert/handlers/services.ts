import { defineError } from '../../core/errors.ts'
import type { Level } from '../../model/event.ts'
import { levelName } from '../../model/level.ts'

export const ServiceNotEnabled = defineError('SERVICE_NOT_ENABLED', 500, () => 'service is not enabled')

/** What knows the configuration as it is now. */
export interface Configured {
  /** A table, a list of tables, or undefined. */
  readonly section: (name: string) => unknown
}

/** The values of a section of the configuration: all of its keys are there, '' is set to ''. */
export class Section {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string {
    const value = this.#values[name]
    return typeof value === 'string' ? value : ''
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  int(name: string): number {
    const value = this.#values[name]
    return typeof value === 'number' ? value : 0
  }

  /** Milliseconds of a duration. */
  durationMs(name: string): number {
    const value = this.#values[name]
    return typeof value === 'bigint' ? Number(value) / 1e6 : 0
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

  /** Texts by key, or a section within this one. */
  map(name: string): Readonly<Record<string, string>> {
    const value = this.#values[name]
    return isTable(value) ? (value as Readonly<Record<string, string>>) : {}
  }

  /** What the configuration says for a level of alerts. */
  ofLevel(name: string, level: Level): string | number {
    const value = this.#values[name]
    return isTable(value) ? (value[levelName(level).toLowerCase()] as string | number) : ''
  }

  get isEnabled(): boolean {
    return this.flag('enabled')
  }
}

/** The section of a service, as it is now. Fails with SERVICE_NOT_ENABLED. */
export function serviceOf({ section }: Configured, name: string): Section {
  const service = sectionsOf(section(name))[0]
  if (service?.isEnabled !== true) throw ServiceNotEnabled()
  return service
}

/**
 * An entry of a service that may be configured several times.
 * @param key Option that has the id; '' where the default one is asked for, whatever the option.
 * @param id '' means the default one.
 * @returns undefined where there is none of that id.
 */
export function findEntry({ section }: Configured, name: string, key: string, id: string): Section | undefined {
  const entries = sectionsOf(section(name))
  if (id !== '') return entries.find((entry) => entry.text(key) === id)
  const isNamed = (entry: Section): boolean => entry.text(key) !== ''
  const defaults = entries.filter((entry) => entry.flag('default'))
  // An entry with a name that is the default stands before the one without, which is there from the start.
  const found = defaults.findLast(isNamed) ?? entries.find((entry) => !isNamed(entry) && key !== '') ?? defaults.at(-1)
  return found ?? (entries.length === 1 ? entries[0] : undefined)
}

function sectionsOf(value: unknown): Section[] {
  return (Array.isArray(value) ? value : [value]).filter(isTable).map((table) => new Section(table))
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
