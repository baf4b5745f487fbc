/* eslint-disable eqeqeq -- the users' programs have these operators */

/** What plain expressions may use beside members of the alert: nothing here loops, allocates much or has effects. */
type Operand = number // JavaScript's operators take anything; the type only quiets the compiler.
type Binary = (left: unknown, right: unknown) => unknown

const binary = (operate: (left: Operand, right: Operand) => unknown) => operate as Binary

export const BINARY: ReadonlyMap<string, Binary> = new Map([
  ['==', binary((a, b) => a == b)],
  ['!=', binary((a, b) => a != b)],
  ['===', binary((a, b) => a === b)],
  ['!==', binary((a, b) => a !== b)],
  ['<', binary((a, b) => a < b)],
  ['<=', binary((a, b) => a <= b)],
  ['>', binary((a, b) => a > b)],
  ['>=', binary((a, b) => a >= b)],
  ['+', binary((a, b) => a + b)],
  ['-', binary((a, b) => a - b)],
  ['*', binary((a, b) => a * b)],
  ['/', binary((a, b) => a / b)],
  ['%', binary((a, b) => a % b)],
  ['&', binary((a, b) => a & b)],
  ['|', binary((a, b) => a | b)],
  ['^', binary((a, b) => a ^ b)]
])

export const UNARY: ReadonlyMap<string, (operand: unknown) => unknown> = new Map<string, (operand: unknown) => unknown>(
  [
    ['!', (operand: unknown) => !operand],
    ['-', (operand: unknown) => -(operand as Operand)],
    ['+', (operand: unknown) => +(operand as Operand)],
    ['typeof', (operand: unknown) => typeof operand]
  ]
)

type Evaluate = (subject: unknown) => unknown

export const CHOICES: ReadonlyMap<string, (left: Evaluate, right: Evaluate) => Evaluate> = new Map([
  [
    '&&',
    (left: Evaluate, right: Evaluate): Evaluate =>
      (subject) =>
        left(subject) && right(subject)
  ],
  [
    '||',
    (left: Evaluate, right: Evaluate): Evaluate =>
      (subject) =>
        left(subject) || right(subject)
  ],
  [
    '??',
    (left: Evaluate, right: Evaluate): Evaluate =>
      (subject) =>
        left(subject) ?? right(subject)
  ]
])

/** Methods of strings and lists that an expression may call. */
export const METHODS: ReadonlySet<string> = new Set([
  'charAt',
  'charCodeAt',
  'endsWith',
  'includes',
  'indexOf',
  'join',
  'lastIndexOf',
  'slice',
  'startsWith',
  'substr',
  'substring',
  'toLowerCase',
  'toUpperCase',
  'trim'
])

type Call = (...args: unknown[]) => unknown

export const FUNCTIONS = new Map<string, (...args: never[]) => unknown>([
  ['Math.abs', Math.abs],
  ['Math.ceil', Math.ceil],
  ['Math.floor', Math.floor],
  ['Math.max', Math.max],
  ['Math.min', Math.min],
  ['Math.round', Math.round],
  ['Number', Number],
  ['String', String],
  ['isFinite', isFinite],
  ['isNaN', isNaN],
  ['parseFloat', parseFloat],
  ['parseInt', parseInt]
]) as Map<string, unknown> as ReadonlyMap<string, Call>

/** Names that values have from their prototypes: reading one gives a function, which is not data. */
export const HIDDEN: ReadonlySet<string> = new Set(
  [Object, String, Number, Boolean, Array]
    .flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
    .filter((name) => name !== 'length')
)
