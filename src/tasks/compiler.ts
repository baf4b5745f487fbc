import { parseJson } from '../core/json.ts'
import { type BuiltScript, buildGraph } from '../graph/build.ts'
import { staticDot } from '../graph/dot.ts'
import type { Graph } from '../graph/graph.ts'
import type { NodeDefinition } from '../graph/node.ts'
import type { DeadmanDefaults, EdgeType } from '../graph/link.ts'
import type { Dbrp } from '../model/dbrp.ts'
import type { TaskRecord } from '../store/tasks.ts'
import type { TemplateRecord } from '../store/templates.ts'
import type { Program } from '../tick/ast.ts'
import { format } from '../tick/format.ts'
import { parse } from '../tick/parser.ts'
import { dbrpsOf, scriptTypeOf } from '../tick/script-type.ts'
import type { ScriptValue } from '../tick/value.ts'
import { decodeVars, scriptValues, type Vars } from '../tick/vars.ts'
import { DbrpGivenTwice, DbrpMissing, ScriptInvalid, ScriptTypeInvalid } from './errors.ts'

/** A script that has passed the checks of a definition. */
export interface Definition {
  readonly type: EdgeType
  /** Given explicitly or by `dbrp` statements. */
  readonly dbrps: readonly Dbrp[]
  readonly vars: ReadonlyMap<string, ScriptValue>
  readonly graph: Graph
}

/** Forms of a script that do not change while its record does not. */
interface Rendition {
  readonly formatted: string
  /** '' where the script makes no graph. */
  readonly dot: string
}

/** Checks scripts, in Kapacitor's order of checks and its words, and knows what they mean. */
export class Compiler {
  readonly #nodes: readonly NodeDefinition[]
  readonly #deadman: DeadmanDefaults
  readonly #renditions = new WeakMap<TaskRecord | TemplateRecord, Rendition>()

  constructor(nodes: readonly NodeDefinition[], deadman: DeadmanDefaults) {
    this.#nodes = nodes
    this.#deadman = deadman
  }

  parse(script: string): Program {
    const parsed = parse(script)
    if (!parsed.ok) throw ScriptInvalid(parsed.error.message)
    return parsed.value
  }

  typeOf(program: Program): EdgeType {
    const type = scriptTypeOf(program)
    if (type === undefined) throw ScriptTypeInvalid()
    return type
  }

  /**
   * The definition of a task. Fails with SCRIPT_INVALID, SCRIPT_TYPE_INVALID, DBRP_MISSING or DBRP_GIVEN_TWICE.
   * An update may be left without dbrps; such a task does not start.
   * @param given dbrps of the request.
   * @param kept dbrps to go on with where neither request nor script names any.
   */
  define(program: Program, vars: Vars, given: readonly Dbrp[], kept: readonly Dbrp[], isUpdate: boolean): Definition {
    const type = this.typeOf(program)
    const values = scriptValues(vars)
    if (!values.ok) throw ScriptInvalid(values.error.message)
    const implied = dbrpsOf(program)
    if (isUpdate && implied.length > 0 && given.length > 0) throw DbrpGivenTwice(true)
    const dbrps = implied.length > 0 ? implied : given.length > 0 ? given : kept
    const { graph } = this.#build(program, type, values.value, dbrps, false)
    if (implied.length > 0 && given.length > 0) throw DbrpGivenTwice(false)
    if (dbrps.length === 0 && !isUpdate) throw DbrpMissing()
    return { type, dbrps, vars: values.value, graph }
  }

  /** What a stored task means; it passed the checks once, but perhaps of another version. */
  definitionOf(task: TaskRecord): Definition {
    return this.define(this.parse(task.script), varsOf(task), [], task.dbrps, true)
  }

  template(program: Program): BuiltScript {
    return this.#build(program, this.typeOf(program), new Map(), [], true)
  }

  /** As the formatter lays it out; as it is where it cannot be read. */
  formattedScript(record: TaskRecord | TemplateRecord): string {
    return this.#renditionOf(record).formatted
  }

  /** The graph of what does not run; '' where there is none. */
  staticDot(record: TaskRecord | TemplateRecord): string {
    return this.#renditionOf(record).dot
  }

  #renditionOf(record: TaskRecord | TemplateRecord): Rendition {
    let rendition = this.#renditions.get(record)
    if (rendition === undefined) {
      const parsed = parse(record.script)
      rendition = {
        formatted: parsed.ok ? format(parsed.value) : record.script,
        dot: parsed.ok ? this.#dotOf(record, parsed.value) : ''
      }
      this.#renditions.set(record, rendition)
    }
    return rendition
  }

  #dotOf(record: TaskRecord | TemplateRecord, program: Program): string {
    const isTask = 'varsJson' in record
    const values = isTask ? scriptValues(varsOf(record)) : undefined
    const built = buildGraph({
      program,
      type: record.type,
      vars: values?.ok === true ? values.value : new Map(),
      nodes: this.#nodes,
      dbrps: isTask ? record.dbrps : [],
      deadman: this.#deadman,
      isTemplate: !isTask
    })
    return built.ok ? staticDot(record.id, built.value.graph) : ''
  }

  #build(
    program: Program,
    type: EdgeType,
    vars: ReadonlyMap<string, ScriptValue>,
    dbrps: readonly Dbrp[],
    isTemplate: boolean
  ): BuiltScript {
    const built = buildGraph({ program, type, vars, nodes: this.#nodes, dbrps, deadman: this.#deadman, isTemplate })
    if (!built.ok) throw ScriptInvalid(built.error.message)
    return built.value
  }
}

/** The vars that a task was given. What is stored has been decoded before. */
export function varsOf(task: TaskRecord): Vars {
  const json = parseJson(task.varsJson)
  const vars = json.ok ? decodeVars(json.value) : undefined
  if (vars?.ok !== true) throw new Error(`stored vars of task ${task.id} are damaged`)
  return vars.value
}
