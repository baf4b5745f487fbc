import t from 'tap'
import { valueOf, verdictOf } from '../support/lambda.ts'

/** Operand, and what it is in the scope below. Regular expressions can only be literals. */
const OPERANDS = {
  int: '"i"',
  float: '"f"',
  string: '"s"',
  boolean: '"b"',
  duration: '"d"',
  regex: '(/a/)',
  time: '"time"',
  missing: '"m"'
}
type Type = keyof typeof OPERANDS
const TYPES = Object.keys(OPERANDS) as Type[]
const SCOPE = 'i=7i f=2.5 s="abc" b=true d=90s'
const MATH = ['+', '-', '*', '/', '%']
const COMPARISON = ['==', '!=', '<', '<=', '>', '>=', '=~', '!~']
const LOGICAL = ['AND', 'OR']

const ALL = '== != < <= > >='
/** Left, right, operators, type of the result: the table of the language reference. */
const TABLE: readonly [Type, Type, string, string][] = [
  ['int', 'int', '+ - * / %', 'int'],
  ['int', 'int', ALL, 'bool'],
  ['int', 'float', ALL, 'bool'],
  ['int', 'duration', '*', 'duration'],
  ['float', 'int', ALL, 'bool'],
  ['float', 'float', '+ - * /', 'float'],
  ['float', 'float', ALL, 'bool'],
  ['float', 'duration', '*', 'duration'],
  ['string', 'string', '+', 'string'],
  ['string', 'string', ALL, 'bool'],
  ['string', 'regex', '=~ !~', 'bool'],
  ['boolean', 'boolean', '== != AND OR', 'bool'],
  ['duration', 'int', '* /', 'duration'],
  ['duration', 'float', '* /', 'duration'],
  ['duration', 'duration', '+ -', 'duration'],
  ['duration', 'duration', '/', 'int'],
  ['duration', 'duration', ALL, 'bool']
]
const SHAPES: Record<string, RegExp> = {
  int: /^-?\d+i$/,
  float: /^-?\d+(\.\d+)?$/,
  bool: /^(true|false)$/,
  string: /^"/,
  duration: /s$/
}
/** Operators that a type has with some other type, on either side. */
const KNOWN: Record<Type, string> = {
  int: `+ - * / % ${ALL}`,
  float: `+ - * / ${ALL}`,
  string: `+ ${ALL} =~ !~`,
  boolean: '== != AND OR',
  duration: `+ - * / ${ALL}`,
  regex: '=~ !~',
  time: '',
  missing: ''
}

t.test('every operator is defined for exactly the pairs of types of the reference, and says so elsewhere', (t) => {
  for (const left of TYPES) {
    for (const right of TYPES) {
      for (const operator of [...MATH, ...COMPARISON, ...LOGICAL]) {
        const text = `${OPERANDS[left]} ${operator} ${OPERANDS[right]}`
        const row = TABLE.find(
          ([l, r, operators]) => l === left && r === right && operators.split(' ').includes(operator)
        )
        const answer = valueOf(text, SCOPE)
        if (row !== undefined) t.match(answer, SHAPES[row[3]]!, text)
        else t.equal(answer, `! ${expectedError(left, operator, right)}`, text)
      }
    }
  }
  t.end()
})

function expectedError(left: Type, operator: string, right: Type): string {
  const isMath = MATH.includes(operator)
  if (!isMath && left === 'missing') return 'left reference value "m" is missing value'
  if (!isMath && right === 'missing') return 'right reference value "m" is missing value'
  const kind = isMath ? 'math' : LOGICAL.includes(operator) ? 'logical' : 'comparison'
  if (!KNOWN[left].split(' ').includes(operator)) return `invalid ${kind} operator ${operator} for type ${left}`
  return `mismatched type to binary operator. got ${left} ${operator} ${right}. see bool(), int(), float(), string(), duration()`
}

