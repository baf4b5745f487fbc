import { InternTable } from '../core/intern-table.ts'
import { parseJson } from '../core/json.ts'
import { listKey } from '../core/list-key.ts'
import { type BuiltScript, buildGraph } from '../graph/build.ts'
import { staticDot } from '../graph/dot.ts'
import type { Graph } from '../graph/graph.ts'
import type { NodeDefinition } from '../graph/node.ts'
import type { DeadmanDefaults, EdgeType } from '../graph/link.ts'
import type { Dbrp } from '../model/dbrp.ts'
import { compactJson } from '../model/json.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TemplateRecord } from '../store/templates.ts'
import type { Program } from '../tick/ast.ts'
import { format } from '../tick/format.ts'
import { type Result, succeed } from '../tick/result.ts'
import { parse } from '../tick/parser.ts'
import { dbrpsOf, scriptTypeOf } from '../tick/script-type.ts'
import type { ScriptValue } from '../tick/value.ts'
import { decodeVars, scriptValues, type Vars, varsJson } from '../tick/vars.ts'
import { DbrpGivenTwice, DbrpMissing, ScriptInvalid, ScriptTypeInvalid } from './errors.ts'

/** A script that has passed the checks of a definition. */
export interface TaskDefinition {
  readonly type: EdgeType
  /** Given explicitly or by `dbrp` statements. */
  readonly dbrps: readonly Dbrp[]
  readonly vars: ReadonlyMap<string, ScriptValue>
  readonly graph: Graph
}

export interface DefinitionInput {
  readonly script: string
  readonly vars: Vars
  /** dbrps of the request. */
  readonly given?: readonly Dbrp[]
  /** dbrps to go on with where neither request nor script names any. */
  readonly kept?: readonly Dbrp[]
  readonly isUpdate: boolean
}

/** Forms of a script that do not change while its record does not. */
interface RenderedScript {
  readonly formatted: string
  /** '' where the script makes no graph. */
  readonly dot: string
}

/** Memory of the scripts that are remembered, twice; the same of what they mean. */
const REMEMBERED_BYTES = 4 * 1024 * 1024

/**
 * Checks scripts, in Kapacitor's order of checks and its words, and knows what they mean. A request asks for one
 * definition again and again (to check it, to start it, to draw it): what was asked for lately is not built anew.
 */
export class Compiler {
  readonly #nodes: readonly NodeDefinition[]
  readonly #deadman: DeadmanDefaults
  readonly #programs = new InternTable<Program>(REMEMBERED_BYTES)
  /** Scripts that were built, by all that decides on them. */
  readonly #built = new InternTable<BuiltScript>(REMEMBERED_BYTES)
  readonly #renderedScripts = new WeakMap<TaskRecord | TemplateRecord, RenderedScript>()

  constructor(nodes: readonly NodeDefinition[], deadman: DeadmanDefaults) {
    this.#nodes = nodes
    this.#deadman = deadman
  }

