import t from 'tap'
import { EPOCH, instantOfNanos } from '../../src/core/instant.ts'
import { Batch } from '../../src/model/batch.ts'
import { dimensionsOf, GroupRegistry } from '../../src/model/group.ts'
import { jsonString, resultJson, rowOfBatch, rowOfPoint } from '../../src/model/row.ts'
import { Point } from '../../src/model/point.ts'
import { stage } from '../support/text.ts'

function points(lines: string, ...groupBy: string[]): Point[] {
  const groups = new GroupRegistry()
  const { series, times, schemas, values, length } = stage(lines)
  return Array.from({ length }, (_, i) => {
    const group = groups.get(series[i]!.name, series[i]!.tags, dimensionsOf(false, groupBy))
    return new Point(series[i]!, group, times[i]!, schemas[i]!, values[i]!)
  })
}

t.test('a point is a row with all of its tags, and its fields sorted after the time', async (t) => {
  const [point] = points('m,b=2,a=1 z=1.5,n=3i,s="x<",ok=true 1s')
  t.equal(
    resultJson([rowOfPoint(point!)]),
    '{"series":[{"name":"m","tags":{"a":"1","b":"2"},"columns":["time","n","ok","s","z"],' +
      '"values":[["1970-01-01T00:00:01Z",3,true,"x\\u003c",1.5]]}]}'
  )
})

t.test('a batch has the columns of its first point, tags that are not its own among them', async (t) => {
  const all = points('m,h=a,dc=x v=1 1s\nm,h=a v=2i,w=9 1500ms', 'h')
  t.equal(
    resultJson([rowOfBatch(new Batch('m', all[0]!.group, EPOCH, all))]),
    '{"series":[{"name":"m","tags":{"h":"a"},"columns":["time","dc","v"],' +
      '"values":[["1970-01-01T00:00:01Z","x",1],["1970-01-01T00:00:01.5Z",null,2]]}]}'
  )
  const group = new GroupRegistry().nil
  t.equal(resultJson([rowOfBatch(new Batch('m', group, instantOfNanos(5n), []))]), '{"series":[{"name":"m"}]}')
  t.equal(resultJson(null), '{"series":null}')
})

t.test('JSON strings are escaped as Go does', async (t) => {
  const texts: Record<string, string> = {
    '': '""',
    "plain ASCII 0-9 [x]{y}~'!": `"plain ASCII 0-9 [x]{y}~'!"`,
    'a"b\\c': '"a\\"b\\\\c"',
    '<a href>&': '"\\u003ca href\\u003e\\u0026"',
    'line\nbreak\ttab\u0001': '"line\\nbreak\\ttab\\u0001"',
    'ü€😀': '"ü€😀"',
    '\u2028\u2029': '"\\u2028\\u2029"'
  }
  for (const [text, json] of Object.entries(texts)) t.equal(jsonString(text), json, json)
})