const VALUES: readonly [expression: string, scope: string, value: string][] = [
  // Ints wrap at 64 bits and divide towards zero.
  ['"i" + 1', 'i=9223372036854775807i', '-9223372036854775808i'],
  ['"i" - 1', 'i=-9223372036854775808i', '9223372036854775807i'],
  ['"i" * "i"', 'i=3037000500i', '-9223372036709301616i'],
  ['"i" * "i"', 'i=3037000499i', '9223372030926249001i'],
  ['"i" / -1', 'i=-9223372036854775808i', '-9223372036854775808i'],
  ['"i" % -1', 'i=-9223372036854775808i', '0i'],
  ['"i" / 2', 'i=-7i', '-3i'],
  ['"i" % 3', 'i=-7i', '-1i'],
  ['"i" % -3', 'i=7i', '1i'],
  ['-"i"', 'i=-9223372036854775808i', '-9223372036854775808i'],
  ['"i" + 0', 'i=9007199254740993i', '9007199254740993i'],
  ['"i" == 9007199254740993', 'i=9007199254740993i', 'true'],
  ['"i" < 9007199254740994', 'i=9007199254740993i', 'true'],
  ['0 - 0 == -0', '', 'true'],
  ['"i" / "j"', 'i=1i j=0i', '! runtime error: integer divide by zero'],
  ['"i" % "j"', 'i=1i j=0i', '! runtime error: integer divide by zero'],
  ['1 / 0', '', '! runtime error: integer divide by zero'],
  // Floats are IEEE doubles.
  ['"f" / 0.0', 'f=1', '+Inf'],
  ['"f" / 0.0', 'f=0', 'NaN'],
  ['-"f"', 'f=0', '-0'],
  ['"f" == "f"', 'f=NaN', 'false'],
  ['"f" != "f"', 'f=NaN', 'true'],
  ['"f" < 1.0', 'f=NaN', 'false'],
  ['0.1 + 0.2', '', '0.30000000000000004'],
  // An int becomes a float before the two are compared.
  ['"i" == "f"', 'i=9007199254740993i f=9007199254740992', 'true'],
  ['"f" >= "i"', 'i=9007199254740993i f=9007199254740992', 'true'],
  ['7 == 7.0', '', 'true'],
  ['"i" > 2.5', 'i=3i', 'true'],
  ['9223372036854775807 == 9223372036854775808.0', '', 'true'],
  // Durations are int64 nanoseconds.
  ['1m + 30s', '', '1m30s'],
  ['1s - 1m', '', '-59s'],
  ['10s * 3', '', '30s'],
  ['3 * 10s', '', '30s'],
  ['10s * 1.55', '', '15.5s'],
  ['0.5 * 3u', '', '1.5µs'],
  ['"i" * 1s', 'i=9223372036854775807i', '-1s'],
  ['1u / 3', '', '333ns'],
  ['1u / 3.0', '', '333ns'],
  ['-1u / 3', '', '-333ns'],
  ['1h / 7m', '', '8i'],
  ['-1h / 7m', '', '-8i'],
  ['1s / 0.0', '', '-2562047h47m16.854775808s'],
  ['1s / 0', '', '! runtime error: integer divide by zero'],
  ['1s / "d"', 'd=0s', '! runtime error: integer divide by zero'],
  ['-"d"', 'd=90s', '-1m30s'],
  ['1h > 59m', '', 'true'],
  ['60m == 1h', '', 'true'],
  // Strings compare by bytes of UTF-8.
  ['"a" + "b"', 'a="x" b="y"', '"xy"'],
  ["'\u{1f600}' > '\uffee'", '', 'true'],
  ["'a' < 'B'", '', 'false'],
  ["'' < 'a'", '', 'true'],
  ["'abc' >= 'abc'", '', 'true'],
  // Booleans.
  ['-TRUE', '', 'false'],
  ['!"b"', 'b=false', 'true'],
  ['!!"b"', 'b=false', 'false'],
  ['TRUE != FALSE', '', 'true'],
  // Regular expressions.
  ["'cpu0' =~ /^cpu\\d$/", '', 'true'],
  ["'cpu0' !~ /^cpu\\d$/", '', 'false'],
  ['"host" =~ /b/', '#host=abc', 'true'],
  ['"host" =~ if("b", /x/, /a/)', '#host=abc b=false', 'true'],
  // Associativity and precedence.
  ['10 - 3 - 2', '', '5i'],
  ['2 + 3 * 4 == 14 AND TRUE OR FALSE', '', 'true'],
  ['!"a" == "b"', 'a=true b=false', 'true']
]

