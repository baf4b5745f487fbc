import t from 'tap'
import { compileLambda } from '../../src/lambda/compile.ts'
import type { Expression } from '../../src/tick/ast.ts'
import { compiled, evaluated, scope, tested, valueOf, verdictOf } from '../support/lambda.ts'

const MISMATCH = 'see bool(), int(), float(), string(), duration()'

t.test('operators between operands whose types never change are checked before the first point', (t) => {
  const cases: readonly [expression: string, error: string][] = [
    ['1 + 1.5', `mismatched type to binary operator. got int + float. ${MISMATCH}`],
    ['TRUE > FALSE', 'invalid comparison operator > for type boolean'],
    ["'a' - 'b'", 'invalid math operator - for type string'],
    ['1.5 % 2.0', 'invalid math operator % for type float'],
    ["'value' > 5", `mismatched type to binary operator. got string > int. ${MISMATCH}`],
    ["'a' =~ 'b'", `mismatched type to binary operator. got string =~ string. ${MISMATCH}`],
    ['("a" > 5) + 1', 'invalid math operator + for type boolean'],
    ['(1 + 1.5) > "x"', `Failed to handle left node: mismatched type to binary operator. got int + float. ${MISMATCH}`],
    [
      '"x" > (1 + 1.5)',
      `Failed to handle right node: mismatched type to binary operator. got int + float. ${MISMATCH}`
    ],
    ['f(1, 1 + 1.5)', `Failed to handle 2 argument: mismatched type to binary operator. got int + float. ${MISMATCH}`],
    ['!(1 + 1.5)', `Failed to handle node: mismatched type to binary operator. got int + float. ${MISMATCH}`],
    ['"x" > x', 'Failed to handle right node: Given node type is not valid evaluation node: *ast.IdentifierNode'],
    ['*', 'Given node type is not valid evaluation node: *ast.StarNode']
  ]
  for (const [expression, error] of cases) t.throws(() => compiled(expression), { message: error }, expression)
  t.end()
})

t.test('unknown functions, wrong arguments and roots of the wrong type are not noticed before the first point', (t) => {
  for (const text of ['foo()', 'abs(1)', '!5', "-'a'", '5']) t.doesNotThrow(() => compiled(text), text)
  t.end()
})

t.test('a lambda names what it reads, in order and without the time', (t) => {
  t.strictSame(compiled('"b" > "a" AND hour("time") > 5 OR isPresent("c") AND "b" < 9').references, ['b', 'a', 'c'])
  t.end()
})

const at = { offset: 0, line: 1, char: 1 }

t.test('a list cannot be evaluated', (t) => {
  const list: Expression = { kind: 'list', items: [], at }
  const result = compileLambda(list)
  t.strictSame(result, {
    ok: false,
    error: { message: 'Given node type is not valid evaluation node: *ast.ListNode' }
  })
  t.end()
})

t.test('value mode gives a value of five types and refuses the others', (t) => {
  const cases: readonly [expression: string, scope: string, value: string][] = [
    ['"i"', 'i=5i', '5i'],
    ['"f"', 'f=5', '5'],
    ['"s"', 's=""', '""'],
    ['"b"', 'b=true', 'true'],
    ['"d"', 'd=5s', '5s'],
    ['"host"', '#host=a', '"a"'],
    ['"x"', '', '! missing value: "x"'],
    ['"time"', '', '! expression returned unexpected type time'],
    ['"time"', 'time=5', '! expression returned unexpected type time'],
    ['(/a/)', '', '! expression returned unexpected type regex'],
    ['"z"', 'z=null', '! referenced value "z" is nil.'],
    ['"z" == 5', 'z=null', '! referenced value "z" is nil.'],
    ['FALSE AND "z" == 5', 'z=null', 'false'],
    ['"x" + 1', '', '! invalid math operator + for type missing'],
    ['1 + "x"', '', `! mismatched type to binary operator. got int + missing. ${MISMATCH}`],
    ['"x" == 5', '', '! left reference value "x" is missing value'],
    ['"x" > 5', 'x=1 #x=a', '! cannot have field and tags with same name "x"'],
    ['FALSE AND "x" > 5', 'x=1 #x=a', '! cannot have field and tags with same name "x"'],
    ['5', '', '5i'],
    ['9223372036854775807', '', '9223372036854775807i'],
    ["'it\\'s'", '', '"it\'s"']
  ]
  for (const [expression, fields, value] of cases)
    t.equal(valueOf(expression, fields), value, `${expression}  ${fields}`)
  t.end()
})

