import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant
} from 'quickjs-emscripten-core'
import { messageOf } from '../../core/errors.ts'
import { instantOfDate } from '../date.ts'
import type { AlertView, ScriptFile, ScriptOutcome, Subject } from '../expression.ts'
import { BoundedMemory } from './bounded-memory.ts'
import { askHost } from './host.ts'
import { PRELUDE } from './prelude.ts'
import type { ScriptLimits } from './protocol.ts'

/**
 * One QuickJS in WebAssembly. Every run starts from an image of its memory, taken after the prelude and the script
 * files have run: so nothing that a program does, be it to globals or to prototypes, is seen by the next, and what it
 * has allocated is gone. Putting an image back takes some 20 us; a new context with the prelude, some 400.
 * An image leaves the stack out, 5 MiB of nothing that matters between two runs.
 *
 * Handles of a run are not disposed of: their memory is overwritten. Whoever gets an error that is not of QuickJS (a
 * stack of WebAssembly that overflowed) finds it broken, and opens another.
 */
export class Sandbox {
  isBroken = false
  readonly #context: QuickJSContext
  readonly #memory: BoundedMemory
  readonly #limits: ScriptLimits
  readonly #hooks: Readonly<Record<'enter' | 'leave' | 'explain', QuickJSHandle>>
  readonly #stack: Stack
  readonly #bare: Image
  #deadline = Infinity
  #isLate = false