t.test('operators compute as on 64-bit ints, doubles, nanoseconds and bytes', (t) => {
  for (const [expression, fields, value] of VALUES)
    t.equal(valueOf(expression, fields), value, `${expression}  ${fields}`)
  t.end()
})

const UNARY: readonly [expression: string, scope: string, value: string][] = [
  ['!5', '', '! TypeGuard: expression returned unexpected type int, expected boolean'],
  ['!"i"', 'i=5i', '! TypeGuard: expression returned unexpected type int, expected boolean'],
  ['!("i" + 1)', 'i=5i', '! expression returned unexpected type int64'],
  ['!("x" + 1)', '', '! left reference value "x" is missing value'],
  ['-"s"', 's="a"', '! TypeGuard: expression returned unexpected type invalid type, expected string'],
  ["-'a'", '', '! TypeGuard: expression returned unexpected type string, expected string'],
  ['-"s" == \'b\'', 's="a"', '! TypeGuard: expression returned unexpected type invalid type, expected string'],
  ['-"x"', '', '! reference "x" is missing value'],
  ['!"x"', '', '! reference "x" is missing value'],
  ['--"x"', '', '! expected nodeEvaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode'],
  ['-"x" > 5', '', '! expected leftEvaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode'],
  ['5 > -"x"', '', '! expected rightEvaluator to be *EvalReferenceNode got *stateful.EvalUnaryNode'],
  // What makes the original recurse until its process dies.
  ["-'a' == 'b'", '', '! invalid math operator - for type string'],
  ["'a' == -'b'", '', '! invalid math operator - for type string'],
  ["'a' =~ -/b/", '', '! invalid math operator - for type regex'],
  [
    'hour(-"time")',
    '',
    '! Failed to handle 1 argument: TypeGuard: expression returned unexpected type invalid type, expected time'
  ]
]

t.test('a unary operator on a wrong operand is a failure of the point', (t) => {
  for (const [expression, fields, value] of UNARY) t.equal(valueOf(expression, fields), value, expression)
  t.end()
})

const SHORT_CIRCUIT: readonly [expression: string, scope: string, verdict: string][] = [
  ['isPresent("b") AND "b" > 5', '', 'false'],
  ['isPresent("b") AND "b"', '', '! right reference value "b" is missing value'],
  [
    'isPresent("b") AND strContains("b", \'x\')',
    '',
    '! Cannot call function "strContains" argument "b" is missing, values in scope are []'
  ],
  ['isPresent("b") AND (strContains("b", \'x\') == TRUE)', '', 'false'],
  ['isPresent("b") AND !strContains("b", \'x\')', '', 'false'],
  ['TRUE OR "b"', '', '! right reference value "b" is missing value'],
  ['"y" == 6 OR "b" == 5', 'y=6', 'true'],
  ['"b" == 5 OR "y" == 6', 'y=6', '! left reference value "b" is missing value'],
  [
    'if(isPresent("b"), "b", 0) == 0',
    '',
    '! Cannot call function "if" argument "b" is missing, values in scope are []'
  ],
  ['FALSE AND foo() > 1', '', 'false'],
  ['FALSE AND foo()', '', '! undefined function: "foo"'],
  ['TRUE AND foo() > 1', '', '! undefined function: "foo"'],
  ['"a" AND "b"', 'a=false b=true', 'false'],
  ['"a" AND "b"', 'a=true b=true', 'true'],
  ['"a" OR "b"', 'a=false b=true', 'true'],
  ['"a" OR "b"', 'a=false b=false', 'false'],
  ['"a" AND "n" / 0 == 1', 'a=false n=1i', 'false'],
  ['"a" AND "n" / 0 == 1', 'a=true n=1i', '! runtime error: integer divide by zero'],
  ['"a" OR ("n" / 0 == 1 AND "a")', 'a=true n=1i', 'true'],
  [
    'TRUE AND 5',
    '',
    '! mismatched type to binary operator. got boolean AND int. see bool(), int(), float(), string(), duration()'
  ]
]

t.test('AND and OR stop early, but only after both types are known', (t) => {
  for (const [expression, fields, verdict] of SHORT_CIRCUIT) t.equal(verdictOf(expression, fields), verdict, expression)
  t.end()
})
