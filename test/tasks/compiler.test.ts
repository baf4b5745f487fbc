import t from 'tap'
import { buildGraph } from '../../src/graph/build.ts'
import { nodes } from '../../src/nodes/index.ts'
import { Compiler, type DefinitionInput } from '../../src/tasks/compiler.ts'
import { parse } from '../../src/tick/parser.ts'
import type { Vars } from '../../src/tick/vars.ts'
import { noDeadman } from '../graph/script.ts'

const SCRIPT = `var level = 5.0
var text = 'x'
stream|from().measurement('m')|where(lambda: "v" > level AND "h" == text)|window().period(10s).every(10s)|log()`

const PLACE = { db: 'db', rp: 'rp' }

/** A compiler whose definitions are compared by the graph that each holds. */
function rigOf() {
  const compiler = new Compiler(nodes, noDeadman)
  const define = (input: Partial<DefinitionInput> = {}) =>
    compiler.define({ script: SCRIPT, vars: new Map(), given: [PLACE], isUpdate: true, ...input })
  return { compiler, define }
}

const level = (value: number): Vars => new Map([['level', { type: 'float', value, description: '' }]])

t.test('a definition that was made lately is not built anew', (t) => {
  const { define } = rigOf()
  const { graph } = define()
  t.equal(define().graph, graph)
  t.equal(define({ given: [], kept: [PLACE] }).graph, graph, 'whoever names the dbrps')
  t.end()
})

t.test('another script, other vars and other dbrps make another graph', (t) => {
  const { define } = rigOf()
  const { graph } = define()
  t.not(define({ script: `${SCRIPT}\n` }).graph, graph)
  t.not(define({ vars: level(7) }).graph, graph)
  t.same(define({ given: [{ db: 'db', rp: 'other' }] }).graph.dbrps, [{ db: 'db', rp: 'other' }])
  const value = (vars: Vars): string => JSON.stringify(define({ vars }).graph.nodes[2]!.options)
  t.not(value(level(7)), value(level(8)))
  t.equal(define().graph, graph)
  t.end()
})

t.test('what was refused is refused again, with the same words', (t) => {
  const { define } = rigOf()
  for (let i = 0; i < 2; i++) {
    t.throws(() => define({ script: 'stream|from(' }), { code: 'SCRIPT_INVALID', message: /unexpected/ })
    t.throws(() => define({ script: 'stream|nothing()' }), { code: 'SCRIPT_INVALID', message: /nothing/ })
    t.throws(() => define({ given: [], isUpdate: false }), { code: 'DBRP_MISSING' })
  }
  t.end()
})

t.test('a template lets declarations lack a value that a task has to give', (t) => {
  const { compiler, define } = rigOf()
  const script = `var level float\n${SCRIPT.replace(/^var level.*\n/, '')}`
  t.ok(compiler.declarationsOf(script).length > 0)
  t.throws(() => define({ script }), { code: 'SCRIPT_INVALID' })
  t.ok(define({ script, vars: level(1) }).graph)
  t.end()
})

t.test('building a graph changes nothing of the program that it is made of', (t) => {
  const program = parse(SCRIPT)
  if (!program.ok) throw new Error(program.error.message)
  freeze(program.value)
  const built = buildGraph({
    ...{ program: program.value, type: 'stream', vars: new Map(), dbrps: [PLACE], nodes, deadman: noDeadman }
  })
  t.ok(built.ok)
  t.end()
})

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}
