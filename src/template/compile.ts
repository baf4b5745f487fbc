import type { ActionNode, BranchNode, CommandNode, Definition, ListNode, Node, Operand, TemplateNode } from './ast.ts'
import { printNode } from './ast.ts'
import { TemplateError } from './error.ts'
import { type Evaluate, ExpressionCompiler, type Failing } from './operands.ts'
import { printValue, sortedKeys } from './print.ts'
import { quote } from './quote.ts'
import { type Callable, classify, isTrue, type Value } from './values.ts'

/** Templates within templates, and what one rendering may come to: both only to end what would not end. */
const MAX_DEPTH = 1000
const MAX_OUTPUT = 64 * 1024 * 1024

/** Escapers by name; an action applies them one after the other to its value. */
export type Escapers = ReadonlyMap<string, (value: Value) => Value>

type Render = (data: Value) => string

class Run {
  out = ''
  depth = 0
}

/** What ends a list before its last node. */
type Signal = undefined | 'break' | 'continue'
type Execute = (dot: Value, variables: Value[], run: Run) => Signal

/** @param definitions The templates that can be called, `name` among them. */
export function compile(
  name: string,
  text: string,
  definitions: ReadonlyMap<string, Definition>,
  functions: ReadonlyMap<string, Callable>,
  escapers: Escapers
): Render {
  const bodies = new Map<string, (dot: Value, run: Run) => void>()
  for (const definition of definitions.values()) {
    bodies.set(definition.name, new DefinitionCompiler(name, text, definition, functions, escapers, bodies).compile())
  }
  const main = bodies.get(name)!
  return (data) => {
    const run = new Run()
    main(data, run)
    return run.out
  }
}

class DefinitionCompiler implements Failing {
  readonly #name: string
  readonly #text: string
  readonly #definition: Definition
  readonly #escapers: Escapers
  readonly #bodies: ReadonlyMap<string, (dot: Value, run: Run) => void>
  readonly #expressions: ExpressionCompiler

  constructor(
    name: string,
    text: string,
    definition: Definition,
    functions: ReadonlyMap<string, Callable>,
    escapers: Escapers,
    bodies: ReadonlyMap<string, (dot: Value, run: Run) => void>
  ) {
    this.#name = name
    this.#text = text
    this.#definition = definition
    this.#escapers = escapers
    this.#bodies = bodies
    this.#expressions = new ExpressionCompiler(functions, this)
  }

  compile(): (dot: Value, run: Run) => void {
    const { body, slots } = this.#definition
    const execute = this.#list(body)
    if (slots === 1) return (dot, run) => void execute(dot, [dot], run)
    return (dot, run) => {
      const variables = new Array<Value>(slots)
      variables[0] = dot
      execute(dot, variables, run)
    }
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
    return (dot, variables, run) => {
      for (const step of steps) {
        const signal = step(dot, variables, run)
        if (signal !== undefined) return signal
      }
      return undefined
    }
  }

  #node(node: Node): Execute {
    switch (node.kind) {
      case 'text': {
        const { text } = node
        return (_dot, _variables, run) => void (run.out += text)
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
      return (dot, variables) => {
        const value = evaluate(dot, variables)
        for (const slot of slots) variables[slot] = value
        return undefined
      }
    }
    if (escapers.length === 0) {
      return (dot, variables, run) => void (run.out += printResult(evaluate(dot, variables)))
    }
    const steps = escapers.map((escaper) => this.#escapers.get(escaper)!)
    return (dot, variables, run) => {
      let value = evaluate(dot, variables)
      for (const step of steps) value = step(value)
      run.out += value as string
      return undefined
    }
  }

  #condition({ kind, pipe, list, elseList }: BranchNode): Execute {
    const evaluate = this.#declaring(pipe)
    const onTrue = this.#list(list)
    const onFalse = elseList === undefined ? undefined : this.#list(elseList)
    const setsDot = kind === 'with'
    return (dot, variables, run) => {
      const value = evaluate(dot, variables)
      if (isTrue(value)) return onTrue(setsDot ? value : dot, variables, run)
      return onFalse?.(dot, variables, run)
    }
  }

  #declaring(pipe: BranchNode['pipe']): Evaluate {
    const evaluate = this.#expressions.pipeline(pipe)
    const [declaration] = pipe.declarations
    if (declaration === undefined) return evaluate
    const { slot } = declaration
    return (dot, variables) => (variables[slot] = evaluate(dot, variables))
  }

  #range({ pipe, list, elseList }: BranchNode): Execute {
    const evaluate = this.#expressions.pipeline(pipe)
    const body = this.#list(list)
    const onEmpty = elseList === undefined ? undefined : this.#list(elseList)
    const slots = pipe.declarations.map(({ slot }) => slot)
    const elementSlot = slots.at(-1)
    const keySlot = slots.length > 1 ? slots[0] : undefined
    return (dot, variables, run) => {
      const value = evaluate(dot, variables)
      const items = itemsOf(value)
      if (items === undefined) return this.fail(pipe, `range can't iterate over ${printValue(value)}`)
      let isEmpty = true
      for (const [key, item] of items) {
        isEmpty = false
        this.#checkSize(run, pipe)
        if (keySlot !== undefined) variables[keySlot] = key
        if (elementSlot !== undefined) variables[elementSlot] = item
        if (body(item, variables, run) === 'break') break
      }
      return isEmpty ? onEmpty?.(dot, variables, run) : undefined
    }
  }

  #template({ name, pipe, position }: TemplateNode): Execute {
    const evaluate = pipe === undefined ? () => undefined : this.#declaring(pipe)
    const shown = `{{template ${quote(baseName(name))}${pipe === undefined ? '' : ` ${printNode(pipe)}`}}}`
    return (dot, variables, run) => {
      const body = this.#bodies.get(name)
      if (body === undefined) return this.#failAt(position, shown, `template ${quote(name)} not defined`)
      if (run.depth >= MAX_DEPTH) return this.#failAt(position, shown, `exceeded maximum template depth (${MAX_DEPTH})`)
      const data = evaluate(dot, variables)
      if (pipe !== undefined) this.#checkSize(run, pipe)
      run.depth++
      body(data, run)
      run.depth--
      return undefined
    }
  }

  #checkSize(run: Run, node: Operand): void {
    // Differs: a template that multiplies its output ends here, and not with the process.
    if (run.out.length > MAX_OUTPUT) this.fail(node, `output exceeds ${MAX_OUTPUT} characters`)
  }
}

/** A template that stands in an HTML context of its own has a name that tells it, behind a NUL. */
function baseName(name: string): string {
  return name.split('\0')[0]!
}

function printResult(value: Value): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '<no value>' : printValue(value)
}

/** Keys and elements; undefined where the value has none to give. */
function itemsOf(value: Value): Iterable<readonly [Value, Value]> | undefined {
  const one = classify(value)
  switch (one.kind) {
    case 'nil':
      return []
    case 'slice':
      return one.value.map((item, index) => [BigInt(index), item] as const)
    case 'map':
      return sortedKeys(one.value.keys()).map((key) => [key, one.value.get(key)] as const)
    default:
      return undefined
  }
}
