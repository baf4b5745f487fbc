import t from 'tap'
import type { HandlerCall } from '../../src/graph/spec.ts'
import { parseLambda } from '../../src/tick/parser.ts'
import type { ScriptValue } from '../../src/tick/value.ts'
import { build, graphOf } from './script.ts'

/** The problem of a script, '' where it has none. */
function problemIn(script: string, more?: Parameters<typeof build>[1]): string {
  const built = build(script, more)
  return built.ok ? '' : built.error.message
}

/** Options of the last node of a script that were set. */
function optionsOf(script: string, more?: Parameters<typeof build>[1]): Record<string, unknown> {
  return graphOf(script, more).nodes.at(-1)!.options
}

/** Says of each script that its problem is this. */
function refuses(name: string, cases: readonly (readonly [script: string, message: string])[]): void {
  t.test(name, async (t) => {
    for (const [script, message] of cases) t.equal(problemIn(script), message, script)
  })
}

refuses('a name counts from where it is used', [
  ['y\nstream|from()', ''],
  ['var x = y\nstream|from()', 'name "y" is undefined. Names in scope: time,stream'],
  ['var a = 1\nstream|from().measurement(b)', 'name "b" is undefined. Names in scope: time,stream,a'],
  ['nope|from(other)\nstream|from()', 'name "other" is undefined. Names in scope: time,stream'],
  ['nope|from()\nstream|from()', 'name "nope" is undefined. Names in scope: time,stream'],
  ['nope.x\nstream|from()', 'name "nope" is undefined. Names in scope: time,stream'],
  ["var l = ['a', b]\nstream|from()", 'name "b" is undefined. Names in scope: time,stream'],
  ['stream|from()|where(lambda: -a > 1)', 'name "a" is undefined. Names in scope: time,stream'],
  ['stream|from()|where(lambda: int(a) > 1)', 'name "a" is undefined. Names in scope: time,stream'],
  ["batch|query('')", 'name "batch" is undefined. Names in scope: time,stream'],
  ['var batch = stream\nbatch|from()', '']
])

refuses('a variable is bound once', [
  ['var x = 5\nvar x = 6\nstream|from()', 'attempted to redefine x, vars are immutable'],
  ['var time = 5\nstream|from()', 'attempted to redefine time, vars are immutable'],
  ['var x = 1\nvar x = nope\nstream|from()', 'attempted to redefine x, vars are immutable'],
  ['var x = 1\nvar x = -nope\nstream|from()', 'name "nope" is undefined. Names in scope: time,stream,x'],
  ['var x foo\nstream|from()', 'invalid var type "foo"'],
  ['var x boolean\nstream|from()', 'invalid var type "boolean"'],
  ['var x int\nstream|from()', 'missing value for var "x".'],
  ['var f = nosuch(1)\nstream|from()', ''],
  ['var f = nosuch(a)\nstream|from()', 'name "a" is undefined. Names in scope: time,stream']
])

refuses('an operator wants operands of its type', [
  ["var x = -'a'\nstream|from()", "line 1 char 9: invalid arugument to '-' a"],
  ['var x = -TRUE\nstream|from()', "line 1 char 9: invalid arugument to '-' true"],
  ['var x = !5\nstream|from()', "line 1 char 9: invalid arugument to '!' 5"],
  ['var x = !1.5\nstream|from()', "line 1 char 9: invalid arugument to '!' 1.5"],
  ['var x = !90s\nstream|from()', "line 1 char 9: invalid arugument to '!' 1m30s"],
  ['var x = !/a/\nstream|from()', "line 1 char 9: invalid arugument to '!' a"],
  ["var l = ['a', 'b']\nvar x = -l\nstream|from()", "line 2 char 9: invalid arugument to '-' [a b]"],
  ['var x = -stream\nstream|from()', "line 1 char 9: invalid arugument to '-' *pipeline.StreamNode"],
  ['var x = -f(5)\nstream|from()', "line 1 char 9: invalid arugument to '-' tick.unboundFunc"]
])

