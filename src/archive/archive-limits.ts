import type { ArchiveDefinition } from './record-batch.ts'

/** Columns and tables cost DuckDB milliseconds and memory each, whatever they hold: so many a recording may have. */
const MAX = {
  fields: 2000,
  tags: 250,
  tablesAndColumns: 10_000,
  shapes: 10_000,
  series: 1_000_000
}

/** What the points of a recording are made of, counted as it is defined. */
export class ArchiveLimits {
  /** Why the recording cannot go on; undefined: it can. */
  excess: string | undefined
  #tablesAndColumns = 0
  #series = 0
  /** The tags that are known of each table, by its number. */
  readonly #tags: Set<string>[] = []

  count(definition: ArchiveDefinition): void {
    switch (definition.kind) {
      case 'table':
        this.#tags[definition.table] = new Set()
        return this.#countTableOrColumn()
      case 'field':
        if (definition.column >= MAX.fields) this.excess = tooMany(MAX.fields, 'fields in one measurement')
        return this.#countTableOrColumn()
      case 'shape':
        if (definition.shape >= MAX.shapes) this.excess = tooMany(MAX.shapes, 'sets of fields in one measurement')
        return
      case 'series':
        if (++this.#series > MAX.series) this.excess = tooMany(MAX.series, 'series')
        return this.#countTags(this.#tags[definition.table]!, definition.tags)
    }
  }

  #countTags(known: Set<string>, tags: readonly (readonly [string, string])[]): void {
    for (const [name] of tags) {
      if (known.has(name)) continue
      known.add(name)
      this.#countTableOrColumn()
    }
    if (known.size > MAX.tags) this.excess = tooMany(MAX.tags, 'tags in one measurement')
  }

  #countTableOrColumn(): void {
    this.#tablesAndColumns++
    const { tablesAndColumns } = MAX
    if (this.#tablesAndColumns > tablesAndColumns) {
      this.excess = tooMany(tablesAndColumns, 'measurements, tags and fields')
    }
  }
}

function tooMany(max: number, what: string): string {
  return `the recording has more than ${max} ${what}`
}