t.test('predicate mode takes booleans alone', (t) => {
  const guard = (type: string): string => `! TypeGuard: expression returned unexpected type ${type}, expected boolean`
  const cases: readonly [expression: string, scope: string, verdict: string][] = [
    ['TRUE', '', 'true'],
    ['"b"', 'b=false', 'false'],
    ['bool("s")', 's="T"', 'true'],
    ['5', '', guard('int')],
    ['"f"', 'f=5', guard('float')],
    ['"time"', '', guard('time')],
    ['-5s', '', guard('duration')],
    ['string(5)', '', guard('string')],
    ['"i" + 1', 'i=5i', '! expression returned unexpected type int64'],
    ['"f" + 1.0', 'f=5', '! expression returned unexpected type float64'],
    ['"s" + \'a\'', 's="a"', '! expression returned unexpected type <nil>'],
    ['1s * 5', '', '! expression returned unexpected type <nil>'],
    ['"x"', '', '! reference "x" is missing value'],
    ['"n" / 0 == 1', 'n=1i', '! runtime error: integer divide by zero'],
    ['abs(1, 2, 3, 4, 5) > 1', '', '! runtime error: index out of range [4] with length 4'],
    ['strSubstring("s", 3, 1) == \'\'', 's="hello"', '! runtime error: slice bounds out of range [3:1]'],
    ['strLength(strSubstring("s", 3, 1)) > 1', 's="hello"', '! runtime error: slice bounds out of range [3:1]'],
    ['"x"', 'x=1 #x=a', '! cannot have field and tags with same name "x"']
  ]
  for (const [expression, fields, verdict] of cases)
    t.equal(verdictOf(expression, fields), verdict, `${expression}  ${fields}`)
  t.end()
})

t.test('int mode takes ints alone', (t) => {
  const cases: readonly [expression: string, scope: string, value: string][] = [
    ['"n" + 1', 'n=4i', '5'],
    ['int("f")', 'f=4.5', '4'],
    ['"f"', 'f=4.5', 'TypeGuard: expression returned unexpected type float, expected int'],
    ['"f" + 1.0', 'f=4.5', 'TypeGuard: expression returned unexpected type float, expected int'],
    ['"n" > 1', 'n=4i', 'TypeGuard: expression returned unexpected type boolean, expected int'],
    ['"x"', '', 'reference "x" is missing value'],
    ['"n" / 0', 'n=4i', 'runtime error: integer divide by zero']
  ]
  for (const [expression, fields, value] of cases) {
    const { schema, values, series, time } = scope(fields)
    const instance = compiled(expression).instantiate()
    const isInt = instance.evaluateInt(schema, values, series.tags, time)
    t.equal(isInt ? String(instance.value) : instance.error, value, expression)
  }
  t.end()
})

t.test('calls are checked before anything runs', (t) => {
  const cases: readonly [expression: string, scope: string, value: string][] = [
    ['foo("x", 1)', '', '! undefined function: "foo"'],
    ['abs(foo())', '', '! Failed to handle 1 argument: undefined function: "foo"'],
    [
      '1.0 + abs("n")',
      'n=1i',
      '! Cannot call function "abs" with args ("n": int), available signatures are [(float)].'
    ],
    [
      'strIndexAny("a", "c")',
      'b=1',
      '! Cannot call function "strIndexAny" arguments "a", "c" are missing, values in scope are []'
    ],
    [
      'isPresent("b") AND strLength("a") > 5 AND "b" > 1 AND strLength("a")',
      'b=1',
      '! Cannot call function "strLength" argument "a" is missing, values in scope are ["b"]'
    ],
    [
      "duration('5s')",
      '',
      '! Cannot call function "duration" with args (5s: string), available signatures are [(duration), (float,duration), (int,duration), (string,duration)].'
    ],
    [
      'abs(1 + 2 * 3, -"f", TRUE)',
      'f=1',
      '! Cannot call function "abs" with args (1 + 2 * 3: int,-"f": float,true: boolean), available signatures are [(float)].'
    ],
    [
      "abs(strLength('x'), 'y', 1.50, 90s)",
      '',
      '! Cannot call function "abs" with args (strLength(x): int,y: string,1.5: float,1m30s: duration), available signatures are [(float)].'
    ],
    [
      'abs(0.00001, /a\\/b/)',
      '',
      '! Cannot call function "abs" with args (1e-05: float,a\\/b: regex), available signatures are [(float)].'
    ],
    ['count(1)', '', '! Cannot call function "count" with args (1: int), available signatures are [()].'],
    ['hour()', '', '! Cannot call function "hour" with args (), available signatures are [(time)].'],
    ['abs(1.0, 2.0, 3.0, 4.0, 5.0)', '', '! runtime error: index out of range [4] with length 4'],
    ['abs(1.0, 2.0, 3.0, 4.0, foo())', '', '! Failed to handle 5 argument: undefined function: "foo"'],
    [
      'strLength(strLength(1))',
      '',
      '! Failed to handle 1 argument: Cannot call function "strLength" with args (1: int), available signatures are [(string)].'
    ],
    [
      'isPresent("time")',
      '',
      '! Cannot call function "isPresent" with args ("time": time), available signatures are [(boolean), (float), (int), (missing), (string)].'
    ],
    ['isPresent(-"x")', '', 'false'],
    [
      'isPresent(--"x")',
      '',
      '! Failed to handle 1 argument: expected nodeEvaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode'
    ],
    [
      'strLength(string(bool("s")))',
      's="no"',
      '! Failed to handle 1 argument: Failed to handle 1 argument: error calling "bool": strconv.ParseBool: parsing "no": invalid syntax'
    ]
  ]
  for (const [expression, fields, value] of cases) t.equal(valueOf(expression, fields), value, expression)
  t.end()
})