refuses('only values with a literal form go into an expression', [
  ['var x = stream + 1\nstream|from()', 'unsupported literal type *pipeline.StreamNode'],
  ['stream|from()|where(lambda: stream)', 'unsupported literal type *pipeline.StreamNode'],
  [
    'stream|from()|where(lambda: time)',
    'unsupported literal type func(time.Duration, ...time.Duration) (kapacitor.TimeDimension, error)'
  ],
  ['var r = "a"\nstream|from()|where(lambda: r)', 'unsupported literal type *ast.ReferenceNode'],
  ['var f = int(5.0)\nstream|from()|where(lambda: f)', 'unsupported literal type tick.unboundFunc']
])

refuses('the only global function is time', [
  ['foo()\nstream|from()', 'line 1 char 1: no global function "foo" defined'],
  ['stream|from().measurement(string(5))', 'line 1 char 27: no global function "string" defined'],
  [
    'stream()\nstream|from()',
    'line 1 char 1: error calling func "stream" on obj <nil>: reflect: call of reflect.Value.Call on ptr Value'
  ],
  [
    'var x = 5\nx(1)\nstream|from()',
    'line 2 char 1: error calling func "x" on obj <nil>: reflect: call of reflect.Value.Call on int64 Value'
  ],
  [
    'time()\nstream|from()',
    'line 1 char 1: error calling func "time" on obj <nil>: reflect: Call with too few input arguments'
  ],
  ['time(5s,1s,2s)\nstream|from()', 'line 1 char 1: time() function expects 1 or 2 args, got 3'],
  [
    "time('a')\nstream|from()",
    'line 1 char 1: error calling func "time" on obj <nil>: reflect: Call using string as type time.Duration'
  ],
  [
    'time(5s, 1)\nstream|from()',
    'line 1 char 1: error calling func "time" on obj <nil>: reflect: cannot use int64 as type time.Duration in Call'
  ],
  ['time(5s)|log()\nstream|from()', 'line 1 char 10: cannot get properties of non pointer value']
])

refuses('a member is found by its first letter in either case and by its operator', [
  ['stream|From()', ''],
  ["stream|from().Measurement('m')", ''],
  ['stream|FROM()', 'line 1 char 8: no method or property "FROM" on *pipeline.StreamNode'],
  ['stream|from()|influxDBOut()', ''],
  ['stream|from()|influxdbOut()', 'line 1 char 15: no method or property "influxdbOut" on *pipeline.FromNode'],
  [
    'stream.from()',
    `line 1 char 8: no property method "from" on *pipeline.StreamNode, but chaining method does exist. Use '|' operator instead: 'node|from(..)'.`
  ],
  [
    'stream@from()',
    `line 1 char 8: no dynamic method "from" on *pipeline.StreamNode, but chaining method does exist. Use '|' operator instead: 'node|from(..)'.`
  ],
  [
    "stream|from()|measurement('a')",
    `line 1 char 15: no chaining method "measurement" on *pipeline.FromNode, but property does exist. Use '.' operator instead: 'node.measurement(..)'.`
  ],
  [
    "stream|from()@measurement('a')",
    `line 1 char 15: no dynamic method "measurement" on *pipeline.FromNode, but property does exist. Use '.' operator instead: 'node.measurement(..)'.`
  ],
  [
    'stream|from()|echo()',
    `line 1 char 15: no chaining method "echo" on *pipeline.FromNode, but dynamic method does exist. Use '@' operator instead: 'node@echo(..)'.`
  ],
  [
    'stream|from().echo()',
    `line 1 char 15: no property method "echo" on *pipeline.FromNode, but dynamic method does exist. Use '@' operator instead: 'node@echo(..)'.`
  ],
  ['stream|from()@foo()', 'line 1 char 15: no method or property "foo" on *pipeline.FromNode'],
  [
    'stream|from()\n  |where(lambda: "a" > 5)\n  .foo()',
    'line 3 char 4: no method or property "foo" on *pipeline.WhereNode'
  ],
  ['stream|log()', 'line 1 char 8: no method or property "log" on *pipeline.StreamNode'],
  ['stream|from()|noop()', 'line 1 char 15: no method or property "noop" on *pipeline.FromNode'],
  ['stream|from()|name()', 'line 1 char 15: no method or property "name" on *pipeline.FromNode'],
  ['stream|from()|influxDBOut()|log()', 'line 1 char 29: no method or property "log" on *pipeline.InfluxDBOutNode'],
  ['stream|from()|where(lambda: TRUE)|where(lambda: TRUE)', ''],
  ['stream|from().where(lambda: TRUE)', '']
])

