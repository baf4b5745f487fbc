import t from 'tap'
import { compactJson, type JsonOutput, prettyJson } from '../../src/model/json.ts'

const cases: readonly [string, JsonOutput, string][] = [
  ['an object keeps its order and leaves undefined out', { b: 1, a: undefined, c: [] }, '{"b":1,"c":[]}'],
  [
    'a map is sorted by bytes',
    new Map([
      ['é', 1],
      ['b', 2],
      ['10', 3],
      ['2', 4]
    ]),
    '{"10":3,"2":4,"b":2,"é":1}'
  ],
  ['HTML is escaped', '<a href="x">&\u2028</a>\n', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u003c/a\\u003e\\n"'],
  ['integers are exact', [9223372036854775807n, -1n, 5], '[9223372036854775807,-1,5]'],
  ['floats are short', [1e21, 1e20, 1e-7, 0.000001, 1.5, -0], '[1e+21,100000000000000000000,1e-7,0.000001,1.5,-0]'],
  ['what JSON has no number for is null', [NaN, Infinity, null], '[null,null,null]'],
  ['empty ones stay on their line', { a: {}, b: [], c: new Map() }, '{"a":{},"b":[],"c":{}}']
]

t.test('compact', async (t) => {
  for (const [name, value, text] of cases) t.equal(compactJson(value), text, name)
})

t.test('pretty answers are indented by four spaces and hold the same', async (t) => {
  t.equal(
    prettyJson({ a: [1, { b: true }], c: {}, d: 'x' }),
    '{\n    "a": [\n        1,\n        {\n            "b": true\n        }\n    ],\n    "c": {},\n    "d": "x"\n}'
  )
  for (const [name, value, text] of cases)
    t.equal(prettyJson(value).replaceAll(/\n */g, '').replaceAll('": ', '":'), text, name)
})
