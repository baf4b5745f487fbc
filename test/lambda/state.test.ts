import t, { type Test } from 'tap'
import { compileLambda } from '../../src/lambda/compile.ts'
import type { CompiledLambda } from '../../src/lambda/contract.ts'
import type { Expression, LambdaNode } from '../../src/tick/ast.ts'
import { parseLambda } from '../../src/tick/parser.ts'
import { compiled, evaluated, scope, tested } from '../support/lambda.ts'

/** Evaluates on each point in turn with one instance. */
function run(lambda: CompiledLambda, points: readonly string[]): string[] {
  const instance = lambda.instantiate()
  return points.map((point) => evaluated(instance, scope(point)))
}

function check(t: Test, expression: string, points: readonly string[], values: readonly string[]): void {
  t.strictSame(run(compiled(expression), points), values, expression)
}

t.test('sigma, spread and count run over the points of an instance', (t) => {
  const six = ['1', '2', '3', '4', '5', '6'].map((v) => `v=${v}`)
  const sigmas = ['0', '0.7071067811865475', '1', '1.161895003862225', '1.2649110640673518', '1.3363062095621219']
  check(t, 'sigma("v")', six, sigmas)
  check(t, 'sigma("v")', ['v=1', 'v=1', 'v=1', 'v=5'], ['0', '0', '0', '1.5'])
  check(t, 'spread("v")', ['v=10', 'v=12', 'v=11', 'v=-5'], ['0', '2', '2', '17'])
  check(t, 'count()', ['', '', ''], ['1i', '2i', '3i'])
  check(
    t,
    'sigma("v")',
    ['v=1i'],
    ['! Cannot call function "sigma" with args ("v": int), available signatures are [(float)].']
  )
  t.end()
})

t.test('calls of one function in one lambda share their state', (t) => {
  check(t, 'count() + count()', ['', '', ''], ['3i', '7i', '11i'])
  check(t, 'spread("a") + spread("b")', ['a=1 b=5', 'a=2 b=5'], ['4', '8'])
  check(t, 'count() * 10 + strLength(string(count()))', ['', ''], ['11i', '31i'])
  t.end()
})

t.test('a call that is not reached does not count', (t) => {
  check(
    t,
    '"a" AND count() > 0 OR count() > 2',
    ['a=false', 'a=true', 'a=false', 'a=false'],
    ['false', 'true', 'true', 'true']
  )
  check(
    t,
    '"x" > 5 AND count() > 0',
    ['', 'x=6', 'x=1'],
    ['! left reference value "x" is missing value', 'true', 'false']
  )
  t.end()
})

t.test('a call runs once an evaluation, also where the types have changed', (t) => {
  check(t, '(count() * 1s) / "x"', ['x=1i', 'x=1i', 'x=1', 'x=1', 'x=1i'], ['1s', '2s', '3s', '4s', '5s'])
  t.end()
})

t.test('instances do not share their state, and both modes of one do', (t) => {
  const lambda = compiled('count() > 1')
  const [first, second] = [lambda.instantiate(), lambda.instantiate()]
  const point = scope('')
  t.strictSame([tested(first, point), tested(second, point), tested(first, point)], ['false', 'false', 'true'])
  t.equal(evaluated(second, point), 'true')
  t.end()
})

const at = { offset: 0, line: 1, char: 1 }

/** `L + L`, where L is a lambda that was put in for a variable. */
function twice(inner: string): CompiledLambda {
  const parsed = parseLambda(inner)
  if (!parsed.ok) throw new Error(parsed.error.message)
  const nested: LambdaNode = parsed.value
  const sum: Expression = {
    kind: 'binary',
    operator: '+',
    left: nested,
    right: nested,
    parenthesised: false,
    multiLine: false,
    at
  }
  const result = compileLambda({ kind: 'lambda', body: sum, at })
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

t.test('a nested lambda keeps a state for each use, which all instances share', (t) => {
  const lambda = twice('count()')
  t.strictSame(run(lambda, ['', '', '']), ['2i', '4i', '6i'])
  t.strictSame(run(lambda, ['', '']), ['8i', '10i'])
  t.end()
})

t.test('a nested lambda is checked and fails like its body', (t) => {
  t.throws(() => twice('1 + 1.5'), {
    message:
      'Failed to handle left node: Failed to handle node: mismatched type to binary operator. got int + float. see bool(), int(), float(), string(), duration()'
  })
  t.strictSame(run(twice('"x"'), ['x=1', 'x="a"', '']), ['2', '"aa"', '! invalid math operator + for type missing'])
  t.strictSame(run(twice("-'a'"), ['']), ['! invalid math operator - for type string'])
  t.strictSame(run(twice('"time"'), ['']), ['! invalid math operator + for type time'])
  t.end()
})