refuses('plain values have no members', [
  ['var x = 5\nx|log()\nstream|from()', 'line 2 char 3: cannot get properties of non pointer value'],
  ["var x = ['a']\nx.log()\nstream|from()", 'line 2 char 3: cannot get properties of non pointer value'],
  ['time|log()\nstream|from()', 'line 1 char 6: cannot get properties of non pointer value'],
  ['var r = /a/\nr|string()\nstream|from()', 'line 2 char 3: no method or property "string" on *regexp.Regexp'],
  ['var r = lambda: 1\nr.x()\nstream|from()', 'line 2 char 3: no method or property "x" on *ast.LambdaNode'],
  ['var r = *\nr.x()\nstream|from()', 'line 2 char 3: no method or property "x" on *ast.StarNode'],
  ['var r = "a"\nr.x()\nstream|from()', 'line 2 char 3: no method or property "x" on *ast.ReferenceNode'],
  ['var r = "a"\nr@echo()\nstream|from()', 'cannot call udf on *ast.ReferenceNode'],
  ['var x = 5\nx.y\nstream|from()', 'line 2 char 2: cannot get properties of non pointer value'],
  ['var x = /a/\nx.y\nstream|from()', 'line 2 char 2: object *regexp.Regexp has no property y'],
  ['var a = stream|from()|window()\nvar x = a.fill\nx.y', 'line 3 char 2: object is invalid <nil> of type <nil>'],
  ['var a = stream|from()|window()\nvar x = a.fill\nx|y()', 'line 3 char 3: object is invalid <nil> of type <nil>']
])