  private constructor(runtime: QuickJSRuntime, memory: BoundedMemory, limits: ScriptLimits) {
    this.#limits = limits
    this.#memory = memory
    runtime.setMaxStackSize(limits.stackKib * 1024)
    runtime.setInterruptHandler(() => (this.#isLate ||= performance.now() > this.#deadline))
    const context = (this.#context = runtime.newContext())
    const ask = context.newFunction('ask', (question, json) =>
      context.newString(askHost(context.getString(question), context.getString(json)))
    )
    const prelude = context.unwrapResult(context.evalCode(PRELUDE, 'prelude', { type: 'global' }))
    const hooks = context.unwrapResult(context.callFunction(prelude, context.undefined, ask))
    this.#hooks = {
      enter: context.getProp(hooks, 'enter'),
      leave: context.getProp(hooks, 'leave'),
      explain: context.getProp(hooks, 'explain')
    }
    this.#stack = findStack(memory)
    this.#bare = this.#takeImage()
  }

  static async open(limits: ScriptLimits): Promise<Sandbox> {
    const memory = new BoundedMemory(limits.memoryMib)
    const { default: variant } = await import('@jitl/quickjs-wasmfile-release-sync')
    const bounded = newVariant(variant as unknown as QuickJSSyncVariant, { wasmMemory: memory.memory as never })
    const module = await newQuickJSWASMModuleFromVariant(bounded)
    return new Sandbox(module.newRuntime(), memory, limits)
  }

  /** The memory after the script files have run, or what is wrong with one of them. */
  prepare(scripts: readonly ScriptFile[]): Image | string {
    if (scripts.length === 0) return this.#bare
    new Uint8Array(this.#memory.buffer).fill(0, this.#stack.end + this.#bare.heap.length) // So that the image ends.
    this.#reset(this.#bare)
    this.#startWatch()
    for (const { name, source } of scripts) {
      const problem = this.#load(name, source)
      if (problem !== undefined) return `${name}: ${problem.place ?? ''}${problem.message}`
    }
    return this.#takeImage()
  }

  /** @param image Of this sandbox. @param given An alert, or for `alerts` the list of them. */
  run(image: Image, source: string, subject: Subject, given: AlertView | readonly AlertView[]): ScriptRun {
    this.#reset(image)
    try {
      return { ...this.#run(source, subject, given), isLate: this.#isLate }
    } catch (error) {
      return { ...failed(this.#crashed(error)), isLate: this.#isLate }
    }
  }

  #load(name: string, source: string): Explanation | undefined {
    try {
      const result = this.#context.evalCode(source, name, { type: 'global' })
      return result.error === undefined ? undefined : this.#explain(result.error)
    } catch (error) {
      return this.#crashed(error)
    }
  }

  #run(source: string, subject: Subject, given: AlertView | readonly AlertView[]): Result {
    const { enter, leave } = this.#hooks
    const context = this.#context
    const name = context.newString(subject)
    const json = JSON.stringify(subject === 'edit' ? editable(given as AlertView) : given)
    if (json.length > this.#limits.memoryMib * MAX_INPUT_BYTES_A_MIB) return failed({ message: this.#overMemory })
    const entered = context.callFunction(enter, context.undefined, name, context.newString(json))
    if (entered.error !== undefined) return failed(this.#explain(entered.error))
    this.#startWatch()
    const result = context.evalCode(source, '(anonymous)', { type: 'global' })
    if (result.error !== undefined) return failed(this.#explain(result.error))
    const left = context.callFunction(leave, context.undefined, name, result.value)
    if (left.error !== undefined) return failed(this.#explain(left.error))
    const { number, value, lines } = JSON.parse(context.getString(left.value)) as Left
    return { outcome: { ok: true, value: number === undefined ? value : Number(number) }, lines: textsOf(lines) }
  }

  #reset({ statics, heap }: Image): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(statics)
    bytes.set(heap, this.#stack.end)
    this.#deadline = Infinity
    this.#isLate = false
    this.#memory.isFull = false
  }

  #takeImage(): Image {
    const { buffer } = this.#memory
    const words = new Int32Array(buffer)
    let end = words.length
    while (words[end - 1] === 0) end--
    const { start, end: heapStart } = this.#stack
    return { statics: new Uint8Array(buffer.slice(0, start)), heap: new Uint8Array(buffer.slice(heapStart, end * 4)) }
  }

  #startWatch(): void {
    this.#deadline = performance.now() + this.#limits.timeMs
  }

  #crashed(error: unknown): Explanation {
    this.isBroken = true
    const message = error instanceof RangeError ? 'InternalError: stack overflow' : messageOf(error)
    return { message: this.#findLimit() ?? message }
  }

  #explain(error: QuickJSHandle): Explanation {
    const limit = this.#findLimit()
    if (limit !== undefined) return { message: limit }
    const told = this.#context.callFunction(this.#hooks.explain, this.#context.undefined, error)
    if (told.error !== undefined) return { message: this.#findLimit() ?? 'an exception' }
    const explanation = JSON.parse(this.#context.getString(told.value)) as Explanation
    return explanation.message === 'InternalError: out of memory' ? { message: this.#overMemory } : explanation
  }

  /** Which limit the run has met. */
  #findLimit(): string | undefined {
    if (this.#isLate) return `it took longer than ${this.#limits.timeMs} ms`
    return this.#memory.isFull ? this.#overMemory : undefined
  }

  get #overMemory(): string {
    return `it needed more than ${this.#limits.memoryMib} MiB of memory`
  }
}

/** What one run came to, and what it said to the console. */
export interface ScriptRun extends Result {
  /** Whether the run met the limit of time. */
  readonly isLate: boolean
}

interface Result {
  readonly outcome: ScriptOutcome
  readonly lines: readonly string[]
}

/** What is below the stack and what is above, up to the last byte that is not 0. */
export interface Image {
  readonly statics: Uint8Array
  readonly heap: Uint8Array
}

/** Addresses of bytes. */
interface Stack {
  readonly start: number
  readonly end: number
}

interface Left {
  readonly value?: unknown
  /** NaN and infinities, which JSON cannot say. */
  readonly number?: string
  readonly lines: unknown
}

interface Explanation {
  readonly message: string
  readonly place?: string
  readonly lines?: unknown
}

/** A fourth of the memory: as objects the alerts take more than as text. */
const MAX_INPUT_BYTES_A_MIB = 256 * 1024

/** Static variables that are still 0 look like the stack above them: there are far less of them than this. */
const STATICS_MARGIN_WORDS = 16 * 1024

/** The longest row of zeros below the last byte in use. */
function findStack({ buffer }: BoundedMemory): Stack {
  const words = new Int32Array(buffer)
  let longest = { start: 0, end: 0 }
  let start = 0
  for (let index = 0; index < words.length; index++) {
    if (words[index] === 0) continue
    if (index - start > longest.end - longest.start) longest = { start, end: index }
    start = index + 1
  }
  return { start: (longest.start + STATICS_MARGIN_WORDS) * 4, end: longest.end * 4 }
}

function editable(alert: AlertView): AlertView & { readonly Millis: number } {
  return { ...alert, Millis: instantOfDate(alert.Date).ms }
}

function failed({ message, lines }: Explanation): Result {
  return { outcome: { ok: false, message: String(message) }, lines: textsOf(lines) }
}

/** A program that changes prototypes can make anything of them. */
function textsOf(lines: unknown): readonly string[] {
  return Array.isArray(lines) ? lines.map(String) : []
}
