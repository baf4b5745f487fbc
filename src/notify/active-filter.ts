import { createHash } from 'node:crypto'
import { isBefore, type Instant } from '../core/instant.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Alert } from './alert.ts'
import type { Commands } from '../core/commands.ts'
import type { ConfinedFiles } from './confined-files.ts'
import { instantOfDate } from './date.ts'
import type { ScriptFile, ScriptRunner } from './expression.ts'
import { prepareProgram } from './expression/compile.ts'
import { COMMON_SCHEMA, type CommonOptions, readCommon } from './filters/common.ts'
import { type Condition, openCondition } from './filters/condition.ts'
import { type FilterDeps, type FilterKind, FilterRun, type OpenFilter, type StateDelta } from './filters/filter.ts'
import { InvalidDefinition, type PartDefinition, unknownKeys } from './params.ts'
import { nextRevision } from './revision.ts'

/** What filters are made with. */
export interface FilterFactory {
  readonly kinds: ReadonlyMap<string, FilterKind>
  readonly files: ConfinedFiles
  readonly runner: ScriptRunner | undefined
  readonly commands: Commands
  readonly log: Logger
}

/** What a client may change of a filter without another definition. */
export interface Switches {
  readonly disabled: boolean
  /** Normalised date; '' where none was set. */
  readonly inactive: string
}

/** A filter at work: its definition, its switches, and what it remembers. */
export class ActiveFilter {
  readonly id: string
  readonly definition: PartDefinition
  /** Alike for filters that work alike: a filter that has not changed goes on with what it remembers. */
  readonly fingerprint: string
  readonly common: CommonOptions
  readonly revision = nextRevision()
  /** What its definition says in vain. */
  readonly warnings: readonly string[]
  /** Set by the service: from a file, or over the API. */
  isStatic = false
  switches: Switches
  readonly #kind: FilterKind
  readonly #open: OpenFilter
  readonly #condition: Condition
  readonly #state: unknown

  private constructor(
    id: string,
    definition: PartDefinition,
    parts: Pick<ActiveFilter, 'common' | 'fingerprint'> & { kind: FilterKind; open: OpenFilter; condition: Condition }
  ) {
    this.id = id
    this.definition = definition
    this.common = parts.common
    this.fingerprint = parts.fingerprint
    this.warnings = unknownKeys(parts.kind.params, Object.keys(COMMON_SCHEMA), definition, `the filter ${id}`)
    this.switches = { disabled: parts.common.disabled, inactive: '' }
    this.#kind = parts.kind
    this.#open = parts.open
    this.#condition = parts.condition
    this.#state = parts.open.body.newState()
  }

  /** Fails with NOTIFY_DEFINITION and the like, in kkok's order and words. */
  static async open(id: string, definition: PartDefinition, factory: FilterFactory): Promise<ActiveFilter> {
    const kind = factory.kinds.get(typeOf(definition))
    if (kind === undefined) throw InvalidDefinition(`no such filter type: ${typeOf(definition)}`)
    let scripts: readonly ScriptFile[] = []
    const deps: FilterDeps = {
      id,
      all: definition.all === true,
      prepare: (source, subject) => prepareProgram({ source, subject, scripts }, factory.runner),
      ...{ commands: factory.commands, log: factory.log }
    }
    scripts = scriptNames(definition.scripts).map((name) => scriptFile(name, factory.files))
    const open = await kind.open(definition, deps)
    const common = readCommon(id, definition, kind.commonPrefix?.(id) ?? '')
    const condition = await openCondition(common.condition, deps)
    if (common.all && kind.refusesAll !== undefined) throw InvalidDefinition(kind.refusesAll(id))
    const fingerprint = JSON.stringify([definition, scripts])
    return new ActiveFilter(id, definition, { kind, open, condition, common, fingerprint })
  }

  isOff(now: Instant): boolean {
    const { disabled, inactive } = this.switches
    return disabled || (inactive !== '' && isBefore(now, instantOfDate(inactive)))
  }

  isExpired(now: Instant): boolean {
    return !this.isStatic && this.common.expire !== '' && isBefore(instantOfDate(this.common.expire), now)
  }

  /** Tells the deltas of filters of this definition from those of others. */
  get version(): string {
    return createHash('sha256').update(this.fingerprint).digest('base64url').slice(0, 16)
  }

  /** Takes over the deltas of a filter of the same version. @param deltas In the order in which they expire. */
  restore(deltas: readonly StateDelta[]): void {
    this.#open.body.restore?.(this.#state, deltas)
  }

  /** The batch of a run has to be done again: what it added to the state is taken away again. */
  rollBack({ deltas }: FilterRun): void {
    this.restore(deltas.map((delta) => ({ ...delta, count: -delta.count })))
  }

  /**
   * Runs over a batch. Never rejects: what fails for an alert is noted there.
   * @param isTrial Remembers nothing of it.
   */
  async run(alerts: readonly Alert[], now: Instant, isTrial = false): Promise<FilterResult> {
    const run = new FilterRun(`${this.#kind.type}:${this.id}`, now)
    try {
      const verdicts = await this.#condition(alerts)
      const matches = verdicts.map((verdict) => verdict === true)
      const given = alerts.map((alert, index) => {
        const verdict = verdicts[index]
        return typeof verdict === 'object' ? run.fail(alert, verdict.error) : alert
      })
      const state = isTrial ? structuredClone(this.#state) : this.#state
      return { left: this.#kept(await this.#open.body.apply(given, matches, run, state), run), run, matches }
    } catch (error) {
      const failed = alerts.map((alert) => run.fail(alert, messageOf(error)))
      return { left: this.#kept(failed, run), run, matches: alerts.map(() => false) }
    }
  }

  #kept(alerts: readonly Alert[], { errors, replaced }: FilterRun): readonly Alert[] {
    if (this.common.onError === 'keep' || errors.size === 0) return alerts
    const failed = new Set([...errors.keys()].map((alert) => replaced.get(alert)))
    return alerts.filter((alert) => !failed.has(alert))
  }

  /** The filter as GET shows it: keys sorted, what is not set left out. */
  show(): PartDefinition {
    const { label, all, scripts, condition, expire, order, onError } = this.common
    const { disabled, inactive } = this.switches
    const members = {
      ...this.#open.shown,
      type: this.#kind.type,
      ...(label !== '' && { label }),
      ...(disabled && { disabled }),
      ...(inactive !== '' && { inactive }),
      ...(all && { all }),
      ...(scripts.length > 0 && { scripts }),
      ...(condition !== undefined && { if: condition }),
      ...(expire !== '' && !this.isStatic && { expire }),
      ...(order !== 0 && { order }),
      ...(onError !== 'keep' && { on_error: onError })
    }
    return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

export interface FilterResult {
  readonly left: readonly Alert[]
  readonly run: FilterRun
  readonly matches: readonly boolean[]
}

function typeOf({ type }: PartDefinition): string {
  return typeof type === 'string' ? type : ''
}

/** None where it is no list of texts, which `readCommon` tells. */
function scriptNames(given: unknown): readonly string[] {
  return Array.isArray(given) && given.every((name) => typeof name === 'string') ? given : []
}

function scriptFile(name: string, files: ConfinedFiles): ScriptFile {
  return { name: name.split('/').at(-1)!, source: files.read(name, 'scripts') }
}