refuses('arguments have the number and the types of the parameters', [
  [
    "stream|from().measurement('a','b')",
    'line 1 char 15: too many arguments to set property Measurement on *pipeline.FromNode'
  ],
  [
    'stream|from().measurement()',
    'line 1 char 15: too many arguments to set property Measurement on *pipeline.FromNode'
  ],
  [
    'stream|from().measurement(5)',
    'line 1 char 15: error calling func "measurement" on obj *pipeline.FromNode: reflect.Set: value of type int64 is not assignable to type string'
  ],
  [
    'stream|from().truncate(10)',
    'line 1 char 15: error calling func "truncate" on obj *pipeline.FromNode: reflect.Set: value of type int64 is not assignable to type time.Duration'
  ],
  [
    'stream|from().where(stream)',
    'line 1 char 15: error calling func "where" on obj *pipeline.FromNode: reflect.Set: value of type *pipeline.StreamNode is not assignable to type *ast.LambdaNode'
  ],
  [
    'var a = stream|from()|window()\nstream|from().measurement(a.fill)',
    'line 2 char 15: error calling func "measurement" on obj *pipeline.FromNode: reflect: call of reflect.Value.Type on zero Value'
  ],
  [
    'var a = stream|from()|window()\nstream|from()|mean(a.fill)',
    'line 2 char 15: error calling func "mean" on obj *pipeline.FromNode: reflect: Call using zero Value argument'
  ],
  [
    'stream|from().groupByMeasurement(TRUE)',
    'line 1 char 15: error calling func "groupByMeasurement" on obj *pipeline.FromNode: reflect: Call with too many input arguments'
  ],
  ['stream|from().quiet().quiet()', ''],
  [
    'stream|from()|mean()',
    'line 1 char 15: error calling func "mean" on obj *pipeline.FromNode: reflect: Call with too few input arguments'
  ],
  [
    "stream|from()|mean('a','b')",
    'line 1 char 15: error calling func "mean" on obj *pipeline.FromNode: reflect: Call with too many input arguments'
  ],
  [
    "stream|from()|mean(['a','b'])",
    'line 1 char 15: error calling func "mean" on obj *pipeline.FromNode: reflect: Call with too many input arguments'
  ],
  [
    "stream|from()|percentile('a', 95)",
    'line 1 char 15: error calling func "percentile" on obj *pipeline.FromNode: reflect: Call using int64 as type float64'
  ],
  [
    'stream|from()|eval(1)',
    'line 1 char 15: error calling func "eval" on obj *pipeline.FromNode: reflect: cannot use int64 as type *ast.LambdaNode in Call'
  ],
  [
    "var a = stream|from()\na|join('b')",
    'line 2 char 3: error calling func "join" on obj *pipeline.FromNode: reflect: cannot use string as type pipeline.Node in Call'
  ],
  [
    'stream|from()|pair(/a/)',
    'line 1 char 15: error calling func "pair" on obj *pipeline.FromNode: reflect: Call using *regexp.Regexp as type pipeline.Node'
  ],
  ...['stream|from().measurement("a")', 'stream|from()|mean("a")', 'stream|from()|eval().as(\'a\', "b")'].map(
    (script) =>
      [
        script,
        `line 1 char ${script.includes('as(') ? 22 : 15}: cannot assign *ast.ReferenceNode to type string, did you use double quotes instead of single quotes?`
      ] as const
  ),
  [
    'stream|from()|where("a")',
    'line 1 char 15: error calling func "where" on obj *pipeline.FromNode: reflect: Call using *ast.ReferenceNode as type *ast.LambdaNode'
  ],
  [
    'stream|from()|window()|window()',
    'line 1 char 24: error calling func "window" on obj *pipeline.WindowNode: cannot Window batch edge'
  ]
])

refuses('a finished script is validated node by node, and must do something', [
  ['var x = stream', 'task does nothing'],
  ['stream|from()|window().count(13)', 'thirteen'],
  ["stream|from()|alert().slack().channel('bad')", 'bad channel']
])

t.test('a batch task sees batch and not stream', async (t) => {
  const type = 'batch'
  t.equal(problemIn("batch|query('q')", { type, nodes: [] }), 'batch tasks are not supported')
  t.equal(problemIn("batch|query('q')", { type }), '')
  t.equal(problemIn('stream|from()', { type }), 'name "stream" is undefined. Names in scope: time,batch')
  t.equal(problemIn('batch|from()', { type }), 'line 1 char 7: no method or property "from" on *pipeline.BatchNode')
})

t.test('a single list stands for the arguments themselves', async (t) => {
  t.equal(optionsOf("stream|from().measurement(['cpu'])")['measurement'], 'cpu')
  t.same(optionsOf("var l = ['a', 'b']\nstream|from()|eval().as(l)")['as'], ['a', 'b'])
  t.match(optionsOf('var x = lambda: 1\nvar l = [x]\nstream|from()|eval(l)')['lambdas'], [
    { kind: 'lambda', body: { kind: 'int', value: 1 } }
  ])
  t.same(optionsOf('stream|from().groupBy([])')['groupBy'], [])
  t.same(optionsOf("var l = ['a']\nstream|from().groupBy(l, 'b')")['groupBy'], [
    { type: 'list', value: [{ type: 'string', value: 'a' }] },
    { type: 'string', value: 'b' }
  ])
})

