import type {
  ActionNode,
  BranchNode,
  CommandNode,
  TemplateDefinition,
  ListNode,
  Node,
  Operand,
  PipeNode,
  TemplateNode
} from './ast.ts'
import { printNode } from './ast.ts'
import type { Budget } from './budget.ts'
import { TemplateError } from './error.ts'
import type { Escaper } from './html/escapers.ts'
import { type Evaluate, ExpressionCompiler, type Failing, type Scope } from './operands.ts'
import { printValue, sortedKeys } from './print.ts'
import { quote } from './quote.ts'
import { type Callable, classify, Int, isTrue, type Value } from './values.ts'

/** How deep what runs may be nested, over the templates that call each other: the thread's stack is not endless. */
const MAX_DEPTH = 1000

/** Steps for beginning a loop. */
const RANGE_STEPS = 8

/** Escapers by name; an action applies them one after the other to its value. */
type Escapers = ReadonlyMap<string, Escaper>

/** Throws OutOfSteps where the budget does not suffice. */
type Render = (data: Value, budget: Budget) => string

/** A rendering. */
class Rendering {
  readonly budget: Budget
  out = ''
  depth = 0

  constructor(budget: Budget) {
    this.budget = budget
  }

  write(text: string): void {
    this.budget.spend(2)
    this.budget.spendOn(text.length)
    this.out += text
  }
}

/** A call of a definition within a rendering. */
class Frame implements Scope {
  readonly run: Rendering
  readonly budget: Budget
  readonly variables: Value[]

  constructor(run: Rendering, slots: number, dot: Value) {
    this.run = run
    this.budget = run.budget
    run.budget.spend(slots)
    this.variables = new Array<Value>(slots)
    this.variables[0] = dot
  }
}

/** What ends a list before its last node. */
type Signal = undefined | 'break' | 'continue'
type Execute = (dot: Value, frame: Frame) => Signal

interface Body {
  readonly depth: number
  readonly execute: (dot: Value, run: Rendering) => void
}

/** @param definitions The templates that can be called, `name` among them. */
export function compile(
  name: string,
  text: string,
  definitions: ReadonlyMap<string, TemplateDefinition>,
  functions: ReadonlyMap<string, Callable>,
  escapers: Escapers
): Render {
  const bodies = new Map<string, Body>()
  for (const definition of definitions.values()) {
    bodies.set(definition.name, new DefinitionCompiler(name, text, definition, functions, escapers, bodies).compile())
  }
  const main = bodies.get(name)!
  return (data, budget) => {
    const run = new Rendering(budget)
    main.execute(data, run)
    return run.out
  }
}

class DefinitionCompiler implements Failing {
  readonly #name: string
  readonly #text: string
  readonly #definition: TemplateDefinition
  readonly #escapers: Escapers
  readonly #bodies: ReadonlyMap<string, Body>
  readonly #expressions: ExpressionCompiler

  constructor(
    name: string,
    text: string,
    definition: TemplateDefinition,
    functions: ReadonlyMap<string, Callable>,
    escapers: Escapers,
    bodies: ReadonlyMap<string, Body>
  ) {
    this.#name = name
    this.#text = text
    this.#definition = definition
    this.#escapers = escapers
    this.#bodies = bodies
    this.#expressions = new ExpressionCompiler(functions, this)
  }

  compile(): Body {
    const { body, slots, depth } = this.#definition
    const execute = this.#list(body)
    return { depth, execute: (dot, run) => void execute(dot, new Frame(run, slots, dot)) }
  }

  fail(node: Operand | CommandNode, message: string): never {
    this.#failAt(node.position, printNode(node), message)
  }

