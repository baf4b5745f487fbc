import t from 'tap'
import { parseJson } from '../../src/core/json.ts'
import { parse } from '../../src/tick/parser.ts'
import { checkVars, declaredVarJson, decodeVars, scriptValues, varsJson, varTypeOf } from '../../src/tick/vars.ts'
import { recorded } from './conformance.ts'

/** The first gate that refuses these vars, in the words of the API; '' where they pass. */
function refusalOf(json: string): string {
  const body = parseJson(json)
  if (!body.ok) throw new Error(body.message)
  const decoded = decodeVars(body.value)
  if (!decoded.ok) return decoded.error.message
  const checked = checkVars(decoded.value)
  if (!checked.ok) return checked.error.message
  const values = scriptValues(checked.value)
  return values.ok ? '' : `invalid TICKscript: ${values.error.message}`
}

function oneVar(type: string, value: string): string {
  return `{"x":{"type":"${type}","value":${value}}}`
}

/** The value that a script gets, and what a response shows of it. */
function roundTrip(type: string, json: string): [value: unknown, shown: unknown] {
  const body = parseJson(oneVar(type, json))
  const decoded = body.ok ? decodeVars(body.value) : undefined
  if (!decoded?.ok) throw new Error('not decoded')
  const values = scriptValues(decoded.value)
  return [values.ok && values.value.get('x'), varsJson(decoded.value).get('x')]
}

for (const { category, script, vars, error } of recorded.errors) {
  if (category !== 'vars' || error.includes('invalid type supplied')) continue
  t.test(`${JSON.stringify(vars)} gets the answer of Kapacitor`, async (t) => {
    t.equal(refusalOf(JSON.stringify(vars)), error)
    t.ok(parse(script).ok)
  })
}

t.test('a value is refused at the gate where Kapacitor refuses it', async (t) => {
  const NIL = 'invalid var x: unsupported Var type <nil>.'
  const NUMBER = 'invalid var x: unsupported Var type json.Number.'
  const cases: [type: string, value: string, refusal: string][] = [
    ...['1.0', '1e2', '9223372036854775808', '"1"', 'true', '{}', '[]'].map((value): [string, string, string] => [
      'int',
      value,
      'invalid JSON'
    ]),
    ...['"1"', 'true', '1e400'].map((value): [string, string, string] => ['float', value, 'invalid JSON']),
    ...['1.5', 'true', '"5"', '"5x"', '""'].map((value): [string, string, string] => [
      'duration',
      value,
      'invalid JSON'
    ]),
    ...['int', 'float', 'bool', 'string', 'regex', 'duration', 'lambda'].map((type): [string, string, string] => [
      type,
      'null',
      NIL
    ]),
    ['bool', '1', NUMBER],
    ['bool', '"a"', 'invalid var x: unexpected var type bool, value is a string'],
    ['string', '1', NUMBER],
    ['string', 'true', 'invalid var x: mismatched type and value: bool string'],
    ['lambda', 'true', 'invalid var x: mismatched type and value: bool lambda'],
    ['regex', '{}', 'invalid var x: unsupported Var type map[string]interface {}.'],
    ['string', '[]', 'invalid var x: unsupported Var type []interface {}.'],
    [
      'regex',
      '"("',
      'invalid TICKscript: invalid var x: invalid regex pattern: error parsing regexp: missing closing ): `(`'
    ],
    ['int', '9223372036854775807', ''],
    ['float', '1', ''],
    ['duration', '"-1h30m"', ''],
    ['star', '{"a":1}', ''],
    ['list', '[]', ''],
    ['list', '5', 'invalid JSON'],
    ['list', 'null', 'invalid var x: var has list type but value is not list, got <nil>'],
    ['list', '[5]', 'invalid JSON'],
    ['list', '[{"type":"string"}]', 'invalid JSON'],
    ['list', '[{"value":"a"}]', 'invalid JSON'],
    ['list', '[{"type":5,"value":"a"}]', 'invalid JSON'],
    ['list', '[{"type":"text","value":"a"}]', 'invalid JSON'],
    ['list', '[{"type":"float","value":1}]', NUMBER],
    ['list', '[{"type":"duration","value":"5s"}]', 'invalid var x: unexpected var type duration, value is a string'],
    [
      'list',
      '[{"type":"list","value":[]}]',
      'invalid var x: var has list type but value is not list, got []interface {}'
    ],
    ['list', '[{"type":"string","value":"a"},{"type":"bool","value":true},{"type":"star","value":null}]', ''],
    [
      'list',
      '[{"type":"lambda","value":"("}]',
      'invalid TICKscript: invalid var x: invalid lambda expression: parser: unexpected EOF line 1 char 2 in "(". expected: "number","string","duration","identifier","TRUE","FALSE","==","(","-","!"'
    ]
  ]
  for (const [type, value, refusal] of cases) t.equal(refusalOf(oneVar(type, value)), refusal, `${type} ${value}`)
})