t.test('properties change the node in place, and what is not set has its default', async (t) => {
  t.match(optionsOf("var a = stream|from()\nvar b = a.measurement('x')\nb.truncate(1s)"), {
    measurement: 'x',
    truncate: 1000000000n
  })
  t.match(optionsOf("stream|from()|mean('v')"), { field: 'v', as: 'v', quiet: false })
  t.match(optionsOf("stream|from()|mean('v').as('m').quiet()"), { field: 'v', as: 'm', quiet: true })
  t.match(optionsOf('stream|from()|window()'), { period: 1000000000n, count: undefined })
  t.match(optionsOf('stream|from()|window().fill(1).ratio(0.5)'), { fill: { type: 'int', value: 1 }, ratio: 0.5 })
  t.match(optionsOf('stream|from().groupBy(*, time(5s, 1s), time(2s))')['groupBy'], [
    { type: 'star' },
    { type: 'timeDimension', every: 5000000000n, offset: 1000000000n },
    { type: 'timeDimension', every: 2000000000n, offset: 0n }
  ])
  t.match(optionsOf('stream|from()|alert().flapping(0.1, 0.2).flapping(0.3, 0.4)'), {
    flapping: { low: 0.3, high: 0.4 },
    noRecoveries: false,
    history: 21,
    slack: []
  })
})

t.test('a plain field can be read', async (t) => {
  const a = "var a = stream|from()\na.measurement('m')\n"
  t.equal(optionsOf(`${a}a|mean(a.measurement)`)['field'], 'm')
  const w = 'var w = stream|from()|window()\n'
  const read = (name: string) => optionsOf(`${w}w.fill(w.${name})`)['fill']
  t.same(read('period'), { type: 'duration', value: 1000000000n })
  t.same(read('count'), { type: 'int', value: 0 })
  t.same(read('ratio'), { type: 'float', value: 0 })
  t.equal(problemIn(`${a}a|mean(a.truncate)`).endsWith('Call using time.Duration as type string'), true)
  t.equal(problemIn('stream|from().groupBy'), 'line 1 char 14: object *pipeline.FromNode has no property groupBy')
  t.equal(problemIn('stream|from().quiet'), 'line 1 char 14: object *pipeline.FromNode has no property quiet')
  t.equal(problemIn('stream.from'), 'line 1 char 7: object *pipeline.StreamNode has no property from')
  t.equal(problemIn('stream|from()\nstream@foo'), 'line 2 char 7: object *pipeline.StreamNode has no property foo')
})

t.test('a handler has its own members before those of the alert node', async (t) => {
  const alert = 'stream|from()|alert()'
  const handlers = (script: string) => {
    const { slack, log, id } = graphOf(script).nodes.find(({ name }) => name === 'alert2')!.options
    return { slack: slack as HandlerCall[], log: log as HandlerCall[], id }
  }
  t.match(
    handlers(`${alert}.id('a').slack().channel('c').id(5).loud().tag('x').tag('y').log('/l').channel('d').slack()`),
    {
      slack: [
        { kind: 'slack', options: { channel: 'c', id: 5, loud: true, tag: [{ name: 'x' }, { name: 'y' }] } },
        { kind: 'slack', options: { channel: undefined, loud: false, tag: [] } }
      ],
      log: [{ kind: 'log', options: { path: '/l', channel: 'd' } }],
      id: 'a'
    }
  )
  t.equal(problemIn(`${alert}.slack().crit(lambda: TRUE).channel('x')|log()`), '')
  t.equal(problemIn(`${alert}.noRecoveries()|log()`), '')
  t.equal(problemIn(`var a = ${alert}.slack()\nstream|from()|join(a)`), '')
  t.equal(problemIn(`${alert}.channel('x')`), 'line 1 char 23: no method or property "channel" on *pipeline.AlertNode')
  t.equal(
    problemIn(`${alert}.slack().foo('x')`),
    'line 1 char 31: no method or property "foo" on *pipeline.SlackHandler'
  )
  t.equal(
    problemIn(`${alert}.slack().noRecoveries().channel('x')`),
    'line 1 char 46: no method or property "channel" on *pipeline.AlertNodeData'
  )
  t.equal(
    problemIn(`${alert}.slack().crit(1)`),
    'line 1 char 31: error calling func "crit" on obj *pipeline.SlackHandler: reflect.Set: value of type int64 is not assignable to type *ast.LambdaNode'
  )
  t.equal(
    problemIn(`${alert}.log()`),
    'line 1 char 23: error calling func "log" on obj *pipeline.AlertNode: reflect: Call with too few input arguments'
  )
  t.equal(optionsOf(`var s = ${alert}.slack().channel('c')\ns|mean(s.channel)`)['field'], 'c')
})

