import { isDeepStrictEqual } from 'node:util'
import { Serial } from '../core/serial.ts'
import { formatDuration } from '../core/duration.ts'
import { type AppError, defineError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { problemsIn, type Raw } from './check.ts'
import { CannotConvert, coerceAll, goKindOf } from './coerce.ts'
import { withDefaults } from './env.ts'
import { Field, type Fields, List } from '../core/fields.ts'
import { valuesOf } from './load.ts'
import { type ElementChange, findTakenSecrets, holdsMask } from './secrets.ts'
import {
  type Element,
  elementKeyOf,
  elementsOf,
  fieldsOf,
  isOverridable,
  problemOf,
  type Values
} from './overridable.ts'
import type { Config } from './sections.ts'

/**
 * The configuration as it is now: that of files, environment and flags, and over it the options that clients have set.
 * What asks `section` each time, as alert handlers do, goes by it at once; others are told (`onChange`).
 */
export interface Override {
  readonly section: string
  /** '' for a section that is no list. */
  readonly element: string
  /** Options as files have them; durations are texts. */
  readonly options: Raw
  /** The element is not there without it. */
  readonly isNew: boolean
}

/** Where they are kept. */
export interface OverrideStorage {
  all(log: Logger): Promise<Override[]>
  put(override: Override): Promise<void>
  remove(section: string, element: string): Promise<void>
}

/** What a client asks for. */
export interface ConfigUpdate {
  readonly section: string
  /** undefined: the path names none; '' is that of a section that is no list. */
  readonly element: string | undefined
  readonly set: Raw
  readonly delete: readonly string[]
  readonly add: Raw
  readonly remove: readonly string[]
}

const NotApplied = defineError('CONFIG_UPDATE', 400, (reason: string) => `failed to apply update: ${reason}`)
const NotOverridden = defineError(
  'CONFIG_OVERRIDE',
  400,
  (section: string, element: string, reason: string) =>
    `failed to override configuration ${section}/${element}: ${reason}`
)
const NotUpdated = defineError(
  'CONFIG_NOT_UPDATED',
  500,
  (section: string, element: string, reason: string) =>
    `failed to update configuration ${section}/${element}: ${reason}`
)
export const ElementUnknown = defineError(
  'CONFIG_ELEMENT_UNKNOWN',
  404,
  (section: string, element: string) => `unknown section/element: ${section}/${element}`
)

export class ConfigOverrides {
  #base: Config
  readonly #storage: OverrideStorage
  /** Overrides by section, then by element. */
  readonly #overrides = new Map<string, Map<string, Override>>()
  readonly #appliers: ((config: Config) => void)[] = []
  #current: Config
  readonly #serial = new Serial()

  private constructor(base: Config, storage: OverrideStorage) {
    this.#base = base
    this.#current = base
    this.#storage = storage
  }

  /** Applies what is stored, unless the configuration says not to; what no longer fits is logged and left out. */
  static async open(base: Config, storage: OverrideStorage, log: Logger): Promise<ConfigOverrides> {
    const overrides = new ConfigOverrides(base, storage)
    if (base['skip-config-overrides']) return overrides
    for (const override of await storage.all(log)) {
      try {
        overrides.#current = overrides.#with(override)
        overrides.#remember(override)
      } catch (error) {
        const { section, element } = override
        log.error('failed to apply a stored override of the configuration', {
          section,
          element,
          err: messageOf(error)
        })
      }
    }
    return overrides
  }

  get isEnabled(): boolean {
    return this.#base['config-override'].enabled
  }

  get current(): Config {
    return this.#current
  }

  /** A section as it is now: the same object until it changes. */
  section(name: string): unknown {
    return this.#current[name as keyof Config]
  }

  /**
   * Lets `apply` put each change into effect, after it was checked and before it is stored. What it throws refuses the
   * change; then it is given the configuration as it was.
   */
  onChange(apply: (config: Config) => void): void {
    this.#appliers.push(apply)
  }

  elements(section: string): Element[] {
    return elementsOf(this.#current, section)
  }

  /** Checks, stores and applies it, one after the other. Fails with CONFIG_UPDATE, CONFIG_OVERRIDE and the like. */
  update(update: ConfigUpdate): Promise<void> {
    return this.#serial.run(() => this.#update(update))
  }

  /**
   * Takes over what the files of secrets hold now. Sections that are as they were stay the same objects. What is thrown
   * leaves all as it was.
   */
  rebase(base: Config): Promise<void> {
    return this.#serial.run(async () => this.#rebase(base))
  }

  #rebase(base: Config): void {
    const [oldBase, old] = [this.#base, this.#current]
    const kept = Object.entries(base).map(([name, section]) => {
      const before: unknown = oldBase[name as keyof Config]
      return [name, isDeepStrictEqual(before, section) ? before : section]
    })
    this.#base = Object.fromEntries(kept) as Config
    this.#current = this.#base
    try {
      for (const section of this.#overrides.keys()) this.#current = this.#with(undefined, section)
      this.#apply(this.#current)
    } catch (error) {
      ;[this.#base, this.#current] = [oldBase, old]
      this.#apply(old)
      throw error
    }
  }

  async #update(update: ConfigUpdate): Promise<void> {
    validate(update)
    const { section, element } = update
    // Differs: clusters of InfluxDB are changed in the files only; Kapacitor lets clients override them as well.
    if (section === 'influxdb') throw NotUpdated(section, element ?? '', 'its clusters are changed in the files')
    if (Object.keys(update.add).length > 0) await this.#add(section, update.add)
    for (const name of update.remove) await this.#remove(section, name)
    if (isSetting(update)) await this.#set(section, element!, update.set, update.delete)
  }

  async #add(section: string, options: Raw): Promise<void> {
    const key = elementKeyOf(section)
    if (key === undefined) throw NotApplied(`section ${JSON.stringify(section)} is not a list, cannot add new element`)
    const element = options[key]
    if (element === undefined) throw NotApplied(`missing key ${JSON.stringify(key)} in "add" map`)
    if (typeof element !== 'string') {
      throw NotApplied(`expected ${JSON.stringify(key)} key to be a string, got ${goKindOf(element)}`)
    }
    // Differs: an element that is there cannot be added; Kapacitor ends the connection without an answer.
    if (this.elements(section).some(({ id }) => id === element)) {
      throw NotApplied(`section ${JSON.stringify(section)} already has an element ${JSON.stringify(element)}`)
    }
    const fallback = valuesOf(fieldsOf(section), withDefaults(fieldsOf(section)))
    await this.#put({ section, element, options: coerced(section, element, options, fallback), isNew: true })
  }

  /** @param given Id of the element. */
  async #set(section: string, given: string, set: Raw, deleted: readonly string[]): Promise<void> {
    const found = this.#findElement(section, given)
    if (found === undefined) {
      if (Object.keys(set).length > 0) throw UnknownOptions(section, given, Object.keys(set))
      return
    }
    const element = found.id
    const old = this.#overrides.get(section)?.get(element)
    const key = elementKeyOf(section)
    const changes = coerced(section, element, set, found.values)
    if (key !== undefined && Object.hasOwn(changes, key)) {
      throw NotOverridden(section, element, `cannot override element key ${key}`)
    }
    const kept = Object.entries({ ...old?.options, ...changes })
    const options: Raw = Object.fromEntries(kept.filter(([name]) => name === key || !deleted.includes(name)))
    await this.#put(
      { section, element, options, isNew: old?.isNew ?? false },
      {
        base: elementsOf(this.#base, section).find(({ id }) => id === element)?.values,
        before: found.values,
        // What stands for headers that are there gives none.
        given: Object.fromEntries(Object.entries(changes).filter(([name]) => !holdsMask(set[name])))
      }
    )
  }

  /** An only element needs no name. */
  #findElement(section: string, id: string): Element | undefined {
    const elements = this.elements(section)
    const found = elements.find((element) => element.id === id)
    return found ?? (id === '' && elements.length === 1 ? elements[0] : undefined)
  }

  /** An element of the files is again as they have it. */
  async #remove(section: string, element: string): Promise<void> {
    const old = this.#overrides.get(section)?.get(element)
    if (old === undefined) return
    this.#overrides.get(section)!.delete(element)
    try {
      await this.#change(old, this.#with(undefined, section), () => this.#storage.remove(section, element))
    } catch (error) {
      this.#remember(old)
      throw error
    }
  }

  /** @param change What an element that was there is changed from, and by. */
  async #put(override: Override, change?: Change): Promise<void> {
    const next = this.#with(override)
    const after = elementOf(next, override)
    refuseProblems(override, after)
    if (change !== undefined) refuseTakenSecrets(override, change, after)
    await this.#change(override, next, () => this.#storage.put(override))
    this.#remember(override)
  }

  async #change({ section, element }: Override, next: Config, store: () => Promise<void>): Promise<void> {
    try {
      this.#apply(next)
    } catch (error) {
      this.#apply(this.#current)
      throw NotUpdated(section, element, messageOf(error))
    }
    try {
      await store()
    } catch (error) {
      this.#apply(this.#current)
      throw error
    }
    this.#current = next
  }

  #apply(config: Config): void {
    for (const apply of this.#appliers) apply(config)
  }

  #remember(override: Override): void {
    const { section, element } = override
    if (!this.#overrides.has(section)) this.#overrides.set(section, new Map())
    this.#overrides.get(section)!.set(element, override)
  }

  /** The configuration with a section made anew: its base, and over it what is overridden, `override` among it. */
  #with(override: Override | undefined, section = override!.section): Config {
    const overrides = new Map(this.#overrides.get(section))
    if (override !== undefined) overrides.set(override.element, override)
    const fields = fieldsOf(section)
    const elements = elementsOf(this.#base, section).map(({ id, values }) => {
      const over = overrides.get(id)
      overrides.delete(id)
      return over === undefined ? values : valuesOf(fields, over.options, values)
    })
    if (elementKeyOf(section) === undefined) return { ...this.#current, [section]: elements[0] }
    const added = [...overrides.values()]
      .filter(({ isNew }) => isNew)
      .map(({ options }) => valuesOf(fields, withDefaults(fields, options)))
    return { ...this.#current, [section]: [...elements, ...added] }
  }
}