t.test('right below ! a call skips that check, and its body speaks', (t) => {
  const calling = (name: string, text: string): string => `! error calling "${name}": ${text}`
  const guard = (type: string): string => `! TypeGuard: expression returned unexpected type ${type}, expected boolean`
  const cases: readonly [expression: string, scope: string, value: string][] = [
    ['!isPresent("time")', '', 'false'],
    ['!isPresent("x")', '', 'true'],
    ['!isPresent(1m)', '', 'false'],
    ['!isPresent()', '', calling('isPresent', 'isMissing expects exactly one argument')],
    ["!strContains('abc', 'b')", '', 'false'],
    [
      '!strContains("b", \'x\')',
      'b=5i',
      calling('strContains', 'cannot pass int64 as first arg to strContains, must be string')
    ],
    [
      '!strContains("b", \'x\')',
      '',
      calling('strContains', 'cannot pass *ast.Missing as first arg to strContains, must be string')
    ],
    [
      "!strContains('x', 1s)",
      '',
      calling('strContains', 'cannot pass time.Duration as second arg to strContains, must be string')
    ],
    ["!strContains('x')", '', calling('strContains', 'strContains expects exactly two arguments')],
    [
      "!strReplace('a', 'b', 'c', 'd')",
      '',
      calling('strReplace', 'cannot pass string as fourth arg to strReplace, must be int')
    ],
    [
      '!regexReplace(1.5, 1, 1)',
      '',
      calling('regexReplace', 'cannot pass float64 as first arg to regexReplace, must be regex')
    ],
    [
      "!strSubstring('a', 1, TRUE)",
      '',
      calling('strSubstring', 'cannot pass bool as third arg to strSubstring, must be int')
    ],
    ['!strLength(1)', '', calling('strLength', 'cannot pass int64 as first arg to strLength, must be string')],
    ["!strToLower('a', 'b', 'c', 'd', 'e')", '', calling('strToLower', 'strToLower expects exactly one argument')],
    ["!strLength('a')", '', guard('int')],
    ['!abs(1)', '', calling('abs', 'cannot pass int64 to abs, must be float64')],
    ['!abs()', '', calling('abs', 'abs expects exactly one argument')],
    ['!max(1.0, 1)', '', calling('max', 'cannot pass int64 to max, must be float64')],
    ['!max(1.0)', '', calling('max', 'max expects exactly two arguments')],
    ['!pow10(1.0)', '', calling('pow10', 'cannot pass float64 to pow10, must be int64')],
    ['!pow10()', '', calling('pow10', 'pow10 expects exactly two arguments')],
    ['!jn(1.0, 1.0)', '', calling('jn', 'cannot pass float64 to jn as first arg, must be int64')],
    ['!yn(1, 1)', '', calling('yn', 'cannot pass int64 to yn as second arg, must be float64')],
    ['!jn(1)', '', calling('jn', 'jn expects exactly two arguments')],
    ['!bool(1s)', '', calling('bool', 'cannot convert time.Duration to boolean')],
    ['!int("time")', '', calling('int', 'cannot convert time.Time to integer')],
    ['!int(1s)', '', guard('int')],
    ['!float(1s)', '', calling('float', 'cannot convert time.Duration to float')],
    ['!string(/a/)', '', calling('string', 'cannot convert *regexp.Regexp to string')],
    ['!bool()', '', calling('bool', 'bool expects exactly one argument')],
    ['!duration(TRUE)', '', calling('duration', 'cannot convert bool to duration')],
    ['!duration(1)', '', calling('duration', 'duration expects unit argument for int and float values')],
    ['!duration(1, 1)', '', calling('duration', 'invalid duration unit type: int64')],
    ["!duration('1s')", '', guard('duration')],
    [
      '!duration()',
      '',
      calling(
        'duration',
        'duration expects one or two arguments duration(value, unit) where unit is optional depending on the type of value.'
      )
    ],
    ['!hour(1)', '', calling('hour', 'cannot convert int64 to time.Time')],
    ['!hour()', '', calling('hour', 'hour expects exactly one argument')],
    ['!now(1)', '', calling('now', 'now expects exactly zero argument')],
    ['!now()', '', guard('time')],
    ["!humanBytes('a')", '', calling('humanBytes', 'cannot convert string to humanBytes')],
    ['!humanBytes()', '', calling('humanBytes', 'humanBytes expects exactly one argument')],
    ['!if(TRUE, 1)', '', calling('if', 'if expects exactly three arguments')],
    ["!if('a', 1, 1)", '', calling('if', 'first argument to if must be a condition with type of bool - got string')],
    [
      '!if(TRUE, TRUE, 1)',
      '',
      calling('if', 'Different return types are not supported - second argument is bool and third argument is int64')
    ],
    ['!if(TRUE, "x", "y")', '', guard('missing')],
    ['!sigma(1)', '', calling('sigma', 'value is not a float')],
    ['!spread()', '', calling('spread', 'spread expects exactly one argument')],
    ["!rand('a')", '', calling('rand', 'value is not an int')],
    ['!rand(1, 1)', '', calling('rand', 'rand expects zero or one argument')],
    ['!count(1, 2)', '', guard('int')],
    ['!foo(1)', '', '! undefined function: "foo"'],
    ['!abs(foo())', '', '! Failed to handle 1 argument: undefined function: "foo"']
  ]
  for (const [expression, fields, value] of cases)
    t.equal(valueOf(expression, fields), value, `${expression}  ${fields}`)
  t.end()
})