  #failAt(position: number, context: string, message: string): never {
    const before = this.#text.slice(0, position)
    const line = before.split('\n').length
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1))
    const place = `${this.#name}:${line}:${column}: executing ${quote(baseName(this.#definition.name))} at <${context}>`
    throw new TemplateError(`template: ${place}: ${message}`)
  }

  #list({ nodes }: ListNode): Execute {
    const steps = nodes.map((node) => this.#node(node))
    if (steps.length === 1) return steps[0]!
    return (dot, frame) => {
      for (const step of steps) {
        const signal = step(dot, frame)
        if (signal !== undefined) return signal
      }
      return undefined
    }
  }

  #node(node: Node): Execute {
    switch (node.kind) {
      case 'text': {
        const { text } = node
        return (_dot, { run }) => run.write(text) as undefined
      }
      case 'action':
        return this.#action(node)
      case 'if':
      case 'with':
        return this.#condition(node)
      case 'range':
        return this.#range(node)
      case 'template':
        return this.#template(node)
      case 'break':
      case 'continue': {
        const { kind } = node
        return () => kind
      }
    }
  }

  #action({ pipe, escapers = [] }: ActionNode): Execute {
    const evaluate = this.#expressions.pipeline(pipe)
    const slots = pipe.declarations.map(({ slot }) => slot)
    if (slots.length > 0) {
      return (dot, frame) => {
        const value = evaluate(dot, frame)
        for (const slot of slots) frame.variables[slot] = value
        return undefined
      }
    }
    if (escapers.length === 0) {
      return (dot, frame) => frame.run.write(printResult(evaluate(dot, frame), frame.budget)) as undefined
    }
    const steps = escapers.map((escaper) => this.#escapers.get(escaper)!)
    return (dot, frame) => {
      let value = evaluate(dot, frame)
      for (const step of steps) value = step(value, frame.budget)
      frame.run.write(value as string)
      return undefined
    }
  }

  #condition({ kind, pipe, list, elseList }: BranchNode): Execute {
    const evaluate = this.#declaring(pipe)
    const onTrue = this.#list(list)
    const onFalse = elseList === undefined ? undefined : this.#list(elseList)
    const setsDot = kind === 'with'
    return (dot, frame) => {
      const value = evaluate(dot, frame)
      if (isTrue(value, frame.budget)) return onTrue(setsDot ? value : dot, frame)
      return onFalse?.(dot, frame)
    }
  }

  #declaring(pipe: BranchNode['pipe']): Evaluate {
    const evaluate = this.#expressions.pipeline(pipe)
    const [declaration] = pipe.declarations
    if (declaration === undefined) return evaluate
    const { slot } = declaration
    return (dot, frame) => (frame.variables[slot] = evaluate(dot, frame))
  }

  #range({ pipe, list, elseList }: BranchNode): Execute {
    const evaluate = this.#expressions.pipeline(pipe)
    const body = this.#list(list)
    const onEmpty = elseList === undefined ? undefined : this.#list(elseList)
    const slots = pipe.declarations.map(({ slot }) => slot)
    const elementSlot = slots.at(-1)
    const keySlot = slots.length > 1 ? slots[0] : undefined
    const place = lastOperand(pipe)
    return (dot, frame) => {
      const value = evaluate(dot, frame)
      const { budget, variables } = frame
      budget.spend(RANGE_STEPS)
      const items = itemsOf(value, budget)
      if (items === undefined) return this.fail(place, `range can't iterate over ${printValue(value, budget)}`)
      if (items.isNumber === true && keySlot !== undefined) {
        return this.fail(place, `can't use ${printValue(value, budget)} to iterate over more than one variable`)
      }
      for (let i = 0; i < items.count; i++) {
        budget.spend(1)
        const item = items.item(i)
        if (keySlot !== undefined) variables[keySlot] = items.key(i)
        if (elementSlot !== undefined) variables[elementSlot] = item
        if (body(item, frame) === 'break') break
      }
      return items.count === 0 ? onEmpty?.(dot, frame) : undefined
    }
  }

  #template({ name, pipe, position }: TemplateNode): Execute {
    const evaluate = pipe === undefined ? () => undefined : this.#declaring(pipe)
    const shown = `{{template ${quote(baseName(name))}${pipe === undefined ? '' : ` ${printNode(pipe)}`}}}`
    return (dot, frame) => {
      const body = this.#bodies.get(name)
      if (body === undefined) return this.#failAt(position, shown, `template ${quote(name)} not defined`)
      const { run } = frame
      run.depth += body.depth
      if (run.depth > MAX_DEPTH) return this.#failAt(position, shown, `exceeded maximum template depth (${MAX_DEPTH})`)
      body.execute(evaluate(dot, frame), run)
      run.depth -= body.depth
      return undefined
    }
  }
}

/** A template that stands in an HTML context of its own has a name that tells it, behind a NUL. */
function baseName(name: string): string {
  return name.split('\0')[0]!
}

/** What is evaluated last of a pipeline. */
function lastOperand({ commands }: PipeNode): Operand {
  const last = commands.at(-1)!.args.at(-1)!
  return last.kind === 'pipe' ? lastOperand(last) : last
}

function printResult(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '<no value>' : printValue(value, budget)
}

/** What a range goes over, in order. */
interface Items {
  /** Whether the range counts up to a number. */
  readonly isNumber?: boolean
  readonly count: number
  key(index: number): Value
  item(index: number): Value
}

const NOTHING: Items = { count: 0, key: () => undefined, item: () => undefined }

/** undefined where the value has none to give. */
function itemsOf(value: Value, budget: Budget): Items | undefined {
  const classified = classify(value)
  switch (classified.kind) {
    case 'nil':
      return NOTHING
    case 'slice': {
      const items = classified.value
      return { count: items.length, key: BigInt, item: (index) => items[index] }
    }
    case 'map': {
      const map = classified.value
      const keys = sortedKeys(map, budget)
      return { count: keys.length, key: (index) => keys[index], item: (index) => map.get(keys[index]!) }
    }
    case 'int': {
      const { type, value: end } = classified
      const count = end > 0n ? Number(end) : 0
      const item = (index: number): Value => new Int(type, BigInt(index))
      return { isNumber: true, count, key: item, item }
    }
    default:
      return undefined
  }
}