function isSetting({ set, delete: deleted }: ConfigUpdate): boolean {
  return Object.keys(set).length > 0 || deleted.length > 0
}

function validate(update: ConfigUpdate): void {
  const { section, element, add, remove } = update
  const invalid = (reason: string) => NotApplied(`invalid update action: ${reason}`)
  const adds = Object.keys(add).length > 0
  const sets = isSetting(update)
  if (section === '') throw invalid('must provide section name')
  if (!NAME.test(section)) throw invalid(`invalid section name ${JSON.stringify(section)}`)
  if (element && !NAME.test(element)) throw invalid(`invalid element name ${JSON.stringify(element)}`)
  if (sets && (adds || remove.length > 0)) {
    throw invalid('cannot provide both set/delete and add/remove actions in the same update')
  }
  if (adds && element) throw invalid('must not provide an element name when adding an a new override')
  if (remove.length > 0 && element) throw invalid('must not provide element when removing an override')
  if (!adds && remove.length === 0 && element === undefined) {
    throw invalid("element not specified, are you missing a trailing '/'?")
  }
  if (isOverridable(section)) return
  if (adds) throw NotApplied(`unknown section ${JSON.stringify(section)}`)
  if (Object.keys(update.set).length > 0) throw UnknownOptions(section, element ?? '', Object.keys(update.set))
  throw NotOverridden(section, element ?? '', `unknown section ${section}`)
}