t.test('one instance follows types that change from point to point', (t) => {
  const instance = compiled('"v" + "v"').instantiate()
  const points = ['v=1.5', 'v=3i', 'v="ab"', 'v=true', '#v=t', '', 'v=1.5', 'a=1 v=2i']
  t.strictSame(
    points.map((point) => evaluated(instance, scope(point))),
    [
      '3',
      '6i',
      '"abab"',
      '! invalid math operator + for type boolean',
      '"tt"',
      '! invalid math operator + for type missing',
      '3',
      '4i'
    ]
  )
  const predicate = compiled('!"x" == TRUE').instantiate()
  t.strictSame(
    ['x=5i', 'x=true', 'x=false'].map((point) => tested(predicate, scope(point))),
    ['! TypeGuard: expression returned unexpected type int, expected boolean', 'false', 'true'],
    'a failure of one point is not kept for the next'
  )
  t.end()
})

t.test('more schemas than are remembered still get their answers', (t) => {
  const instance = compiled('"v" > 1 AND isPresent("w")').instantiate()
  const verdicts = Array.from({ length: 2500 }, (_, i) => tested(instance, scope(`a${i % 1250}=1 v=2i w=1`)))
  t.ok(verdicts.every((verdict) => verdict === 'true'))
  t.end()
})

t.test('what no function foresees is a failure of its point', (t) => {
  const nested = 'strReplace('.repeat(6)
  const grow = ', \'a\', "s", -1)'.repeat(6)
  t.equal(
    valueOf(`strLength(${nested}"s"${grow})`, `s="${'a'.repeat(2000)}"`),
    '! a string would be longer than 1048576 characters'
  )
  t.equal(
    verdictOf(`strLength(${nested}"s"${grow}) > 1`, `s="${'a'.repeat(2000)}"`),
    '! a string would be longer than 1048576 characters'
  )
  t.end()
})

t.test('a deep expression is compiled', (t) => {
  t.equal(valueOf(Array.from({ length: 900 }, () => '"n"').join(' + '), 'n=2i'), '1800i')
  t.equal(valueOf(`${'('.repeat(300)}"n"${' + 1)'.repeat(300)}`, 'n=2i'), '302i')
  t.equal(verdictOf(Array.from({ length: 900 }, (_, i) => `"n" / ${i + 1} > 0`).join(' AND '), 'n=2000i'), 'true')
  t.end()
})

t.test('no text of a user becomes code', (t) => {
  t.equal(valueOf(`"a'];\`\${x}" + '"];\`\${process.exit(1)}'`), '! invalid math operator + for type missing')
  t.equal(valueOf(`'"];\`\${process.exit(1)}\\u0041' + ''`), JSON.stringify('"];`${process.exit(1)}\\u0041'))
  t.end()
})