t.test('the shape around a value is read as Go reads it', async (t) => {
  const cases: [vars: string, refusal: string][] = [
    ['null', ''],
    ['{}', ''],
    ['[]', 'invalid JSON'],
    ['{"x":5}', 'invalid JSON'],
    ['{"x":null}', 'invalid var x: unsupported Var type <nil>.'],
    ['{"x":{}}', 'invalid var x: unsupported Var type <nil>.'],
    ['{"x":{"type":null,"value":1}}', 'invalid var x: unsupported Var type json.Number.'],
    ['{"x":{"value":"s"}}', 'invalid var x: unexpected var type unknown, value is a string'],
    ['{"x":{"type":"","value":1}}', 'invalid JSON'],
    ['{"x":{"TYPE":"int","Value":1,"other":2}}', ''],
    ['{"x":{"type":"int","value":1,"description":5}}', 'invalid JSON'],
    ['{"x":{"type":"star"}}', '']
  ]
  for (const [vars, refusal] of cases) t.equal(refusalOf(vars), refusal, vars)
})

t.test('a value reaches the script exactly and is shown as it is kept', async (t) => {
  const cases: [type: string, json: string, value: unknown, shown: unknown][] = [
    ['int', '9007199254740993', { type: 'int', value: 9007199254740993n }, 9007199254740993n],
    ['int', '-0', { type: 'int', value: 0 }, 0],
    ['float', '6', { type: 'float', value: 6 }, 6],
    ['bool', 'true', { type: 'boolean', value: true }, true],
    ['string', '"a"', { type: 'string', value: 'a' }, 'a'],
    ['duration', '"1h30m"', { type: 'duration', value: 5_400_000_000_000n }, 5_400_000_000_000n],
    ['duration', '5', { type: 'duration', value: 5n }, 5n],
    ['regex', '"a/b"', { type: 'regex', value: { pattern: 'a/b', literal: 'a\\/b' } }, 'a/b'],
    ['lambda', '"\\"v\\"  > 5"', { type: 'lambda', value: { body: { kind: 'binary' } } }, '"v"  > 5'],
    ['star', '"?"', { type: 'star', value: { kind: 'star' } }, null],
    [
      'list',
      '[{"type":"string","value":"a"}]',
      { type: 'list', value: [{ type: 'string', value: 'a' }] },
      [{ type: 'string', value: 'a', description: '' }]
    ]
  ]
  for (const [type, json, value, shown] of cases) {
    const [gotValue, gotShown] = roundTrip(type, json)
    t.match(gotValue, value as object, json)
    t.strictSame(gotShown, { type, value: shown, description: '' }, json)
  }
})

t.test('a template shows the defaults of what it declares', async (t) => {
  const declared = (script: string) => {
    const parsed = parse(script)
    const statement = parsed.ok ? parsed.value.statements[0] : undefined
    return statement?.kind === 'declaration' ? statement : undefined
  }
  const lambda = declared('// f doc\n\n// f doc2\nvar f = lambda: "a"   > 5')
  if (lambda?.value.kind !== 'lambda') return t.fail('no lambda')
  t.strictSame(declaredVarJson('lambda', { type: 'lambda', value: lambda.value }, lambda.comment), {
    type: 'lambda',
    value: '"a" > 5',
    description: 'f doc\n\n\nf doc2'
  })
  const at = { offset: 0, line: 1, char: 1 }
  const star = { type: 'star', value: { kind: 'star', at } } as const
  const node = { type: 'object', value: { hostType: '*pipeline.FromNode' } } as const
  t.strictSame(declaredVarJson('string', undefined, undefined), { type: 'string', value: null, description: '' })
  t.match(declaredVarJson('star', star, undefined), { value: { typeOf: 'star' } })
  t.match(declaredVarJson('duration', { type: 'duration', value: 5n }, undefined), { value: 5n })
  t.match(declaredVarJson('regex', { type: 'regex', value: null }, undefined), { value: null })
  t.match(declaredVarJson('list', { type: 'list', value: [{ type: 'boolean', value: true }, star] }, undefined), {
    value: [
      { type: 'bool', value: true },
      { type: 'star', value: { typeOf: 'star' } }
    ]
  })
  t.equal(declaredVarJson('list', { type: 'list', value: [node] }, undefined), undefined)
  t.equal(varTypeOf(node), undefined)
  t.equal(varTypeOf({ type: 'boolean', value: true }), 'bool')
})