t.test('a UDF node has the options that its process announced', async (t) => {
  const graph = graphOf("stream|from()@echo('ignored').field('a').limits(1, 2.5, 3s, TRUE).field('b').quiet()|log()")
  const { name, hostType, options } = graph.nodes[2]!
  t.same([name, hostType, options['quiet']], ['echo2', '*pipeline.UDFNode', true])
  t.same(options['calls'], [
    { name: 'field', values: [{ type: 'STRING', value: 'a' }] },
    {
      name: 'limits',
      values: [
        { type: 'INT', value: 1 },
        { type: 'DOUBLE', value: 2.5 },
        { type: 'DURATION', value: 3000000000n },
        { type: 'BOOL', value: true }
      ]
    },
    { name: 'field', values: [{ type: 'STRING', value: 'b' }] }
  ])
  const echo = 'stream|from()@echo()'
  t.equal(problemIn(`${echo}.field('a','b')`), 'line 1 char 22: unexpected number of args to field, got 2 expected 1')
  t.equal(problemIn(`${echo}.field(5)`), 'line 1 char 22: unexpected arg to field, got INT expected STRING')
  t.equal(
    problemIn(`${echo}.field(/a/)`),
    'line 1 char 22: unexpected arg to field, got *regexp.Regexp expected STRING'
  )
  t.equal(problemIn(`${echo}.Field('a')`), 'line 1 char 22: no method or property "Field" on *pipeline.UDFNode')
})

t.test('variables in a lambda become constants at once', async (t) => {
  const lambdaOf = (script: string) => optionsOf(script)['condition']
  const body = (name: string, value: unknown) => ({ body: { right: { kind: name, value } } })
  t.match(lambdaOf('var n = 5\nstream|from()|where(lambda: "v" > n)'), body('int', 5))
  t.match(lambdaOf('var n = -2.5\nstream|from()|where(lambda: "v" > n)'), body('float', -2.5))
  t.match(lambdaOf('var n = \'x\'\nstream|from()|where(lambda: "v" > n)'), body('string', 'x'))
  t.match(lambdaOf('var n = 90s\nstream|from()|where(lambda: "v" > n)'), body('duration', 90000000000n))
  t.match(lambdaOf('var n = FALSE\nstream|from()|where(lambda: "v" AND n)'), body('boolean', false))
  t.match(lambdaOf('var n = /a/\nstream|from()|where(lambda: "v" =~ n)'), {
    body: { right: { pattern: 'a', literal: '' } }
  })
  t.match(lambdaOf('var n = *\nstream|from()|where(lambda: "v" > n)'), { body: { right: { kind: 'star' } } })
  t.match(lambdaOf("var n = ['a']\nstream|from()|where(lambda: !n)"), {
    body: { operand: { kind: 'list', items: [{ kind: 'string', value: 'a' }] } }
  })
  t.match(lambdaOf('var n = 1\nvar l = lambda: n\nstream|from()|where(lambda: if(l, 1, n) > 0)'), {
    body: {
      left: { name: 'if', args: [{ kind: 'lambda', body: { kind: 'int', value: 1 } }, {}, { kind: 'int', value: 1 }] }
    }
  })
})

