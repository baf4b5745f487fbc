import type { Logger } from '../core/logger.ts'
import type { Statements } from './contract.ts'
import { readRows } from './read-rows.ts'

/** What clients have set of an element of the configuration. */
export interface OverrideRecord {
  readonly section: string
  /** '' for a section that is no list. */
  readonly element: string
  /** Options as files have the values; durations are texts. */
  readonly options: Readonly<Record<string, unknown>>
  /** The element is not there without it. */
  readonly isNew: boolean
}

interface OverrideRow {
  section: string
  element: string
  options: string
  is_new: boolean
}

export class OverrideStore {
  readonly #db: Statements

  constructor(db: Statements) {
    this.#db = db
  }

  async all(log: Logger): Promise<OverrideRecord[]> {
    const rows = await this.#db.all<OverrideRow>('SELECT * FROM config_overrides ORDER BY section, element')
    const keyOf = ({ section, element }: OverrideRow): string => `${section}/${element}`
    return readRows(log, 'config_overrides', rows, keyOf, ({ options, is_new: isNew, ...rest }) => ({
      ...rest,
      options: JSON.parse(options) as OverrideRecord['options'],
      isNew
    }))
  }

  /** Adds it or replaces the one of its element. */
  async put({ section, element, options, isNew }: OverrideRecord): Promise<void> {
    await this.#db.run('INSERT OR REPLACE INTO config_overrides VALUES ($1, $2, $3, $4)', [
      section,
      element,
      JSON.stringify(options),
      isNew
    ])
  }

  async remove(section: string, element: string): Promise<void> {
    await this.#db.run('DELETE FROM config_overrides WHERE section = $1 AND element = $2', [section, element])
  }
}