  /** Fails with SCRIPT_INVALID or SCRIPT_TYPE_INVALID. */
  typeOf(script: string): EdgeType {
    const type = scriptTypeOf(this.#parsed(script))
    if (type === undefined) throw ScriptTypeInvalid()
    return type
  }

  /** What its `dbrp` statements name. Fails with SCRIPT_INVALID. */
  dbrpsIn(script: string): readonly Dbrp[] {
    return dbrpsOf(this.#parsed(script))
  }

  /**
   * The definition of a task. Fails with SCRIPT_INVALID, SCRIPT_TYPE_INVALID, DBRP_MISSING or DBRP_GIVEN_TWICE.
   * An update may be left without dbrps; such a task does not start.
   */
  define({ script, vars, given = [], kept = [], isUpdate }: DefinitionInput): TaskDefinition {
    const type = this.typeOf(script)
    const values = scriptValues(vars)
    if (!values.ok) throw ScriptInvalid(values.error.message)
    const implied = this.dbrpsIn(script)
    if (isUpdate && implied.length > 0 && given.length > 0) throw DbrpGivenTwice(true)
    const dbrps = implied.length > 0 ? implied : given.length > 0 ? given : kept
    const built = this.#build(script, type, vars, dbrps)
    if (!built.ok) throw ScriptInvalid(built.error.message)
    if (implied.length > 0 && given.length > 0) throw DbrpGivenTwice(false)
    if (dbrps.length === 0 && !isUpdate) throw DbrpMissing()
    return { type, dbrps, vars: values.value, graph: built.value.graph }
  }

  /** What a stored task means; it passed the checks once, but perhaps of another version. */
  definitionOf(task: TaskRecord): TaskDefinition {
    return this.define({ script: task.script, vars: varsOf(task), kept: task.dbrps, isUpdate: true })
  }

  /** The variables that a template declares. Fails with SCRIPT_INVALID or SCRIPT_TYPE_INVALID. */
  declarationsOf(script: string): BuiltScript['declarations'] {
    const built = this.#build(script, this.typeOf(script))
    if (!built.ok) throw ScriptInvalid(built.error.message)
    return built.value.declarations
  }

  /** A template with values of its variables; undefined where it cannot be built with these. */
  builtTemplate(script: string, values: ReadonlyMap<string, ScriptValue>): BuiltScript | undefined {
    const built = buildGraph({
      ...{ type: this.typeOf(script), dbrps: [], program: this.#parsed(script), vars: values, isTemplate: true },
      ...{ nodes: this.#nodes, deadman: this.#deadman }
    })
    return built.ok ? built.value : undefined
  }

  /** The script as the formatter lays it out; as it is where it cannot be read. */
  formattedScript(record: TaskRecord | TemplateRecord): string {
    return this.#renderedScriptOf(record).formatted
  }

  /** The graph of what does not run; '' where there is none. */
  staticDot(record: TaskRecord | TemplateRecord): string {
    return this.#renderedScriptOf(record).dot
  }

  #renderedScriptOf(record: TaskRecord | TemplateRecord): RenderedScript {
    let rendered = this.#renderedScripts.get(record)
    if (rendered === undefined) {
      const parsed = this.#parse(record.script)
      rendered = {
        formatted: parsed.ok ? format(parsed.value) : record.script,
        dot: parsed.ok ? this.#dotOf(record) : ''
      }
      this.#renderedScripts.set(record, rendered)
    }
    return rendered
  }

  #dotOf(record: TaskRecord | TemplateRecord): string {
    const { script, type } = record
    const built =
      'varsJson' in record ? this.#build(script, type, usable(varsOf(record)), record.dbrps) : this.#build(script, type)
    return built.ok ? staticDot(record.id, built.value.graph) : ''
  }

  /** Builds the graph of a script. Without vars it is that of a template, whose declarations may lack a value. */
  #build(script: string, type: EdgeType, vars?: Vars, dbrps: readonly Dbrp[] = []): Result<BuiltScript> {
    const places = dbrps.map(({ db, rp }) => listKey([db, rp]))
    const key = listKey([script, type, vars === undefined ? '' : compactJson(varsJson(vars)), ...places])
    const known = this.#built.get(key)
    if (known !== undefined) return succeed(known)
    const program = this.#parse(script)
    if (!program.ok) return program
    const values: Result<ReadonlyMap<string, ScriptValue>> =
      vars === undefined ? succeed(new Map()) : scriptValues(vars)
    if (!values.ok) return values
    const built = buildGraph({
      ...{ type, dbrps, program: program.value, vars: values.value, isTemplate: vars === undefined },
      ...{ nodes: this.#nodes, deadman: this.#deadman }
    })
    if (built.ok) this.#built.set(key, built.value)
    return built
  }

  #parsed(script: string): Program {
    const parsed = this.#parse(script)
    if (!parsed.ok) throw ScriptInvalid(parsed.error.message)
    return parsed.value
  }

  #parse(script: string): Result<Program> {
    const known = this.#programs.get(script)
    if (known !== undefined) return succeed(known)
    const parsed = parse(script)
    if (parsed.ok) this.#programs.set(script, parsed.value)
    return parsed
  }
}

/** None where a script cannot have them. */
function usable(vars: Vars): Vars {
  return scriptValues(vars).ok ? vars : new Map()
}

/** The vars that a task was given. What is stored has been decoded before. */
export function varsOf(task: TaskRecord): Vars {
  const json = parseJson(task.varsJson)
  const vars = json.ok ? decodeVars(json.value) : undefined
  if (vars?.ok !== true) throw new Error(`stored vars of task ${task.id} are damaged`)
  return vars.value
}