t.test('what a task supplies replaces the default, in its type only', async (t) => {
  const vars = (values: Record<string, ScriptValue>) => ({ vars: new Map(Object.entries(values)) })
  const text = (value: string): ScriptValue => ({ type: 'string', value })
  const script = "var n = 'a'\nvar m = n + '1'\nstream|from().measurement(m)"
  t.equal(optionsOf(script)['measurement'], 'a1')
  t.equal(optionsOf(script, vars({ n: text('b'), unused: text('u') }))['measurement'], 'b1')
  t.equal(optionsOf(script, vars({ m: text('c') }))['measurement'], 'c')
  t.equal(optionsOf('var m string\nstream|from().measurement(m)', vars({ m: text('c') }))['measurement'], 'c')

  const n = vars({ x: { type: 'int', value: 6 } })
  t.equal(problemIn('var x = TRUE\nstream|from()', n), 'invalid type supplied for x, got int exp boolean')
  t.equal(problemIn('var x = stream\nx|from()', n), 'invalid type supplied for x, got int exp invalid type')
  t.equal(problemIn('var x bool\nstream|from()', n), 'invalid type supplied for x, got int exp boolean')
  t.equal(problemIn('var x = 5\nvar x int\nstream|from()', n), '', 'a typed declaration may bind a name again')

  // What was supplied is not looked into.
  const lambda = parseLambda('other > 1')
  if (!lambda.ok) throw new Error(lambda.error.message)
  const condition = vars({ x: { type: 'lambda', value: lambda.value } })
  t.match(optionsOf('var other = 1\nvar x lambda\nstream|from()|where(x)', condition)['condition'], {
    body: { left: { kind: 'identifier', name: 'other' } }
  })
})

t.test('nodes get their ids when they are linked', async (t) => {
  const names = (script: string) => graphOf(script).nodes.map(({ name }) => name)
  t.same(names('var a = stream|from() var b = stream|from()\na|join(b)'), ['stream0', 'from2', 'from1', 'join4'])
  t.same(names('var a = stream|from()\na|join(a)'), ['stream0', 'from1', 'join3'])
  t.same(names('var a = stream|from() var b = stream|from()\na|pair(b)'), ['stream0', 'from2', 'from1', 'pair4'])
  t.same(names('stream|from()|stats(10s)|log()'), ['stream0', 'from1', 'noop3', 'stats2', 'log4'])
  t.same(names('stream|stats(1s)'), ['stream0', 'noop2', 'stats1'])
  const join = graphOf('var a = stream|from() var b = stream|from()\na|join(b)').nodes[3]!
  t.same(
    join.parents.map(({ name }) => name),
    ['from1', 'from2']
  )
})

t.test('a global deadman stands on the source of every task', async (t) => {
  const deadman = { interval: 5n, threshold: 1, id: 'dead', message: '', global: true }
  const { nodes } = graphOf('var x = stream', { deadman })
  t.same(
    nodes.map(({ name }) => name),
    ['stream0', 'noop2', 'stats1', 'alert3']
  )
  t.equal(nodes[2]!.options['interval'], 5n)
  t.equal(nodes[3]!.options['id'], 'dead')
})

t.test('a value that doubles again and again is refused before it fills the memory', async (t) => {
  const grow = (first: string, next: (name: string) => string) => {
    const names = Array.from({ length: 40 }, (_, i) => `v${i}`)
    const lines = names.map((name, i) => `var ${name} = ${i === 0 ? first : next(names[i - 1]!)}`)
    return problemIn(`${lines.join('\n')}\nstream|from()`)
  }
  t.equal(
    grow("['a']", (name) => `[${name}, ${name}]`),
    'list is too large'
  )
  t.equal(
    grow('lambda: "a"', (name) => `lambda: ${name} + ${name}`),
    'lambda is too large'
  )
  t.equal(
    grow("'aaaaaaaa'", (name) => `${name} + ${name}`),
    'string is too large'
  )
})

t.test('a script as deep as the parser lets it be is evaluated', async (t) => {
  t.equal(problemIn(`stream|from()${'|log()'.repeat(900)}`), '')
  t.equal(problemIn(`var x = 1${' + 1'.repeat(900)}\nstream|from()`), '')
  t.equal(problemIn(`stream|from()|where(lambda: ${'('.repeat(400)}TRUE${')'.repeat(400)})`), '')
})

t.test('a problem says where it is', async (t) => {
  t.match(build('stream|from()\n  |foo()'), { ok: false, error: { at: { line: 2, char: 4 } } })
})
