import { instantOfMillis } from '../../src/core/instant.ts'
import { JSON_FUNCTIONS } from '../../src/template/functions.ts'
import { TemplateError } from '../../src/template/error.ts'
import { compileTemplate } from '../../src/template/template.ts'
import { Time } from '../../src/template/time.ts'
import { duration } from '../../src/template/shared-time-methods.ts'
import { INT, Int, StringMap, StructType, StructValue, type Value } from '../../src/template/values.ts'

const LEVELS = ['OK', 'INFO', 'WARNING', 'CRITICAL']
const LEVEL = { name: 'main.Level', print: (value: bigint) => LEVELS[Number(value)]! }

const server = new StructType('main.serverInfo', ['Hostname', 'ClusterID', 'ServerID'])

const members = {
  Name: 'cpu',
  TaskName: 'task',
  Group: 'host=a b',
  Tags: new StringMap({ host: 'a b', dc: 'eu<1>' }),
  ServerInfo: new StructValue(server, { Hostname: 'h', ClusterID: 'c', ServerID: 's' }),
  ID: 'cpu:a',
  Fields: {
    value: 12.5,
    big: 12345678901234,
    count: 3n,
    ok: true,
    s: 'q<"&\'>',
    nil: null,
    neg: -1,
    dur: duration(90_000_000_000n)
  } satisfies Value,
  Level: 'CRITICAL',
  Time: new Time(instantOfMillis(1700000000123)),
  Duration: duration(90_500_000_000n),
  Message: 'm <b>',
  Values: [{ v: 1 }, { v: 'x' }],
  Count: new Int(INT, 7n),
  L: new Int(LEVEL, 3n),
  Empty: new StringMap({}),
  Nil: null,
  T: true,
  Html: '<i a="b">&amp; \'x\' </i>',
  Url: "http://x/a b?q=<1>&r='2'"
}

/** What the recorded answers were rendered from. */
export const data = new StructValue(new StructType('main.data', Object.keys(members)), members)

export type Outcome = readonly ['ok' | 'err', string]

/** Compiles and renders; only problems of the template are told. */
export function outcomeOf(template: string, html: boolean): Outcome {
  try {
    const compiled = compileTemplate(html ? 'details' : 'id', template, { html, functions: JSON_FUNCTIONS })
    return ['ok', compiled.render(data)]
  } catch (error) {
    if (error instanceof TemplateError) return ['err', error.message]
    throw error
  }
}