const NAME = /^[-\w+]+$/

/** Fails with CONFIG_OVERRIDE. */
function coerced(section: string, element: string, given: Raw, current: Values): Raw {
  const fields = fieldsOf(section)
  const known = Object.keys(fields).filter((name) => Object.hasOwn(given, name))
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name))
  try {
    // Problems of values are told before names that are not known.
    const options = coerceAll(fields, Object.fromEntries(known.map((name) => [name, given[name]])), current)
    if (unknown.length > 0) throw UnknownOptions(section, element, unknown)
    return options
  } catch (error) {
    if (error instanceof CannotConvert) throw NotOverridden(section, element, error.message)
    throw error
  }
}

function UnknownOptions(section: string, element: string, names: readonly string[]): AppError {
  return NotOverridden(section, element, `unknown options [${[...names].sort().join(' ')}] in section ${section}`)
}

type Change = Omit<ElementChange, 'after'>

function elementOf(config: Config, { section, element }: Override): Values {
  return elementsOf(config, section).find(({ id }) => id === element)!.values
}

/** Fails with CONFIG_OVERRIDE where the values of the element are not what the schema allows, together or alone. */
function refuseProblems({ section, element }: Override, values: Values): void {
  const fields = fieldsOf(section)
  const problems = problemsIn(fields, rawOf(fields, values)).map(({ message }) => message)
  const problem = problems.length > 0 ? problems.join(', ') : problemOf(section, values)
  if (problem !== undefined) throw NotOverridden(section, element, `failed validation: ${problem}`)
}

/**
 * Fails with CONFIG_OVERRIDE where a new address would get secrets that the client may not know.
 * Differs: a client that changes the address of a service over HTTP has to give the secrets of the service again;
 * Kapacitor sends those that are set to the new address.
 */
function refuseTakenSecrets({ section, element }: Override, change: Change, after: Values): void {
  const taken = findTakenSecrets(fieldsOf(section), { ...change, after })
  if (taken === undefined) return
  const targets = taken.targets.join(', ')
  const secrets = taken.secrets.join(', ')
  throw NotOverridden(
    section,
    element,
    taken.isMoved
      ? `changing ${targets} would send ${secrets} to another address: set ${secrets}, too`
      : `${secrets} of the files would be sent to an address that is not theirs: set ${secrets} or delete ${targets}, too`
  )
}

/** Values as files have them. */
function rawOf(fields: Fields, values: Values): Raw {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const value = values[name]
      if (field instanceof Field) return [name, field.kind === 'duration' ? formatDuration(value as bigint) : value]
      if (field instanceof List) return [name, (value as readonly Values[]).map((one) => rawOf(field.fields, one))]
      return [name, rawOf(field.fields, value as Values)]
    })
  )
}
